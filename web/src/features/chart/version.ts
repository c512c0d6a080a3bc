// The order of versions, as semver.org says.
const SHAPE = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/;

function comparePart(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  const [numberA, numberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (numberA && numberB) return x - y;
  if (numberA !== numberB) return numberA ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Negative, zero or positive, as `a` is older, the same or newer; what is no version compares as text. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [SHAPE.exec(a), SHAPE.exec(b)];
  if (!x || !y) return a < b ? -1 : a > b ? 1 : 0;
  for (const at of [1, 2, 3]) {
    const difference = Number(x[at] ?? 0) - Number(y[at] ?? 0);
    if (difference !== 0) return difference;
  }
  const [before, after] = [x[4], y[4]];
  if (before === undefined || after === undefined) return Number(after !== undefined) - Number(before !== undefined);
  const [left, right] = [before.split('.'), after.split('.')];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    if (left[at] === undefined) return -1;
    if (right[at] === undefined) return 1;
    const difference = comparePart(left[at]!, right[at]!);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether a version is no prerelease. */
const isStable = (version: string) => SHAPE.exec(version)?.[4] === undefined;

/** The newest stable one of versions that are listed newest first; the newest of all where none is stable. */
export const newestOf = <T extends { version: string; listed: boolean }>(list: T[]): T | undefined => list.find((each) => each.listed && isStable(each.version)) ?? list[0];

/** Whether `a` is newer than `b`. */
export const isNewer = (a: string, b: string) => compareVersions(a, b) > 0;
