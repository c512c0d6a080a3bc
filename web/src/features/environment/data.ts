// Environments.
import { queryOptions } from '@tanstack/react-query';
import { call, part } from '../../api/http';
import type { BranchRule, CrdRule, Environment, Page } from '../../api/types';

export interface EnvironmentInput {
  name: string;
  description: string;
  namespace: string;
  kubernetes_version: string;
  api_versions: string[];
  branch: BranchRule;
  crds: CrdRule;
  recipients: string[];
}

export const environmentsQuery = queryOptions({ queryKey: ['environments'], queryFn: () => call<Page<Environment>>('GET', '/environments?limit=200') });

export const createEnvironment = (input: EnvironmentInput) => call<Environment>('POST', '/environments', { body: input });

/** Changes what may change: name, namespace and branch are written into every repository. */
export const changeEnvironment = (environment: Environment, input: Pick<EnvironmentInput, 'description' | 'kubernetes_version' | 'api_versions' | 'crds' | 'recipients'>) =>
  call<Environment>('PATCH', `/environments/${part(environment.name)}`, { body: input, version: environment.version });

export const deleteEnvironment = (environment: Environment) =>
  call<void>('DELETE', `/environments/${part(environment.name)}`, { version: environment.version });
