// Secret values of an application in an environment: written, never read back; only their names are known.
import { queryOptions } from '@tanstack/react-query';
import { call, part, query } from '../../api/http';
import type { SecretValues } from '../../api/types';

const base = (name: string) => `/applications/${part(name)}`;

/** The names of the secret values; null when there are none yet. */
export const secretValuesQuery = (name: string, environment: string) =>
  queryOptions({
    queryKey: ['application', name, 'values', environment, 'secrets'],
    queryFn: async () => (await call<SecretValues | null | undefined>('GET', `${base(name)}/secret-values${query({ environment })}`)) ?? null,
  });

export interface SecretChange {
  /** A YAML mapping of what is set. */
  set?: string;
  /** Names of what goes, such as `database.password`. */
  remove?: string[];
  message?: string;
}

/** Saves a change on top of version `over`, 0 when there is none yet. */
export const saveSecretValues = (name: string, environment: string, change: SecretChange, over: number) =>
  call<SecretValues>('PUT', `${base(name)}/secret-values${query({ environment })}`, { body: change, version: over });

/** Takes in the sealed file after it was changed in Git by hand. */
export const importSecretValues = (name: string, environment: string, replace = false) =>
  call<SecretValues>('POST', `${base(name)}/secret-values/import`, { body: { environment, replace } });
