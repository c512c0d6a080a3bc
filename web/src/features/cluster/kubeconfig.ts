// What is read of a kubeconfig in the browser: the names of its contexts, to choose one. Nothing of it is kept.
export interface Context {
  name: string;
  server: string;
}

export interface Contexts {
  current: string;
  contexts: Context[];
}

type Named = { name?: unknown; [key: string]: unknown };

const named = (value: unknown): Named[] => (Array.isArray(value) ? value.filter((each): each is Named => typeof each === 'object' && each !== null && typeof (each as Named).name === 'string') : []);
const text = (value: unknown) => (typeof value === 'string' ? value : '');
const within = (value: unknown, key: string): unknown => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined);

/** The contexts of a kubeconfig; null when the text is none. */
export async function contextsOf(kubeconfig: string): Promise<Contexts | null> {
  const { parse } = await import('yaml');
  let document: unknown;
  try {
    document = parse(kubeconfig, { maxAliasCount: 0 });
  } catch {
    return null;
  }
  const contexts = named(within(document, 'contexts'));
  if (contexts.length === 0) return null;
  const servers = new Map(named(within(document, 'clusters')).map((each) => [text(each.name), text(within(each.cluster, 'server'))]));
  return {
    current: text(within(document, 'current-context')),
    contexts: contexts.map((each) => ({ name: text(each.name), server: servers.get(text(within(each.context, 'cluster'))) ?? '' })),
  };
}
