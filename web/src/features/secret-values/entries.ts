// Secret values as they are entered: a name with dots, and a text that is kept nowhere in the browser.
import { texts } from './texts';

export interface Entry {
  path: string;
  value: string;
  /** Whether it is to be an empty text: without that, a row without a text sets nothing. */
  empty?: boolean;
}

/** Whether an entry sets something. */
const isFilled = ({ value, empty }: Entry) => value !== '' || empty === true;

/** A step into the values: a key, or a place in a list. */
export type Step = string | number;

const PART = /"((?:[^"\\]|\\.)*)"((?:\[\d+\])*)|((?:\\\.|[^.])*)/y;
const PLACES = /(?:\[\d+\])+$/;

const numbers = (places: string): number[] => [...places.matchAll(/\d+/g)].map(([digits]) => Number(digits));

/** What a part without quotes says: a key, and places in the list below it. */
function bareSteps(text: string): Step[] {
  const places = PLACES.exec(text)?.[0] ?? '';
  const key = text.slice(0, text.length - places.length).replaceAll(String.raw`\.`, '.');
  // A list has a name: places alone are characters as others.
  return key === '' ? [places] : [key, ...numbers(places)];
}

/**
 * The steps of a name such as `tls.hosts[0]`; a part with dots or brackets stands in quotes, as in `tls."tls.key"`, or
 * has its dots as `\.`.
 */
export function partsOf(path: string): Step[] {
  const text = path.trim();
  const parts: Step[] = [];
  for (let at = 0; at <= text.length; at += 1) {
    PART.lastIndex = at;
    const [all = '', quoted, places = '', bare = ''] = PART.exec(text) ?? [];
    const next = at + all.length;
    // A quote that ends within a part is a character as others.
    const whole = quoted !== undefined && (next === text.length || text[next] === '.');
    if (whole) parts.push(quoted.replaceAll(/\\(.)/g, '$1'), ...numbers(places));
    else if (quoted === undefined) parts.push(...bareSteps(bare));
    else return text.split('.');
    at = next;
  }
  return parts;
}

/** A name of parts as the server writes it: parts that would be misread stand in quotes. */
export const joined = (parts: string[]) => parts.map((part) => (part === '' || /[.[\]"]/.test(part) ? `"${part.replaceAll(/["\\]/g, String.raw`\$&`)}"` : part)).join('.');

type Tree = Map<Step, Tree | string>;

function put(tree: Tree, parts: Step[], value: string) {
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return void tree.set(first, value);
  const below = tree.get(first);
  const next: Tree = below instanceof Map ? below : new Map();
  tree.set(first, next);
  put(next, rest, value);
}

function plain(tree: Tree): unknown {
  const all = [...tree].map(([step, value]) => [step, value instanceof Map ? plain(value) : value] as const);
  const isList = all.length > 0 && all.every(([step]) => typeof step === 'number');
  return isList ? all.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value) : Object.fromEntries(all);
}

/** The entries that set something as a YAML mapping; nothing when none does. JSON is YAML. */
export function mappingOf(entries: Entry[]): string | undefined {
  const named = entries.filter((entry) => entry.path.trim() !== '' && isFilled(entry));
  if (named.length === 0) return undefined;
  const tree: Tree = new Map();
  for (const { path, value } of named) put(tree, partsOf(path), value);
  return JSON.stringify(plain(tree));
}

/** The list that a name is of, as text, and the place in it; null for a name without one. */
function listOf(parts: Step[]): { list: string; place: number; rest: Step[] } | null {
  const at = parts.findIndex((part) => typeof part === 'number');
  return at === -1 ? null : { list: JSON.stringify(parts.slice(0, at)), place: Number(parts[at]), rest: parts.slice(at + 1) };
}

/** Whether no list that a name is of has a gap among all names: a list is set as a whole. */
function isWhole(parts: Step[], all: Step[][]): boolean {
  const mine = listOf(parts);
  if (!mine) return true;
  const others = all.map(listOf).filter((other) => other?.list === mine.list);
  const places = new Set(others.map((other) => other?.place));
  if ([...places.keys()].some((place) => place !== 0 && !places.has(Number(place) - 1))) return false;
  return isWhole(mine.rest, others.flatMap((other) => (other?.place === mine.place ? [other.rest] : [])));
}

/** Whether a name is of an entry of a list, or below one. */
export const isOfList = (name: string) => listOf(partsOf(name)) !== null;

/** The names among `stored` that are set together with one: those of the same list, for it is set as a whole. */
export function together(name: string, stored: string[]): string[] {
  const mine = listOf(partsOf(name));
  return mine ? stored.filter((other) => listOf(partsOf(other))?.list === mine.list) : [name];
}

/** The names among `stored` that would go with `entered` ones, for their list is set as a whole and they are not given. */
export function leftOut(entered: string[], stored: string[]): string[] {
  const given = entered.filter((name) => name.trim() !== '').map(partsOf);
  return stored.filter((name) => {
    const steps = partsOf(name);
    const mine = listOf(steps);
    return mine !== null && given.some((other) => listOf(other)?.list === mine.list) && !given.some((other) => steps.every((part, at) => other[at] === part));
  });
}

type Problem = keyof typeof texts.problems;

interface Row {
  /** The steps of its name; null while it has none. */
  steps: Step[] | null;
  filled: boolean;
}

/** Whether two names differ in kind below the same steps: one goes on with a key, the other with a place in a list. */
function areMixed(one: Step[], other: Step[]): boolean {
  const at = one.findIndex((part, step) => part !== other[step]);
  return at !== -1 && other[at] !== undefined && typeof one[at] !== typeof other[at];
}

function problemOf({ steps, filled }: Row, others: Row[]): Problem | null {
  if (!steps) return filled ? 'unnamed' : null;
  if (steps.includes('')) return 'empty';
  const named = others.flatMap((other) => (other.steps ? [{ ...other, steps: other.steps }] : []));
  const clashing = named.find((other) => other.steps.every((part, step) => steps[step] === part));
  if (clashing) return clashing.steps.length === steps.length ? 'twice' : 'below';
  if (named.some((other) => areMixed(steps, other.steps))) return 'mixed';
  const mine = listOf(steps);
  if (!mine) return null;
  if (!isWhole(steps, [steps, ...named.map((other) => other.steps)])) return 'gap';
  return !filled && named.some((other) => other.filled && listOf(other.steps)?.list === mine.list) ? 'blank' : null;
}

/** What is wrong with the entries, by row; `null` where nothing is. Of the lists in `kept` no entry may be left out. */
export function problemsOf(entries: Entry[], kept: string[] = []): (Problem | null)[] {
  const rows = entries.map((entry) => ({ steps: entry.path.trim() === '' ? null : partsOf(entry.path), filled: isFilled(entry) }));
  const lost = new Set(leftOut(entries.filter(isFilled).map((entry) => entry.path), kept).map((name) => listOf(partsOf(name))?.list));
  const ofLost = ({ steps, filled }: Row) => filled && steps !== null && lost.has(listOf(steps)?.list ?? '');
  return rows.map((row) => problemOf(row, rows.filter((other) => other !== row)) ?? (ofLost(row) ? 'partial' : null));
}

/** Whether entries can be sent as they are. */
export const areWhole = (entries: Entry[], kept: string[] = []) => problemsOf(entries, kept).every((problem) => problem === null);
