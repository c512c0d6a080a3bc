// What people typed and did not save: kept in this browser, for each person, never with secrets.
import { useCallback, useEffect, useRef, useState } from 'react';

const PREFIX = 'trueline.draft';
const LIMIT = 1_000_000;
let person = '';

/** Says whose drafts are read and written from now on. */
export function rememberPerson(name: string) {
  person = name;
}

const nameOf = (key: string) => `${PREFIX}.${person}.${key}`;

/** Reads a draft; null when there is none. */
export function readDraft<T>(key: string): T | null {
  try {
    const text = localStorage.getItem(nameOf(key));
    return text ? (JSON.parse(text) as T) : null;
  } catch {
    return null;
  }
}

/** Keeps a draft; null forgets it. A full or closed storage is no reason to disturb anyone. */
export function writeDraft(key: string, value: unknown) {
  try {
    if (value === null) return localStorage.removeItem(nameOf(key));
    const text = JSON.stringify(value);
    if (text.length <= LIMIT) localStorage.setItem(nameOf(key), text);
  } catch {
    // The draft lives on in memory.
  }
}

export interface Draft<T> {
  value: T;
  set: (change: Partial<T>) => void;
  /** Whether something differs from `initial`. */
  changed: boolean;
  /** Goes back to `initial` and forgets what was kept. */
  discard: () => void;
}

function without<T extends object>(value: T, secrets: readonly (keyof T)[]): Partial<T> {
  const copy: Partial<T> = { ...value };
  for (const secret of secrets) delete copy[secret];
  return copy;
}

const read = <T>(key: string): { key: string; edits: Partial<T> } => ({ key, edits: readDraft<Partial<T>>(key) ?? {} });

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/**
 * State of a form that survives reload, sign-out and errors. `initial` may change (a newer version was
 * read): fields that nobody touched follow it. `secrets` name the fields that are never kept.
 */
export function useDraft<T extends object>(key: string, initial: T, secrets: readonly (keyof T)[] = []): Draft<T> {
  const [entry, setEntry] = useState(() => read<T>(key));
  const current = entry.key === key ? entry : read<T>(key);
  if (current !== entry) setEntry(current);
  const edits = useRef(current.edits);
  edits.current = current.edits;
  const value = { ...initial, ...current.edits };
  const changed = (Object.keys(current.edits) as (keyof T)[]).some((name) => !same(current.edits[name], initial[name]));

  const set = useCallback(
    (change: Partial<T>) => {
      edits.current = { ...edits.current, ...change };
      const kept = without(edits.current as T, secrets);
      writeDraft(key, Object.keys(kept).length > 0 ? kept : null);
      setEntry({ key, edits: edits.current });
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the list of secrets is constant for a form
    [key],
  );
  const discard = useCallback(() => {
    writeDraft(key, null);
    setEntry({ key, edits: {} });
  }, [key]);
  useEffect(() => {
    if (!changed) writeDraft(key, null);
  }, [changed, key]);
  return { value, set, changed, discard };
}
