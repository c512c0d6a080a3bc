// GitOps configurations, their checks, and the gate, as the API has them.
import { queryOptions } from '@tanstack/react-query';
import { call, part } from '../../api/http';
import type { Check, Gate, GitopsConfig, GitopsConfigInput, Page, Provider } from '../../api/types';

export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: () => call<{ items: Provider[] }>('GET', '/providers'),
  staleTime: Number.POSITIVE_INFINITY,
});

export const gitopsConfigsQuery = queryOptions({
  queryKey: ['gitops-configs'],
  queryFn: () => call<Page<GitopsConfig>>('GET', '/gitops-configs?limit=100'),
});

export const gateQuery = queryOptions({ queryKey: ['gate'], queryFn: () => call<Gate>('GET', '/gate') });

const pathOf = (name: string) => `/gitops-configs/${part(name)}`;

/** Saves after a check; `version` null makes a new one. */
export const saveConfig = (name: string, input: GitopsConfigInput, version: number | null) =>
  call<GitopsConfig>('PUT', pathOf(name), version === null ? { body: input, create: true } : { body: input, version });

export const checkConfig = (name: string, input: GitopsConfigInput) => call<Check>('POST', `${pathOf(name)}/check`, { body: input });

export const deleteConfig = (name: string, version: number) => call<void>('DELETE', pathOf(name), { version });

export const readConfig = (name: string) => call<GitopsConfig>('GET', pathOf(name));
