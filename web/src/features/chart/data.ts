// Charts of the chart repositories: search, versions, what is in one, installing.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call, part, query } from '../../api/http';
import type { Chart, ChartDetail, ChartHit, ChartVersion, Installed, InstallInput, Page, Preview } from '../../api/types';

export interface ChartFilter {
  search?: string | undefined;
  repository?: string | undefined;
  limit?: number | undefined;
}

const PAGE = 50;
const read = (filter: ChartFilter, cursor?: string) => call<Page<ChartHit>>('GET', `/charts${query({ limit: PAGE, ...filter, cursor })}`);

/** The best matches, for the palette. */
export const chartsQuery = (filter: ChartFilter) => queryOptions({ queryKey: ['charts', 'first', filter], queryFn: () => read(filter) });

/** Charts page by page, in the order of the server's ranking. */
export const chartPagesQuery = (filter: ChartFilter) =>
  infiniteQueryOptions({
    queryKey: ['charts', 'pages', filter],
    queryFn: ({ pageParam }) => read(filter, pageParam ?? undefined),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page<ChartHit>) => page.next,
    placeholderData: keepPreviousData,
  });

/** A chart with its versions, the newest first. */
export const chartQuery = (repository: string, chart: string) =>
  queryOptions({ queryKey: ['charts', 'one', repository, chart], queryFn: () => call<Chart>('GET', `/charts/${part(repository)}/${part(chart)}`), staleTime: 60_000 });

/** What is in one version of a chart. It never changes. */
export const chartVersionQuery = (repository: string, chart: string, version: string) =>
  queryOptions({
    queryKey: ['charts', 'one', repository, chart, version],
    queryFn: () => call<ChartDetail>('GET', `/charts/${part(repository)}/${part(chart)}/versions/${part(version)}`),
    enabled: version !== '',
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

/** What installing would make. Secret values go along and come back in no answer. */
export const previewInstall = (input: InstallInput, signal: AbortSignal) => call<Preview>('POST', '/charts/preview', { body: input, signal });

export const installChart = (input: InstallInput, key: string) => call<Installed>('POST', '/charts/install', { body: input, key });

/** Accepts another digest than the one that was kept for a version. */
export const trustDigest = (repository: string, chart: string, version: string, digest: string) =>
  call<ChartVersion>('POST', `/charts/${part(repository)}/${part(chart)}/versions/${part(version)}/trust`, { body: { digest } });
