// What differs between two versions of values, line by line, in the form that previews have.
import type { DiffLine, FileDiff, Hunk } from '../../api/types';

/** Lines around a difference that are shown with it. */
const AROUND = 3;
/** Above this many differing lines the middle is shown as replaced as a whole: the search would take too long. */
const LIMIT = 2000;

const linesOf = (text: string) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** The longest common part of two lists of lines, as pairs of their indices: Myers' search, from the start. */
function common(a: string[], b: string[]): [number, number][] {
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let edits = 0; edits <= a.length + b.length; edits += 1) {
    trace.push(new Map(furthest));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
      let x = down ? (furthest.get(k + 1) ?? 0) : (furthest.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      furthest.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkBack(trace, a.length, b.length);
    }
  }
  return [];
}

function walkBack(trace: Map<number, number>[], endOfA: number, endOfB: number): [number, number][] {
  const pairs: [number, number][] = [];
  let [x, y] = [endOfA, endOfB];
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const furthest = trace[edits]!;
    const k = x - y;
    const down = k === -edits || (k !== edits && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
    const before = down ? k + 1 : k - 1;
    const fromX = edits === 0 ? 0 : (furthest.get(before) ?? 0);
    const fromY = edits === 0 ? 0 : fromX - before;
    const start = down ? fromX : fromX + 1;
    while (x > (edits === 0 ? 0 : start) && y > 0) {
      x -= 1;
      y -= 1;
      pairs.push([x, y]);
    }
    [x, y] = [fromX, fromY];
  }
  return pairs.toReversed();
}

/** Every line of both texts, in order. */
function merged(a: string[], b: string[]): DiffLine[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const [left, right] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  const pairs = left.length + right.length > LIMIT ? [] : common(left, right);
  const lines: DiffLine[] = a.slice(0, head).map((text) => ({ kind: ' ', text }));
  let [x, y] = [0, 0];
  for (const [i, j] of [...pairs, [left.length, right.length] as const]) {
    lines.push(...left.slice(x, i).map((text) => ({ kind: '-' as const, text })), ...right.slice(y, j).map((text) => ({ kind: '+' as const, text })));
    if (i < left.length) lines.push({ kind: ' ', text: left[i]! });
    [x, y] = [i + 1, j + 1];
  }
  return [...lines, ...a.slice(a.length - tail).map((text) => ({ kind: ' ' as const, text }))];
}

/** The hunks: differing lines with what stands around them. */
function hunksOf(lines: DiffLine[]): Hunk[] {
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some((line) => line.kind !== ' '));
  const hunks: Hunk[] = [];
  let [oldLine, newLine] = [1, 1];
  lines.forEach((line, at) => {
    if (near[at]) {
      if (!near[at - 1]) hunks.push({ old_start: oldLine, new_start: newLine, lines: [] });
      hunks.at(-1)!.lines.push(line);
    }
    if (line.kind !== '+') oldLine += 1;
    if (line.kind !== '-') newLine += 1;
  });
  return hunks;
}

/** What happened from one text to the other; null when they are equal. */
export function difference(path: string, before: string | null, after: string): FileDiff | null {
  if (before === after) return null;
  const hunks = hunksOf(merged(linesOf(before ?? ''), linesOf(after)));
  return { path, change: before === null ? 'added' : 'changed', hunks };
}
