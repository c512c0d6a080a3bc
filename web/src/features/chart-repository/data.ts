// Chart repositories.
import { queryOptions } from '@tanstack/react-query';
import { call, part } from '../../api/http';
import type { ChartRepository, ChartRepositoryInput, Page } from '../../api/types';

export const chartRepositoriesQuery = queryOptions({ queryKey: ['chart-repositories'], queryFn: () => call<Page<ChartRepository>>('GET', '/chart-repositories?limit=200') });

/** Checks a repository and keeps it if it works; `over` is the version that was seen, null for a new one. */
export const saveChartRepository = (name: string, input: ChartRepositoryInput, over: number | null) =>
  call<ChartRepository>('PUT', `/chart-repositories/${part(name)}`, { body: input, ...(over === null ? { create: true } : { version: over }) });

export const refreshChartRepository = (name: string) => call<ChartRepository | undefined>('POST', `/chart-repositories/${part(name)}/refresh`);

export const deleteChartRepository = (repository: ChartRepository) => call<void>('DELETE', `/chart-repositories/${part(repository.name)}`, { version: repository.version });
