// Holds: nothing is deployed to an environment of an application until someone releases it.
import { call, part } from '../../api/http';
import type { Hold } from '../../api/types';

export const hold = (application: string, environment: string, reason: string) =>
  call<Hold>('PUT', `/applications/${part(application)}/environments/${part(environment)}/hold`, { body: { reason } });

export const release = (application: string, environment: string) => call<void>('DELETE', `/applications/${part(application)}/environments/${part(environment)}/hold`);
