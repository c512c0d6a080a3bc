// Secret values as they are entered: a name with dots, and a text that is kept nowhere in the browser.
export interface Entry {
  path: string;
  value: string;
}

/** The parts of a name; `\.` is a dot that belongs to a part. */
export function partsOf(path: string): string[] {
  return path.trim().split(/(?<!\\)\./).map((part) => part.replaceAll(String.raw`\.`, '.'));
}

/** A name of parts, dots within them written so that they stay. */
export const joined = (parts: string[]) => parts.map((part) => part.replaceAll('.', String.raw`\.`)).join('.');

type Tree = Map<string, Tree | string>;

function put(tree: Tree, parts: string[], value: string) {
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return void tree.set(first, value);
  const below = tree.get(first);
  const next: Tree = below instanceof Map ? below : new Map();
  tree.set(first, next);
  put(next, rest, value);
}

const plain = (tree: Tree): object => Object.fromEntries([...tree].map(([name, value]) => [name, value instanceof Map ? plain(value) : value]));

/** The entries as a YAML mapping; nothing when none has a name. JSON is YAML. */
export function mappingOf(entries: Entry[]): string | undefined {
  const named = entries.filter((entry) => entry.path.trim() !== '');
  if (named.length === 0) return undefined;
  const tree: Tree = new Map();
  for (const { path, value } of named) put(tree, partsOf(path), value);
  return JSON.stringify(plain(tree));
}
