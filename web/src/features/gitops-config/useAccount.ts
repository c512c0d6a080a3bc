// What the account form does: saving, checking, switching, conflicts, deleting.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { useDraft, writeDraft } from '../../api/drafts';
import { useEvents } from '../../api/events';
import { Problem } from '../../api/http';
import type { Check, GitopsConfig, Page, Provider } from '../../api/types';
import { announce } from '../../components/Announcer';
import { checkConfig, deleteConfig, gateQuery, gitopsConfigsQuery, readConfig, saveConfig } from './data';
import { draftOf, inputOf, nameOf, type AccountDraft } from './form';
import { texts } from './texts';

const SECRETS = ['secret', 'clientKey', 'proxyPassword'] as const;

/** The report that a refusal carries. */
export function reportIn(error: unknown): Check | null {
  return error instanceof Problem ? (error.body.check ?? null) : null;
}

/** The stages of a check that goes on, as they arrive; only those that began after `since`. */
function useLiveCheck(name: string, since: string | null): Check | null {
  const [seen, setSeen] = useState<Check | null>(null);
  const hear = useCallback(
    (kind: string, data: unknown) => {
      const check = data as Check;
      if (kind === 'check' && check.config === name) setSeen(check);
    },
    [name],
  );
  useEvents(since ? `gitops-config:${name}` : null, hear);
  return seen && since && seen.id !== since ? seen : null;
}

function useStored(config: GitopsConfig | null) {
  const client = useQueryClient();
  const put = useCallback(
    (stored: GitopsConfig) => {
      client.setQueryData(gitopsConfigsQuery.queryKey, (page: Page<GitopsConfig> | undefined) => {
        if (!page) return page;
        const others = page.items.filter((each) => each.name !== stored.name).map((each) => (stored.active ? { ...each, active: false } : each));
        return { ...page, items: [...others, stored].toSorted((a, b) => a.name.localeCompare(b.name)) };
      });
    },
    [client],
  );
  const refresh = useCallback(async () => {
    await Promise.all([client.invalidateQueries({ queryKey: gitopsConfigsQuery.queryKey }), client.invalidateQueries({ queryKey: gateQuery.queryKey })]);
  }, [client]);
  return { put, refresh, previous: config?.check?.id ?? 'none' };
}

export interface AccountProps {
  provider: Provider;
  providers: Provider[];
  config: GitopsConfig | null;
  configs: GitopsConfig[];
  /** The account that was saved last on this page; kept above the form, which changes with the account. */
  done: string | null;
  onDone: (name: string | null) => void;
}

/** State and actions of the form of one account. */
export function useAccount({ provider, config, configs, done, onDone }: AccountProps) {
  const router = useRouter();
  const stored = useStored(config);
  const key = `gitops-config.${config ? config.name : `new-${provider.kind}`}`;
  const initial = useMemo(() => draftOf(provider, config), [provider, config]);
  const draft = useDraft<AccountDraft>(key, initial, SECRETS);
  const [theirs, setTheirs] = useState<GitopsConfig | null>(null);
  const [asked, setAsked] = useState<{ version: number | null } | null>(null);
  const [removeAsked, setRemoveAsked] = useState(false);
  const taken = configs.map((each) => each.name);
  const name = config?.name ?? nameOf(provider, draft.value, taken);
  const active = configs.find((each) => each.active) ?? null;
  const input = () => inputOf(provider, draft.value);

  const edit = (change: Partial<AccountDraft>) => {
    onDone(null);
    draft.set({ ...change, base: draft.changed ? draft.value.base : (config?.version ?? 0) });
  };
  const check = useMutation({
    mutationFn: () => checkConfig(name, input()),
    onSuccess: (report) => announce(report.failed ? texts.nothingSaved : texts.reportOk),
  });
  const save = useMutation({
    mutationFn: (version: number | null) => saveConfig(name, input(), version),
    onSuccess: async (saved) => {
      stored.put(saved);
      setTheirs(null);
      writeDraft(key, null);
      draft.discard();
      onDone(saved.name);
      announce(texts.saved(saved.name));
      await stored.refresh();
      await router.navigate({ to: '/configuration/gitops', search: { account: saved.name }, replace: true });
    },
    onError: async (error) => {
      announce(texts.nothingSaved);
      if (error instanceof Problem && error.status === 412 && config) setTheirs(await readConfig(config.name));
    },
  });
  const remove = useMutation({
    mutationFn: () => deleteConfig(name, config?.version ?? 0),
    onSettled: () => setRemoveAsked(false),
    onSuccess: async () => {
      draft.discard();
      await stored.refresh();
      await router.navigate({ to: '/configuration/gitops', search: {} });
    },
  });
  const busy = save.isPending ? ('save' as const) : check.isPending ? ('check' as const) : null;
  const live = useLiveCheck(name, busy ? stored.previous : null);
  const refused = reportIn(save.error);
  const error = save.error ?? check.error ?? remove.error;
  const run = (version: number | null) => {
    check.reset();
    save.mutate(version);
  };
  const start = (version: number | null) => {
    if (busy) return;
    onDone(null);
    if (draft.value.activate && active && active.name !== name) setAsked({ version });
    else run(version);
  };
  const version = config ? (draft.changed ? draft.value.base : config.version) : null;
  return {
    draft,
    edit,
    name,
    busy,
    done: done && done === config?.name ? texts.saved(done) : null,
    error,
    /** The error told on top; that of a failed check is told by its report, that of a conflict by its notice. */
    summary: refused || theirs ? null : error,
    report: busy ? live : (refused ?? check.data ?? config?.check ?? null),
    unsaved: refused || check.data ? { active: active?.name ?? null } : null,
    theirs,
    save: () => start(version),
    check: () => {
      if (busy) return;
      save.reset();
      check.mutate();
    },
    discard: () => {
      draft.discard();
      save.reset();
      check.reset();
    },
    loadTheirs: () => {
      setTheirs(null);
      save.reset();
      draft.discard();
      void stored.refresh();
    },
    saveMine: () => theirs && start(theirs.version),
    remove: () => setRemoveAsked(true),
    removing: removeAsked ? { busy: remove.isPending, yes: () => remove.mutate(), no: () => setRemoveAsked(false) } : null,
    asking:
      asked && active
        ? {
            from: active,
            yes: () => {
              setAsked(null);
              run(asked.version);
            },
            no: () => setAsked(null),
          }
        : null,
  };
}

export type Account = ReturnType<typeof useAccount>;
