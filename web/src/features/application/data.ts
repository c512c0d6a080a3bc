// Applications and the templates they are deployed from.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call, part, query } from '../../api/http';
import type { Application, ApplicationInput, Page, Template } from '../../api/types';

export interface ApplicationFilter {
  search?: string | undefined;
  project?: string | undefined;
  limit?: number | undefined;
}

const read = (filter: ApplicationFilter, cursor?: string) =>
  call<Page<Application>>('GET', `/applications${query({ search: filter.search, project: filter.project, limit: filter.limit ?? 50, cursor })}`);

/** The first page of applications. */
export const applicationsQuery = (filter: ApplicationFilter) => queryOptions({ queryKey: ['applications', 'first', filter], queryFn: () => read(filter) });

/** Applications page by page. */
export const applicationPagesQuery = (filter: ApplicationFilter) =>
  infiniteQueryOptions({
    queryKey: ['applications', 'pages', filter],
    queryFn: ({ pageParam }) => read(filter, pageParam ?? undefined),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page<Application>) => page.next,
  });

export const applicationQuery = (name: string) =>
  queryOptions({ queryKey: ['application', name, 'self'], queryFn: () => call<Application>('GET', `/applications/${part(name)}`) });

export const createApplication = (input: ApplicationInput) => call<Application>('POST', '/applications', { body: input });

export const deleteApplication = (application: Application) =>
  call<void>('DELETE', `/applications/${part(application.name)}`, { version: application.version });

export const templatesQuery = queryOptions({
  queryKey: ['templates'],
  queryFn: () => call<{ items: Template[] }>('GET', '/templates'),
  staleTime: Number.POSITIVE_INFINITY,
});

export const templateQuery = (name: string) =>
  queryOptions({ queryKey: ['template', name], queryFn: () => call<Template>('GET', `/templates/${part(name)}`), staleTime: Number.POSITIVE_INFINITY });
