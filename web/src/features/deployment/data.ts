// Deployments and previews.
import { queryOptions, type QueryClient } from '@tanstack/react-query';
import { call, part, query } from '../../api/http';
import type { DeployInput, Deployment, DeploymentFile, Page, Preview, Values } from '../../api/types';

const base = (name: string) => `/applications/${part(name)}`;

/** The latest deployments of an application, newest first. */
export const deploymentsQuery = (name: string, environment?: string) =>
  queryOptions({
    queryKey: ['application', name, 'deployments', environment ?? ''],
    queryFn: () => call<Page<Deployment>>('GET', `${base(name)}/deployments${query({ environment, limit: 100 })}`),
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

/** What a deployment would change. It is made within the request; nothing is kept of it but its digest. */
export const previewQuery = (name: string, environment: string, image: string) =>
  queryOptions({
    queryKey: ['application', name, 'preview', environment, image],
    queryFn: ({ signal }) => call<Preview>('POST', `${base(name)}/preview`, { body: { environment, image }, signal }),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

export const deploy = (name: string, input: DeployInput, key: string) => call<Deployment>('POST', `${base(name)}/deployments`, { body: input, key });

export const importValues = (name: string, environment: string | null) =>
  call<Values>('POST', `${base(name)}/values/import`, { body: environment ? { environment } : {} });

/** Puts a deployment that arrived into everything that shows it; an older state never replaces a newer one. */
export function putDeployment(client: QueryClient, deployment: Deployment) {
  const newer = (before: Deployment | undefined) => (before && (before.end || before.timeline.length > deployment.timeline.length) ? before : deployment);
  client.setQueryData(deploymentQuery(deployment.application, deployment.number).queryKey, newer);
  client.setQueriesData<Page<Deployment>>({ queryKey: ['application', deployment.application, 'deployments'] }, (page) => {
    if (!page || !page.items.some((each) => each.number === deployment.number)) return page;
    return { ...page, items: page.items.map((each) => (each.number === deployment.number ? newer(each) : each)) };
  });
  void client.invalidateQueries({ queryKey: ['application', deployment.application, 'deployments'] });
}
