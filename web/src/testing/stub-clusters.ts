// Clusters of the stub.
import type { CheckStage, Cluster, ClusterCheck, ClusterInput } from '../api/types';
import { id, missing, now, ok, page, refuse } from './stub-answers.ts';
import type { Stub } from './stub.ts';

const TITLES: [stage: string, title: string, required: boolean][] = [
  ['reach', 'Reach https://10.0.0.1:6443', true],
  ['tls', 'Trust its certificate', true],
  ['authenticate', 'Sign in', true],
  ['version', 'Ask for its version', true],
  ['rights', 'Look at what the account may do', false],
];

const stage = (at: number, state: CheckStage['state'], sentence = ''): CheckStage => {
  const [name = '', title = '', required = true] = TITLES[at] ?? [];
  return { stage: name, title, required, state, milliseconds: state === 'passed' ? 12 : 0, diagnosis: sentence ? { code: name, sentence, missing: null, link: null } : null };
};

/** A check that passes, or ends at a stage with a sentence; `lacking` rights only warn. */
export function checkOf(fails?: { at: number; sentence: string }, lacking = false): ClusterCheck {
  const state = (at: number): CheckStage => {
    if (fails && at === fails.at) return stage(at, 'failed', fails.sentence);
    if (fails && at > fails.at) return stage(at, 'skipped');
    return lacking && at === TITLES.length - 1 ? stage(at, 'warned', 'One right is missing.') : stage(at, 'passed');
  };
  return {
    at: now(), failed: fails !== undefined, stages: TITLES.map((_, at) => state(at)), user: fails ? '' : 'system:serviceaccount:trueline:trueline', groups: [],
    missing: lacking ? [{ verb: 'patch', group: 'apps', resource: 'deployments', namespace: null, reason: 'needed to apply Deployments' }] : [],
    manifest: lacking ? 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: trueline\n' : null,
  };
}

/** A cluster of the stub. */
export const clusterOf = (name: string, change: Partial<Cluster> = {}): Cluster => ({
  id: id(), name, source: 'kubeconfig', server: 'https://10.0.0.1:6443', context: 'admin@production', create_namespaces: true, state: 'here', state_since: now(),
  kubernetes_version: 'v1.36.3', api_versions: 31, environments: [], check: checkOf(), saved_by: 'admin', saved_at: now(), created_at: now(), version: 1, ...change,
});

/** The routes of clusters. A kubeconfig that names `wrong-ca`, `expired` or `lacking` has that wrong. */
export function clusters(stub: Stub) {
  stub.on('GET', '/clusters', () => page(stub.clusters));
  stub.on('GET', '/clusters/*', (_, [name]) => {
    const found = stub.clusters.find((each) => each.name === name);
    return found ? ok(found) : missing();
  });
  stub.on('PUT', '/clusters/*', ({ body, headers }, [name = '']) => {
    const input = body as unknown as ClusterInput;
    const before = stub.clusters.find((each) => each.name === name);
    if (before ? headers['if-match'] !== `"${before.version}"` : headers['if-none-match'] !== '*') return refuse(412, 'stale', 'Someone else saved this cluster.');
    const text = input.kubeconfig ?? '';
    const fails = text.includes('wrong-ca') ? { at: 1, sentence: 'Its certificate is of an authority that the kubeconfig does not name.' } : text.includes('expired') ? { at: 2, sentence: 'The token has ended.' } : undefined;
    const check = checkOf(fails, text.includes('lacking'));
    if (fails) return refuse(422, 'cluster_check_failed', `${fails.sentence} Nothing was saved.`, { check });
    const stored = clusterOf(name, { ...before, check, context: (input.context ?? before?.context) || null, create_namespaces: input.create_namespaces ?? before?.create_namespaces ?? false, version: (before?.version ?? 0) + 1 });
    stub.clusters = [...stub.clusters.filter((each) => each.name !== name), stored];
    return ok(stored, before ? 200 : 201);
  });
  stub.on('POST', '/clusters/*/check', (_, [name]) => {
    const found = stub.clusters.find((each) => each.name === name);
    if (!found) return missing();
    found.check = checkOf(found.state === 'away' ? { at: 0, sentence: 'Nothing answers at 10.0.0.1:6443.' } : undefined);
    return ok(found);
  });
  stub.on('DELETE', '/clusters/*', (_, [name]) => {
    const found = stub.clusters.find((each) => each.name === name);
    if (found && found.environments.length > 0) return refuse(409, 'in_use', `The cluster ${name} is used by ${found.environments.join(', ')}. Delete these environments first, or choose another cluster for them.`);
    stub.clusters = stub.clusters.filter((each) => each.name !== name);
    return ok(undefined, 204);
  });
}
