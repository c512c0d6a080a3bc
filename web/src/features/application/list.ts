// The filters of the list of applications, as they stand in the address.
export interface ApplicationsSearch {
  search?: string | undefined;
  project?: string | undefined;
  environment?: string | undefined;
  state?: State | undefined;
  sort?: string | undefined;
}

export const STATES = ['healthy', 'degraded', 'drifted', 'stored', 'running', 'failed', 'none'] as const;
export type State = (typeof STATES)[number];
