// Values that are changed in the deploy panel: kept as a draft, sent with preview and deployment, saved by the latter.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useDraft } from '../../api/drafts';
import type { Merge, Unsaved, Values } from '../../api/types';
import { secretValuesQuery } from '../secret-values/data';
import { areWhole, mappingOf, type Entry } from '../secret-values/entries';
import { valuesQuery } from '../values/data';

export type Scope = 'base' | 'override';

interface Entries {
  base: string | null;
  override: string | null;
  merge: Merge | null;
  /** The versions that the texts were begun from. */
  baseOver: number;
  overrideOver: number;
}

const BLANK: Entries = { base: null, override: null, merge: null, baseOver: 0, overrideOver: 0 };

/** A text as it is sent: nothing where it is what is saved. */
const changedText = (text: string | null, saved: Values | null | undefined) => (text === null || text === (saved?.yaml ?? '') ? undefined : text);

/** What was changed and is not saved, for one environment of an application. */
export function useUnsaved(name: string, environment: string) {
  const client = useQueryClient();
  const draft = useDraft<Entries>(`deploy.${name}.${environment}.values`, BLANK);
  // Secret values live in this component alone: no draft, no storage. They are of one environment.
  const [typed, setTyped] = useState<{ of: string; entries: Entry[] }>({ of: environment, entries: [] });
  const secrets = typed.of === environment ? typed.entries : [];
  const setSecrets = (entries: Entry[]) => setTyped({ of: environment, entries });
  const touched = draft.value.base !== null || draft.value.override !== null || draft.value.merge !== null;
  const [open, setOpen] = useState(touched);
  const wanted = environment !== '' && (open || touched);
  const base = useQuery({ ...valuesQuery(name, undefined), enabled: wanted });
  const override = useQuery({ ...valuesQuery(name, environment), enabled: wanted });
  const stored = useQuery({ ...secretValuesQuery(name, environment), enabled: wanted });
  const names = stored.data?.keys ?? [];
  const savedMerge = override.data?.merge ?? 'merge';
  const merge = draft.value.merge ?? savedMerge;
  const [values, own, secret] = [changedText(draft.value.base, base.data), changedText(draft.value.override, override.data), mappingOf(secrets)];
  const unsaved: Unsaved = {
    ...(values === undefined ? {} : { values }),
    ...(own === undefined ? {} : { override: own }),
    ...(merge === savedMerge ? {} : { merge }),
    ...(secret === undefined ? {} : { secret_values: secret }),
  };
  const saved = { base: base.data, override: override.data };
  const over = { base: draft.value.baseOver, override: draft.value.overrideOver };
  return {
    values: unsaved,
    changed: Object.keys(unsaved).length > 0,
    restored: draft.restored,
    open,
    setOpen,
    /** Whether both texts are there to be edited. */
    read: base.data !== undefined && override.data !== undefined,
    error: base.error ?? override.error,
    /** The names of the secret values that are stored; null while they are not known. */
    stored: stored.data === undefined ? null : names,
    storedError: stored.error,
    text: (scope: Scope) => draft.value[scope] ?? saved[scope]?.yaml ?? '',
    /** What someone saved since the text of a scope was begun; null when nobody did. */
    newer: (scope: Scope) => {
      const [stored, mine] = [saved[scope], draft.value[scope]];
      return stored && mine !== null && mine !== stored.yaml && stored.number > over[scope] ? stored : null;
    },
    edit: (scope: Scope, text: string) => {
      const begun = draft.value[scope] === null ? (saved[scope]?.number ?? 0) : over[scope];
      draft.set(scope === 'base' ? { base: text, baseOver: begun } : { override: text, overrideOver: begun });
    },
    merge,
    setMerge: (next: Merge) => draft.set({ merge: next }),
    secrets,
    setSecrets,
    /** Whether the secret values can be sent as they are. */
    whole: areWhole(secrets, names) && (stored.data !== undefined || secrets.length === 0),
    discard: () => {
      draft.discard();
      setSecrets([]);
      void client.invalidateQueries({ queryKey: ['application', name, 'values'] });
    },
  };
}
