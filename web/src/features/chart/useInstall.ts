// What the install panel does: previewing what is typed, installing what was seen.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useDraft } from '../../api/drafts';
import { Problem } from '../../api/http';
import type { InstallInput, Project } from '../../api/types';
import { announce } from '../../components/Announcer';
import { putDeployment } from '../deployment/data';
import { useSettled } from '../deployment/useDeploy';
import { areWhole, mappingOf, type Entry } from '../secret-values/entries';
import { texts as secretTexts } from '../secret-values/texts';
import { texts } from './texts';
import { installChart, previewInstall } from './data';

interface Entries {
  name: string;
  project: string;
  yaml: string;
  message: string;
}

const words = texts.form;

/** What a chart is called when it is installed: the last part of its name, as names of applications go. */
export const nameFor = (chart: string) => (chart.split('/').at(-1) ?? chart).toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^[-\d]+|-+$/g, '');

/** State and actions of the panel for one version of a chart and one environment. */
export function useInstall(repository: string, chart: string, version: string, environment: string, projects: Project[]) {
  const client = useQueryClient();
  const draft = useDraft<Entries>(`install.${repository}.${chart}`, { name: nameFor(chart), project: projects[0]?.name ?? '', yaml: '', message: '' });
  // Secret values live in this component alone: no draft, no storage.
  const [secrets, setSecrets] = useState<Entry[]>([]);
  const { name, project, yaml, message } = draft.value;
  const mapping = mappingOf(secrets);
  const input: InstallInput = { name: name.trim(), project, repository, chart, version, environment, values: yaml, ...(mapping ? { secret_values: mapping } : {}) };
  const typed = JSON.stringify(input);
  const settled = useSettled(typed);
  const ready = Boolean(environment && project && name.trim() && version);
  const preview = useQuery({
    queryKey: ['chart-preview', settled],
    queryFn: ({ signal }) => previewInstall(JSON.parse(settled) as InstallInput, signal),
    enabled: ready && settled === typed,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  const waiting = ready && (preview.isFetching || settled !== typed);
  const [early, setEarly] = useState(false);
  // One key for what is on the screen: pressing the button twice installs once.
  const key = useRef({ of: '', value: '' });
  const start = useMutation({
    mutationFn: () => {
      const of = typed + message + (preview.data?.digest ?? '');
      if (key.current.of !== of) key.current = { of, value: crypto.randomUUID() };
      return installChart({ ...input, message: message.trim(), ...(preview.data ? { digest: preview.data.digest } : {}) }, key.current.value);
    },
    onSuccess: async ({ application, deployment }) => {
      key.current = { of: '', value: '' };
      putDeployment(client, deployment);
      announce(words.started(application.name));
      draft.discard();
      setSecrets([]);
      await client.invalidateQueries({ queryKey: ['applications'] });
    },
    onError: (error) => {
      if (error instanceof Problem && error.code === 'preview_outdated') void preview.refetch();
    },
  });
  const failed = start.error ?? (waiting ? null : preview.error);
  return {
    value: draft.value,
    set: draft.set,
    restored: draft.restored,
    discard: draft.discard,
    secrets,
    setSecrets,
    preview,
    ready,
    waiting,
    early: early && waiting,
    busy: start.isPending,
    error: start.error,
    outdated: start.error instanceof Problem && start.error.code === 'preview_outdated',
    /** What is wrong in the text of the values, by line. */
    problems: failed instanceof Problem ? (failed.body.problems ?? []) : [],
    /** Whichever refusal tells of a field. */
    refused: failed,
    start: (then: (application: string, deployment: number) => void) => {
      if (start.isPending || !ready) return;
      if (!areWhole(secrets)) return announce(secretTexts.unfinished);
      if (waiting) {
        announce(words.unready);
        return setEarly(true);
      }
      setEarly(false);
      start.mutate(undefined, { onSuccess: ({ application, deployment }) => then(application.name, deployment.number) });
    },
  };
}
