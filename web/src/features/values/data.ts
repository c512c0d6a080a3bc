// Values of applications: versions, history, what results from them.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call, part, query } from '../../api/http';
import type { Page, Values, ValuesInput } from '../../api/types';

const base = (name: string) => `/applications/${part(name)}`;

/** The latest version of the base values (no environment) or of an override; null when there is none. */
export const valuesQuery = (name: string, environment: string | undefined) =>
  queryOptions({
    queryKey: ['application', name, 'values', environment ?? '', 'latest'],
    queryFn: async () => (await call<Values | null | undefined>('GET', `${base(name)}/values${query({ environment })}`)) ?? null,
  });

export const valuesHistoryQuery = (name: string, environment: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['application', name, 'values', environment ?? '', 'history'],
    queryFn: ({ pageParam }) => call<Page<Values>>('GET', `${base(name)}/values/history${query({ environment, cursor: pageParam })}`),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page<Values>) => page.next,
  });

export const effectiveValuesQuery = (name: string, environment: string | undefined, image: string | undefined) =>
  queryOptions({
    queryKey: ['application', name, 'values', environment ?? '', 'effective', image ?? ''],
    queryFn: () => call<{ yaml: string }>('GET', `${base(name)}/effective-values${query({ environment, image })}`),
    retry: false,
  });

/** Saves a new version on top of version `over`, 0 when there is none yet. */
export const saveValues = (name: string, environment: string | undefined, input: ValuesInput, over: number) =>
  call<Values>('PUT', `${base(name)}/values${query({ environment })}`, { body: input, version: over });
