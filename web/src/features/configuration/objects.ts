// ConfigMaps and Secrets as they stand in values: read from the text and written back into it, so that comments
// and order of everything else stay.
import { isMap, parseDocument, type Document } from 'yaml';
import { partsOf } from '../secret-values/entries';

export type Kind = 'configMaps' | 'secrets';
export type Way = 'environment' | 'files';

export interface ConfigObject {
  name: string;
  as: Way;
  /** The folder of its files; empty for environment variables. */
  mountPath: string;
  /** Entries by key; a Secret's texts do not stand in values. */
  data: [key: string, text: string][];
}

const text = (value: unknown) => (typeof value === 'string' ? value : value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value));

function read(yaml: string): Document | null {
  const document = parseDocument(yaml, { maxAliasCount: 100 } as never);
  if (document.errors.length > 0) return null;
  return document.contents === null || isMap(document.contents) ? document : null;
}

/** The objects of a kind in a text of values; null when the text is no mapping. */
export function objectsOf(yaml: string, kind: Kind): ConfigObject[] | null {
  const document = read(yaml);
  if (!document) return null;
  const all = (document.toJS() as Record<string, unknown> | null)?.[kind];
  if (typeof all !== 'object' || all === null || Array.isArray(all)) return [];
  return Object.entries(all).map(([name, raw]) => {
    const object = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
    const data = typeof object.data === 'object' && object.data !== null ? Object.entries(object.data) : [];
    return { name, as: object.as === 'files' ? 'files' : 'environment', mountPath: text(object.mountPath), data: data.map(([key, value]) => [key, text(value)]) };
  });
}

/** Writes what the page knows of an object; what else stands in it stays. */
function put(document: Document, kind: Kind, name: string, object: ConfigObject) {
  const place = [kind, object.name];
  const before = document.getIn([kind, name], true);
  if (!isMap(document.get(kind))) document.set(kind, document.createNode({}));
  document.setIn(place, isMap(before) ? before : document.createNode({}));
  document.setIn([...place, 'as'], object.as);
  if (object.as === 'files') document.setIn([...place, 'mountPath'], object.mountPath);
  else document.deleteIn([...place, 'mountPath']);
  if (kind === 'configMaps') document.setIn([...place, 'data'], document.createNode(Object.fromEntries(object.data)));
}

/** The text with an object put in, or taken out when `object` is null. */
export function withObject(yaml: string, kind: Kind, name: string, object: ConfigObject | null): string {
  const document = read(yaml);
  if (!document) return yaml;
  if (object) put(document, kind, name, object);
  if (!object || object.name !== name) document.deleteIn([kind, name]);
  const left = document.get(kind);
  if (isMap(left) && left.items.length === 0) document.delete(kind);
  const written = document.toString({ lineWidth: 0 });
  return written === 'null\n' || written === '{}\n' ? '' : written;
}

/** What is wrong with an object, by field. */
export function problemsOf(object: ConfigObject, others: string[]): Partial<Record<'name' | 'mountPath' | 'data', string>> {
  const keys = object.data.map(([key]) => key);
  return {
    ...(/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(object.name) && object.name.length <= 40 ? (others.includes(object.name) ? { name: 'There is one of this name already.' } : {}) : { name: 'Use lower-case letters, digits and hyphens, at most 40, and begin with a letter.' }),
    ...(object.as === 'files' && !/^\/\S+$/.test(object.mountPath) ? { mountPath: 'Give a folder from the root on, such as /etc/shop.' } : {}),
    ...(keys.some((key) => !/^[-._a-zA-Z0-9]+$/.test(key))
      ? { data: 'Keys have letters, digits, dots, underscores and hyphens.' }
      : new Set(keys).size < keys.length
        ? { data: 'Two entries have the same key.' }
        : object.as === 'environment' && keys.some((key) => !/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(key))
          ? { data: 'An environment variable does not begin with a digit.' }
          : {}),
  };
}

/** The Secret of the configuration that a secret value belongs to, and its key there. */
function ownerOf(name: string): { secret: string; key: string } | null {
  const [first, secret, data, key, ...below] = partsOf(name);
  return first === 'secrets' && data === 'data' && typeof secret === 'string' && typeof key === 'string' && below.length === 0 ? { secret, key } : null;
}

/** The keys of a Secret among the names of all secret values. */
export const keysOf = (names: string[], secret: string): string[] =>
  names.flatMap((name) => {
    const owner = ownerOf(name);
    return owner?.secret === secret ? [owner.key] : [];
  });

/** The names of secret values that belong to no Secret of the configuration. */
export const otherNames = (names: string[]) => names.filter((name) => !ownerOf(name));

/** The name of a Secret's entry among the secret values. */
export const pathOf = (secret: string, key: string) => ['secrets', secret, 'data', key];
