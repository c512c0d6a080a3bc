// What the values editor does: drafts, saving, problems at their lines, conflicts.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useDraft } from '../../api/drafts';
import { Problem } from '../../api/http';
import type { Merge, ValueProblem, Values } from '../../api/types';
import { announce } from '../../components/Announcer';
import { saveValues, valuesQuery } from './data';
import { texts } from './texts';

interface Entries {
  yaml: string;
  message: string;
  merge: Merge;
  /** The version that the text was begun from. */
  over: number;
}

/** The places of what is wrong, from an answer that says so. */
export function problemsIn(error: unknown): ValueProblem[] {
  if (!(error instanceof Problem)) return [];
  if (error.body.problems) return error.body.problems;
  return error.errors
    .filter((each) => each.field === 'yaml')
    .map((each) => {
      const [, line, column] = /line (\d+)(?:,? column (\d+))?/.exec(each.message) ?? [];
      return { path: '', line: Number(line ?? 1), column: Number(column ?? 1), message: each.message };
    });
}

/** State and actions of the editor for one set of values. */
export function useValues(name: string, environment: string | undefined, values: Values | null) {
  const client = useQueryClient();
  const key = valuesQuery(name, environment).queryKey;
  const initial = useMemo<Entries>(() => ({ yaml: values?.yaml ?? '', message: '', merge: values?.merge ?? 'merge', over: values?.number ?? 0 }), [values]);
  const draft = useDraft(`values.${name}.${environment ?? ''}`, initial);
  const [theirs, setTheirs] = useState<Values | null>(null);
  const [saved, setSaved] = useState('');
  const save = useMutation({
    mutationFn: (over: number) => saveValues(name, environment, { yaml: draft.value.yaml, message: draft.value.message.trim(), ...(environment ? { merge: draft.value.merge } : {}) }, over),
    onSuccess: async (stored) => {
      client.setQueryData(key, stored);
      draft.discard();
      setTheirs(null);
      setSaved(texts.saved(stored.number));
      announce(texts.saved(stored.number));
      await client.invalidateQueries({ queryKey: ['application', name, 'values'] });
    },
    onError: async (error) => {
      const found = problemsIn(error).length;
      if (found > 0) announce(texts.problems(found));
      if (error instanceof Problem && error.status === 412) setTheirs(await client.fetchQuery({ ...valuesQuery(name, environment), staleTime: 0 }));
    },
  });
  const problems = useMemo(() => problemsIn(save.error), [save.error]);
  return {
    draft,
    problems,
    theirs,
    saved,
    busy: save.isPending,
    error: problems.length > 0 || theirs ? null : save.error,
    edit: (change: Partial<Entries>) => {
      setSaved('');
      draft.set({ ...change, over: draft.changed ? draft.value.over : (values?.number ?? 0) });
    },
    save: () => {
      if (!save.isPending) save.mutate(draft.changed ? draft.value.over : (values?.number ?? 0));
    },
    saveMine: () => theirs && save.mutate(theirs.number),
    discard: () => {
      setTheirs(null);
      save.reset();
      draft.discard();
    },
  };
}
