// What the deploy panel does: previewing while typing, deploying what was seen, following the stages.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useDraft } from '../../api/drafts';
import { useConnected } from '../../api/events';
import { Problem } from '../../api/http';
import type { Application, Unsaved, Wanted } from '../../api/types';
import { announce } from '../../components/Announcer';
import { deploy, deploymentQuery, deploymentsQuery, previewQuery, putDeployment } from './data';
import { texts as secretTexts } from '../secret-values/texts';
import { wantedOf, type Aim } from './subject';
import { texts } from './texts';

const PAUSE = 350;
const GENTLE = { adopt: false, recreate: false };

/** `value` once it has not changed for a moment. */
export function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** The preview of what is wanted in an environment, once enough is given. */
export function usePreview(name: string, environment: string, wanted: Wanted | null) {
  const typed = JSON.stringify(wanted);
  const settled = useSettled(typed);
  const asked = JSON.parse(settled) as Wanted | null;
  const preview = useQuery(previewQuery(name, environment, asked));
  return { preview, ready: environment !== '' && asked !== null, current: settled === typed };
}

/** A deployment that is followed until it ends: by events, and by asking while none arrive. */
export function useFollowed(name: string, number: number | undefined) {
  const connected = useConnected();
  const followed = useQuery({
    ...deploymentQuery(name, number ?? 0),
    enabled: number !== undefined,
    refetchInterval: (state) => (state.state.data?.end ? false : connected ? 2000 : 1000),
  });
  const end = followed.data?.end;
  const told = useRef(end);
  useEffect(() => {
    if (end && told.current !== end && number) announce(texts.over(number, texts.ends[end]));
    told.current = end;
  }, [end, number]);
  return followed.data ?? null;
}

/**
 * State and actions of the panel for one environment; `unsaved` values are previewed and saved with the deployment.
 * `onOver` hears which part of the aim somebody wrote something else over: the address asks for it no longer.
 */
export function useDeploy(application: Application, environment: string, aim: Aim, unsaved: { values: Unsaved; whole: boolean; discard: () => void; setOpen: (open: boolean) => void }, onOver: (gone: { image?: undefined; version?: undefined }) => void) {
  const client = useQueryClient();
  const { name, source } = application;
  const deployments = useQuery(deploymentsQuery(name)).data?.items ?? [];
  const current = application.environments.find((each) => each.environment === environment)?.current ?? null;
  const initial = {
    image: aim.image ?? current?.image ?? deployments[0]?.image ?? '',
    version: aim.version ?? current?.chart.version ?? (source.kind === 'chart' ? deployments[0]?.chart.version : '') ?? '',
    message: '',
  };
  const draft = useDraft(`deploy.${name}.${environment}`, initial);
  // What a link or a button asks for wins over what was typed before it; what is typed after it wins over that, and
  // the address is rid of it. Until it is, this remembers.
  const asked = JSON.stringify([environment, aim.image, aim.version]);
  const [typed, setTyped] = useState({ after: asked, image: false, version: false });
  const latest = typed.after === asked ? typed : { after: asked, image: false, version: false };
  const pick = (field: 'image' | 'version') => (latest[field] ? undefined : aim[field]) ?? draft.value[field];
  // How far a deployment may go in the cluster is asked each time, and for each environment: it is kept in no draft.
  const [kept, setKept] = useState({ of: environment, ...GENTLE });
  const { adopt, recreate } = kept.of === environment ? kept : GENTLE;
  const force = { adopt, recreate };
  const { message } = draft.value;
  const back = (['image', 'version', 'message'] as const).filter((field) => draft.value[field] !== initial[field] && (field === 'message' || pick(field) === draft.value[field]));
  const full: Aim = { ...aim, image: pick('image'), version: pick('version') };
  const bare = wantedOf(application, full);
  const wanted = bare && !full.restore ? { ...bare, ...unsaved.values } : bare;
  const { preview, ready, current: fresh } = usePreview(name, environment, wanted);
  const [missing, setMissing] = useState('');
  const [early, setEarly] = useState(false);
  const waiting = ready && (preview.isFetching || !fresh);
  // One key for what is on the screen: pressing the button twice makes one deployment.
  const key = useRef({ of: '', value: '' });
  const start = useMutation({
    mutationFn: () => {
      const of = JSON.stringify([name, environment, wanted, message, force, preview.data?.digest]);
      if (key.current.of !== of) key.current = { of, value: crypto.randomUUID() };
      return deploy(name, { environment, ...wanted, message, ...(force.adopt ? { adopt: true } : {}), ...(force.recreate ? { recreate: true } : {}), ...(preview.data ? { digest: preview.data.digest } : {}) }, key.current.value);
    },
    onSuccess: (deployment) => {
      key.current = { of: '', value: '' };
      putDeployment(client, deployment);
      // A rollback puts its environment on hold.
      void client.invalidateQueries({ queryKey: ['application', name, 'self'] });
      announce(texts.started(deployment.number));
      draft.discard();
      // A rollback takes nothing of what is not saved: it stays for later.
      if (!full.restore) unsaved.discard();
    },
    onError: (error) => {
      if (error instanceof Problem && error.code === 'preview_outdated') void preview.refetch();
    },
  });
  return {
    deployments: deployments.filter((each) => each.environment === environment).concat(deployments.filter((each) => each.environment !== environment)),
    current,
    aim: full,
    message,
    /** Something that was written before stands in the form. */
    restored: draft.restored && back.length > 0,
    discard: draft.discard,
    set: (change: { image?: string; version?: string; message?: string }) => {
      setMissing('');
      setTyped({ after: asked, image: latest.image || change.image !== undefined, version: latest.version || change.version !== undefined });
      draft.set(change);
      if (change.image !== undefined && aim.image !== undefined) onOver({ image: undefined });
      if (change.version !== undefined && aim.version !== undefined) onOver({ version: undefined });
    },
    force,
    setForce: (change: Partial<typeof force>) => setKept({ of: environment, ...force, ...change }),
    preview,
    ready,
    missing,
    /** The preview does not belong to what is typed yet. */
    waiting,
    early: early && waiting,
    busy: start.isPending,
    error: start.error,
    outdated: start.error instanceof Problem && start.error.code === 'preview_outdated',
    start: (then: (number: number) => void) => {
      if (start.isPending) return;
      if (!full.restore && !unsaved.whole) {
        unsaved.setOpen(true);
        return announce(secretTexts.unfinished);
      }
      if (!wanted) return setMissing(texts.incomplete);
      if (waiting) {
        announce(texts.early);
        return setEarly(true);
      }
      setEarly(false);
      start.mutate(undefined, { onSuccess: (deployment) => then(deployment.number) });
    },
  };
}
