// Applications and the templates they are deployed from.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call, part, query } from '../../api/http';
import type { Application, ApplicationInput, Leaving, Page, Source, Template } from '../../api/types';

export interface ApplicationFilter {
  search?: string | undefined;
  project?: string | undefined;
  environment?: string | undefined;
  state?: string | undefined;
  /** `chart` or `template`: where its chart comes from. */
  source?: Source['kind'] | undefined;
  /** `name`, `project` or `created`; a hyphen before it turns the order around. */
  sort?: string | undefined;
  limit?: number | undefined;
}

/** How many applications one part of the list has. */
const PAGE = 50;

const read = (filter: ApplicationFilter, cursor?: string) =>
  call<Page<Application>>('GET', `/applications${query({ limit: PAGE, ...filter, cursor })}`);

/** The first page of applications. */
export const applicationsQuery = (filter: ApplicationFilter) => queryOptions({ queryKey: ['applications', 'first', filter], queryFn: () => read(filter) });

/** Applications page by page. */
export const applicationPagesQuery = (filter: ApplicationFilter) =>
  infiniteQueryOptions({
    queryKey: ['applications', 'pages', filter],
    queryFn: ({ pageParam }) => read(filter, pageParam ?? undefined),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page<Application>) => page.next,
    placeholderData: keepPreviousData,
  });

export const applicationQuery = (name: string) =>
  queryOptions({ queryKey: ['application', name, 'self'], queryFn: () => call<Application>('GET', `/applications/${part(name)}`) });

export const createApplication = (input: ApplicationInput) => call<Application>('POST', '/applications', { body: input });

/** What deleting it would do where it runs, when what holds data is kept or goes. */
export const leavingQuery = (name: string, data: 'keep' | 'delete') =>
  queryOptions({
    queryKey: ['application', name, 'leaving', data],
    queryFn: () => call<Leaving>('GET', `/applications/${part(name)}/deletion${query({ keep_data: data === 'keep' ? 'true' : undefined })}`),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

/** How far deleting goes in clusters: what becomes of what holds data, what was confirmed as it was shown, or leaving what runs in one that is away. */
export interface Reach {
  data?: 'keep' | 'delete';
  confirmed?: string;
  abandon?: boolean;
  /** Whether its hooks are not run, of which one fails. */
  skipHooks?: boolean;
}

/** Whether what holds a deletion up is a hook of its own. */
export const heldByHook = (application: Application): boolean => application.deletion_failure_code === 'hook_failed';

/** Deletes it, with what runs of it. */
export const deleteApplication = (application: Application, { data, confirmed, abandon, skipHooks }: Reach) => {
  const reach = { keep_data: data === 'keep' ? 'true' : undefined, cluster_data: data === 'delete' ? 'true' : undefined, confirmed, abandon_cluster: abandon ? 'true' : undefined, skip_hooks: skipHooks ? 'true' : undefined };
  return call<void>('DELETE', `/applications/${part(application.name)}${query(reach)}`, { version: application.version });
};

/** Takes another template, `name@version`; what is deployed changes with the next deployment. */
export const changeTemplate = (application: Application, template: string) =>
  call<Application>('PATCH', `/applications/${part(application.name)}`, { body: { template }, version: application.version });

export const templatesQuery = queryOptions({
  queryKey: ['templates'],
  queryFn: () => call<{ items: Template[] }>('GET', '/templates'),
  staleTime: Number.POSITIVE_INFINITY,
});

export const templateQuery = (name: string) =>
  queryOptions({ queryKey: ['template', name], queryFn: () => call<Template>('GET', `/templates/${part(name)}`), staleTime: Number.POSITIVE_INFINITY });
