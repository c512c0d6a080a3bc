// Secret values as they are entered: a name with dots, and a text that is kept nowhere in the browser.
import { texts } from './texts';

export interface Entry {
  path: string;
  value: string;
}

const PART = /"((?:[^"\\]|\\.)*)"|((?:\\\.|[^.])*)/y;

/** The parts of a name; a part with dots stands in quotes, as in `tls."tls.key"`, or has them as `\.`. */
export function partsOf(path: string): string[] {
  const text = path.trim();
  const parts: string[] = [];
  for (let at = 0; at <= text.length; at += 1) {
    PART.lastIndex = at;
    const [all = '', quoted, bare = ''] = PART.exec(text) ?? [];
    const next = at + all.length;
    // A quote that ends within a part is a character as others.
    const whole = quoted !== undefined && (next === text.length || text[next] === '.');
    if (whole) parts.push(quoted.replaceAll(/\\(.)/g, '$1'));
    else if (quoted === undefined) parts.push(bare.replaceAll(String.raw`\.`, '.'));
    else return text.split('.');
    at = next;
  }
  return parts;
}

/** A name of parts as the server writes it: parts that would be misread stand in quotes. */
export const joined = (parts: string[]) => parts.map((part) => (part === '' || /[.[\]"]/.test(part) ? `"${part.replaceAll(/["\\]/g, String.raw`\$&`)}"` : part)).join('.');

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

/** What is wrong with the entries, by row; `null` where nothing is. */
export function problemsOf(entries: Entry[]): (keyof typeof texts.problems | null)[] {
  const names = entries.map((entry) => (entry.path.trim() === '' ? null : partsOf(entry.path)));
  return entries.map(({ value }, at) => {
    const mine = names[at];
    if (!mine) return value === '' ? null : 'unnamed';
    if (mine.includes('')) return 'empty';
    const clashing = names.find((other, index) => index !== at && other && other.every((part, step) => mine[step] === part));
    if (!clashing) return null;
    return clashing.length === mine.length ? 'twice' : 'below';
  });
}

/** Whether entries can be sent as they are. */
export const areWhole = (entries: Entry[]) => problemsOf(entries).every((problem) => problem === null);
