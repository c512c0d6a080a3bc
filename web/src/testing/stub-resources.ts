// What runs in the clusters of the stub.
import type { Drift, DriftState, Happening, LeavingPlace, ObjectKey, Resource, Resources } from '../api/types';
import { id, missing, now, ok, refuse } from './stub-answers.ts';
import type { Stub } from './stub.ts';

/** An object that is healthy and lies in Git, unless told otherwise. */
export const objectOf = (kind: string, name: string, change: Partial<Resource> = {}): Resource => ({
  object: keyOf(kind, name), version: 'v1', uid: `uid-of-${name}`, parent: null, status: 'healthy', message: '', ready: null, wanted: null, containers: [], ...change,
});

export const keyOf = (kind: string, name: string): ObjectKey => ({ group: { Deployment: 'apps', ReplicaSet: 'apps', Rollout: 'argoproj.io' }[kind] ?? '', kind, namespace: 'production', name });

export const FAILS = 'The image registry.acme.dev/shop:1.4.2 cannot be pulled: not found.';

/** A deployment whose pod fails, and a service. */
export const failing = (): Resource[] => [
  objectOf('Service', 'shop'),
  objectOf('Deployment', 'shop', { status: 'progressing', message: '0 of 2 replicas are ready.', ready: 0, wanted: 2 }),
  objectOf('ReplicaSet', 'shop-1', { parent: 1, status: 'progressing', ready: 0, wanted: 2 }),
  objectOf('Pod', 'shop-1-a', { parent: 2, status: 'degraded', message: FAILS, containers: ['shop', 'proxy'] }),
];

/** What runs of an application in an environment of the stub. */
export interface Running {
  resources: Resource[];
  away: string | null;
  events: Happening[];
  drift: Drift['objects'];
  /** The number of the deployment that lies in Git; null where none does. */
  deployment: number | null;
  /** Why drift could not be corrected. */
  refused: string | null;
  leaving: Partial<LeavingPlace>;
  log: string;
}

export const runningOf = (change: Partial<Running> = {}): Running => ({ resources: [], away: null, events: [], drift: [], deployment: 1, refused: null, leaving: {}, log: '', ...change });

/** What an application tells of drift there. */
export const driftOf = (running: Running | undefined): DriftState | null =>
  running && running.drift.length > 0 ? { objects: running.drift.length, since: now(), refused: running.refused } : null;

/** The routes of what runs. */
export function resources(stub: Stub) {
  const place = '/applications/*/environments/*';
  const of = (name = '', environment = '') => stub.running.get(`${name}/${environment}`);
  stub.on('GET', `${place}/resources`, (_, [name, environment]) => {
    const found = of(name, environment);
    if (!found || (found.resources.length === 0 && !found.away)) return missing();
    const status = found.resources.some((each) => each.status === 'degraded') ? 'degraded' : 'healthy';
    const answer: Resources = { cluster: 'local', namespace: environment ?? '', status: found.away ? 'unknown' : status, message: '', complete: !found.away, away: found.away, resources: found.resources };
    return ok(answer);
  });
  stub.on('GET', `${place}/events`, (_, [name, environment]) => ok({ events: of(name, environment)?.events ?? [] }));
  stub.on('GET', `${place}/drift`, (_, [name, environment]) => ok({ deployment: of(name, environment)?.deployment ?? null, objects: of(name, environment)?.drift ?? [] }));
  stub.on('GET', '/applications/*/deletion', (_, [name]) => {
    const environments = [...stub.running].filter(([key]) => key.startsWith(`${name}/`)).map(([key, found]): LeavingPlace => {
      const environment = key.split('/')[1] ?? '';
      const goes = found.resources.filter((each) => each.parent === null).map((each) => each.object);
      return { environment, cluster: 'local', namespace: environment, away: found.away, goes: found.away ? [] : goes, stays: [], unseen: [], data: [], waiting: null, ...found.leaving };
    });
    return ok({ environments });
  });
  stub.on('POST', `${place}/drift/correct`, ({ body }, [name, environment]) => {
    const found = of(name, environment);
    if (!found) return missing();
    const wanted = ((body.objects ?? []) as ObjectKey[]).map((each) => JSON.stringify(each));
    const left = wanted.length === 0 ? [] : found.drift.filter((each) => !wanted.includes(JSON.stringify(each.object)));
    found.drift = left;
    return ok({ deployment: found.deployment, objects: left });
  });
  stub.on('POST', `${place}/restart`, (_, [name, environment]) => (of(name, environment) ? ok(undefined, 204) : missing()));
  stub.on('POST', `${place}/rollout`, ({ body }, [name, environment]) => {
    const found = of(name, environment)?.resources.find(({ object }) => object.kind === 'Rollout' && object.name === body.name);
    if (!found) return missing();
    if (body.step === 'promote' && found.status !== 'suspended') return refuse(409, 'rollout_not_paused', `Rollout ${found.object.name} does not wait for anybody.`);
    Object.assign(found, { status: { promote: 'progressing', promote_fully: 'healthy', abort: 'degraded', retry: 'progressing' }[String(body.step)], message: '' });
    stub.emit('resources', { application: name, environment });
    return ok(undefined, 204);
  });
  stub.on('POST', `${place}/scale`, ({ body }, [name, environment]) => {
    const found = of(name, environment)?.resources.find(({ object }) => object.kind === body.kind && object.name === body.name);
    if (!found) return missing();
    if (Number(body.replicas) > 100) return refuse(422, 'invalid', 'The input is wrong.', { errors: [{ field: 'replicas', code: 'too_many', message: 'At most 100 pods.' }] });
    Object.assign(found, { ready: 0, wanted: Number(body.replicas) });
    stub.emit('resources', { application: name, environment });
    return ok(undefined, 204);
  });
  stub.on('POST', '/applications/*/deployments/*/confirm', ({ body }, [name, number]) => {
    const found = stub.deployments.find((each) => each.application === name && each.number === Number(number));
    if (!found?.release?.confirm) return missing();
    if (body.application !== name) return refuse(422, 'invalid', 'The input is wrong.', { errors: [{ field: 'application', code: 'wrong', message: `Type ${name}.` }] });
    if (body.digest !== found.release.confirm.digest) return refuse(409, 'confirmation_outdated', 'What would be deleted changed meanwhile. Look at it and confirm again.');
    found.release = { ...found.release, confirm: null, message: 'Deleting 1 object' };
    return ok(found);
  });
}

/** An application in an environment that runs in a cluster. */
export function inCluster(stub: Stub, running: Partial<Running> = {}) {
  stub.configs.push({ active: true, name: 'acme' } as never);
  stub.environments.push({ id: id(), name: 'production', description: '', namespace: 'production', kubernetes_version: '1.36.3', api_versions: [], branch: 'default', engine: 'apply', crds: 'apply', drift: 'show', recipients: [], cluster: 'local', created_at: now(), version: 1 });
  stub.application('shop', 'storefront');
  stub.running.set('shop/production', runningOf(running));
  return stub;
}
