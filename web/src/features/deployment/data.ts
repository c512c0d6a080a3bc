// Deployments and previews.
import { infiniteQueryOptions, queryOptions, type InfiniteData, type QueryClient } from '@tanstack/react-query';
import { call, part, query } from '../../api/http';
import type { Comparison, DeployInput, Deployment, DeploymentFile, Page, Preview, Values, Wanted } from '../../api/types';

const base = (name: string) => `/applications/${part(name)}`;

/** The latest deployments of an application, newest first. */
export const deploymentsQuery = (name: string, environment?: string) =>
  queryOptions({
    queryKey: ['application', name, 'deployments', environment ?? ''],
    queryFn: () => call<Page<Deployment>>('GET', `${base(name)}/deployments${query({ environment, limit: 100 })}`),
  });

/** All deployments of an application, newest first, as many of them as were asked for. */
export const deploymentPagesQuery = (name: string, environment?: string) =>
  infiniteQueryOptions({
    queryKey: ['application', name, 'deployment-pages', environment ?? ''],
    queryFn: ({ pageParam }) => call<Page<Deployment>>('GET', `${base(name)}/deployments${query({ environment, limit: 100, cursor: pageParam })}`),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page<Deployment>) => page.next,
  });

export const deploymentQuery = (name: string, number: number) =>
  queryOptions({
    queryKey: ['application', name, 'deployment', number],
    queryFn: () => call<Deployment>('GET', `${base(name)}/deployments/${number}`),
  });

export const deploymentFilesQuery = (name: string, number: number) =>
  queryOptions({
    queryKey: ['application', name, 'deployment', number, 'files'],
    queryFn: () => call<{ items: DeploymentFile[] }>('GET', `${base(name)}/deployments/${number}/files`),
  });

/** What a preview has when nothing is to be said of it. */
const BLANK = { own_values: [], own_values_unread: null, chart: null, generated: [], secrets: [], crds: null, kinds: [], merge: null } satisfies Partial<Preview>;

/** What a deployment would change. It is made within the request; nothing is kept of it but its digest. */
export const previewQuery = (name: string, environment: string, wanted: Wanted | null) =>
  queryOptions({
    queryKey: ['application', name, 'preview', environment, wanted],
    queryFn: async ({ signal }): Promise<Preview> => ({ ...BLANK, ...(await call<Preview>('POST', `${base(name)}/preview`, { body: { environment, ...wanted }, signal })) }),
    enabled: environment !== '' && wanted !== null,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

/** What differs between two deployments, whichever they are; it never changes. Without another one, the last before it. */
export const comparisonQuery = (name: string, number: number, other: number | undefined) =>
  queryOptions({
    queryKey: ['application', name, 'deployment', number, 'diff', other ?? 'before'],
    queryFn: () => call<Comparison>('GET', `${base(name)}/deployments/${number}/diff${query({ with: other })}`),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

export const deploy = (name: string, input: DeployInput, key: string) => call<Deployment>('POST', `${base(name)}/deployments`, { body: input, key });

/** Confirms the deletions that a deployment waits with: those of the digest, by the typed name of the application. */
export const confirmDeletions = (name: string, number: number, input: { digest: string; application: string }) =>
  call<Deployment>('POST', `${base(name)}/deployments/${number}/confirm`, { body: input });

/** Takes in Git's text; with `replace` without what was saved and is not deployed yet. */
export const importValues = (name: string, environment: string | null, replace: boolean) =>
  call<Values>('POST', `${base(name)}/values/import`, { body: environment ? { environment, replace } : { replace } });

/** Puts a deployment that arrived into everything that shows it; an older state never replaces a newer one. */
export function putDeployment(client: QueryClient, deployment: Deployment) {
  const newer = (before: Deployment | undefined) => (before && (before.end || before.timeline.length > deployment.timeline.length) ? before : deployment);
  client.setQueryData(deploymentQuery(deployment.application, deployment.number).queryKey, newer);
  const put = (page: Page<Deployment>) => (page.items.some((each) => each.number === deployment.number) ? { ...page, items: page.items.map((each) => (each.number === deployment.number ? newer(each) : each)) } : page);
  const [latest, pages] = ['deployments', 'deployment-pages'].map((list) => ['application', deployment.application, list]);
  client.setQueriesData<Page<Deployment>>({ queryKey: latest! }, (page) => page && put(page));
  client.setQueriesData<InfiniteData<Page<Deployment>>>({ queryKey: pages! }, (data) => data && { ...data, pages: data.pages.map(put) });
  void client.invalidateQueries({ queryKey: latest! });
  void client.invalidateQueries({ queryKey: pages! });
}
