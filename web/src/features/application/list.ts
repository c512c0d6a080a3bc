// The filters of the list of applications, as they stand in the address.
import type { Application, ApplicationEnvironment, Deployment } from '../../api/types';

export interface ApplicationsSearch {
  q?: string | undefined;
  project?: string | undefined;
  environment?: string | undefined;
  state?: State | undefined;
  sort?: string | undefined;
}

export const STATES = ['stored', 'running', 'failed', 'none'] as const;
export type State = (typeof STATES)[number];

/** How an environment of an application stands. */
export function stateOf(deployment: Deployment | null): State {
  if (!deployment) return 'none';
  if (!deployment.end) return 'running';
  return deployment.end === 'failed' ? 'failed' : 'stored';
}

const fits = (each: ApplicationEnvironment, search: ApplicationsSearch) =>
  (!search.environment || each.environment === search.environment) && (!search.state || stateOf(each.deployment) === search.state);

/** The applications that pass the filters which the server does not know. */
export function filtered(applications: Application[], search: ApplicationsSearch): Application[] {
  if (!search.environment && !search.state) return applications;
  return applications.filter((application) => {
    if (search.state === 'none' && !search.environment) return application.environments.every((each) => !each.deployment);
    return application.environments.some((each) => fits(each, search));
  });
}
