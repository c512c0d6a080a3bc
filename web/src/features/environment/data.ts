// Environments.
import { queryOptions } from '@tanstack/react-query';
import { call, part } from '../../api/http';
import type { BranchRule, CrdRule, DriftRule, Environment, Page } from '../../api/types';

export interface EnvironmentInput {
  name: string;
  description: string;
  namespace: string;
  kubernetes_version: string;
  api_versions: string[];
  branch: BranchRule;
  crds: CrdRule;
  drift: DriftRule;
  recipients: string[];
  /** Empty: Git only. */
  cluster: string;
}

export const environmentsQuery = queryOptions({ queryKey: ['environments'], queryFn: () => call<Page<Environment>>('GET', '/environments?limit=200') });

/** The versions to render for, or what a cluster has instead: its own versions, and drift. */
const versionsOf = ({ cluster, kubernetes_version, api_versions, drift }: EnvironmentInput) => (cluster ? { drift } : { kubernetes_version, api_versions });

export const createEnvironment = (input: EnvironmentInput) => {
  const { name, description, namespace, branch, crds, recipients, cluster } = input;
  return call<Environment>('POST', '/environments', { body: { name, description, namespace, branch, crds, recipients, ...versionsOf(input), ...(cluster ? { cluster } : {}) } });
};

/** Changes what may change: name and branch are written into every repository, cluster and namespace only change while nothing runs there. */
export const changeEnvironment = (environment: Environment, input: EnvironmentInput) => {
  const { description, namespace, crds, recipients, cluster } = input;
  const moved = { ...(cluster === (environment.cluster ?? '') ? {} : { cluster }), ...(namespace === environment.namespace ? {} : { namespace }) };
  return call<Environment>('PATCH', `/environments/${part(environment.name)}`, { body: { description, crds, recipients, ...versionsOf(input), ...moved }, version: environment.version });
};

export const deleteEnvironment = (environment: Environment) =>
  call<void>('DELETE', `/environments/${part(environment.name)}`, { version: environment.version });
