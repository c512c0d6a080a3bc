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
  /** What stands in the form was written before it was opened: the page was loaded anew, or left by the browser's Back. */
  restored: boolean;
  /** Goes back to `initial` and forgets what was kept. */
  discard: () => void;
}

/** A draft of a dialog. */
export interface DialogDraft<T> extends Draft<T> {
  /** What was written then is gone, for what it was written over has changed meanwhile. */
  outdated: boolean;
  /** The form has fields that are never kept. */
  secretive: boolean;
}

function without<T extends object>(value: T, secrets: readonly (keyof T)[]): Partial<T> {
  const copy: Partial<T> = { ...value };
  for (const secret of secrets) delete copy[secret];
  return copy;
}

interface Entry<T> {
  key: string;
  /** What the edits are made over, as text; null where that is not asked. */
  base: string | null;
  edits: Partial<T>;
  found: 'nothing' | 'restored' | 'outdated';
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

function read<T>(key: string, base: string | null): Entry<T> {
  if (base === null) {
    const edits = readDraft<Partial<T>>(key);
    return { key, base, edits: edits ?? {}, found: edits ? 'restored' : 'nothing' };
  }
  const kept = readDraft<{ base?: string; edits?: Partial<T> }>(key);
  if (!kept) return { key, base, edits: {}, found: 'nothing' };
  return kept.base === base ? { key, base, edits: kept.edits ?? {}, found: 'restored' } : { key, base, edits: {}, found: 'outdated' };
}

function useEntry<T extends object>(key: string, initial: T, secrets: readonly (keyof T)[], based: boolean): DialogDraft<T> {
  const begin = () => read<T>(key, based ? JSON.stringify(without(initial, secrets)) : null);
  const [entry, setEntry] = useState(begin);
  const current = entry.key === key ? entry : begin();
  if (current !== entry) setEntry(current);
  const now = useRef(current);
  now.current = current;
  const value = { ...initial, ...current.edits };
  const changed = (Object.keys(current.edits) as (keyof T)[]).some((name) => !same(current.edits[name], initial[name]));

  const set = useCallback(
    (change: Partial<T>) => {
      const next = { ...now.current, key, edits: { ...now.current.edits, ...change } };
      now.current = next;
      const kept = without(next.edits as T, secrets);
      writeDraft(key, Object.keys(kept).length === 0 ? null : next.base === null ? kept : { base: next.base, edits: kept });
      setEntry(next);
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the list of secrets is constant for a form
    [key],
  );
  const discard = useCallback(() => {
    writeDraft(key, null);
    setEntry({ ...now.current, key, edits: {}, found: 'nothing' });
  }, [key]);
  useEffect(() => {
    if (!changed) writeDraft(key, null);
  }, [changed, key]);
  return { value, set, changed, discard, restored: changed && current.found === 'restored', outdated: current.found === 'outdated', secretive: secrets.length > 0 };
}

/**
 * State of a form that survives reload, sign-out and errors. `initial` may change (a newer version was
 * read): fields that nobody touched follow it. `secrets` name the fields that are never kept.
 */
export function useDraft<T extends object>(key: string, initial: T, secrets: readonly (keyof T)[] = []): Draft<T> {
  return useEntry(key, initial, secrets, false);
}

/**
 * State of a dialog's form. Closing the dialog discards it ([`FormDialog`]); where the page was loaded anew, or left
 * by the browser's Back, it is there again, and said to be, as long as `initial` is what it was written over.
 */
export function useDialogDraft<T extends object>(key: string, initial: T, secrets: readonly (keyof T)[] = []): DialogDraft<T> {
  return useEntry(key, initial, secrets, true);
}
