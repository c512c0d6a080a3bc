// Every page with its address. The frame is loaded at once, each page when it is opened.
import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Link, Outlet, redirect } from '@tanstack/react-router';
import { lazy, type ComponentType } from 'react';
import { Empty, Failed, Loading } from './components/States';
import type { LayoutSearch } from './features/application/ApplicationLayout';
import { STATES, type ApplicationsSearch } from './features/application/list';
import type { ChartSearch } from './features/chart/ChartPage';
import { sessionQuery } from './features/session/data';
import type { View } from './features/values/TemplatePage';
import { Frame } from './frame/Frame';
import { texts } from './frame/texts';

type Raw = Record<string, unknown>;

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined);
const truth = (value: unknown) => (value === true || value === 'true' ? true : undefined);
const count = (value: unknown) => (Number.isInteger(Number(value)) && Number(value) > 0 ? Number(value) : undefined);

function NotFound() {
  return (
    <main className="page">
      <h1 className="hidden">{texts.notFound}</h1>
      <Empty title={texts.notFound} action={<Link to="/applications" className="button">{texts.toApplications}</Link>}>
        {texts.notFoundHint}
      </Empty>
    </main>
  );
}

const root = createRootRouteWithContext<{ client: QueryClient }>()({ component: Outlet, notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (raw: Raw) => ({ from: text(raw.from), ended: truth(raw.ended) }),
  component: lazyRouteComponent(async () => {
    const { SignInPage } = await import('./features/session/SignInPage');
    return { default: () => <SignInPage {...signIn.useSearch()} /> };
  }),
});

const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Frame,
  beforeLoad: async ({ context, location }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: '/sign-in', search: { from: location.href } });
  },
});

const page = <Path extends string, Search>(path: Path, validateSearch: (raw: Raw) => Search, load: () => Promise<ComponentType<{ search: Search }>>) => {
  const route = createRoute({
    getParentRoute: () => inside,
    path,
    validateSearch,
    component: lazyRouteComponent(async () => {
      const Page = await load();
      return { default: () => <Page search={route.useSearch() as Search} /> };
    }),
  });
  return route;
};

const none = () => ({});

const start = createRoute({
  getParentRoute: () => inside,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/applications' });
  },
});

const configuration = createRoute({
  getParentRoute: () => inside,
  path: '/configuration',
  beforeLoad: () => {
    throw redirect({ to: '/configuration/gitops' });
  },
});

const projects = createRoute({
  getParentRoute: () => inside,
  path: '/projects',
  beforeLoad: () => {
    throw redirect({ to: '/configuration/projects' });
  },
});

const listSearch = (raw: Raw) => ({ new: truth(raw.new), sort: text(raw.sort) });

const pages = [
  page(
    '/applications',
    (raw): ApplicationsSearch => ({ search: text(raw.search), project: text(raw.project), environment: text(raw.environment), state: STATES.find((state) => state === raw.state), sort: text(raw.sort) }),
    async () => (await import('./features/application/ApplicationsPage')).ApplicationsPage,
  ),
  page('/applications/new', none, async () => (await import('./features/application/NewApplicationPage')).NewApplicationPage),
  page('/environments', listSearch, async () => (await import('./features/environment/EnvironmentsPage')).EnvironmentsPage),
  page('/charts', (raw) => ({ search: text(raw.search), repository: text(raw.repository) }), async () => (await import('./features/chart/DiscoverPage')).DiscoverPage),
  page('/charts/installed', none, async () => (await import('./features/chart/InstalledPage')).InstalledPage),
  page('/charts/repositories', listSearch, async () => (await import('./features/chart-repository/RepositoriesPage')).RepositoriesPage),
  page('/clusters', listSearch, async () => (await import('./features/cluster/ClustersPage')).ClustersPage),
  page('/configuration/gitops', (raw) => ({ account: text(raw.account), provider: text(raw.provider), add: truth(raw.add) }), async () => (await import('./features/gitops-config/GitopsPage')).GitopsPage),
  page('/configuration/projects', listSearch, async () => (await import('./features/project/ProjectsPage')).ProjectsPage),
  page('/configuration/health-rules', listSearch, async () => (await import('./features/health-rule/HealthRulesPage')).HealthRulesPage),
  page('/configuration/users', none, async () => (await import('./features/user/UsersPage')).UsersPage),
  page('/configuration/keys', none, async () => (await import('./features/age-identity/KeysPage')).KeysPage),
  page('/configuration/audit', (raw) => ({ actor: text(raw.actor), action: text(raw.action), subject: text(raw.subject) }), async () => (await import('./features/audit/AuditPage')).AuditPage),
  page('/configuration/about', none, async () => (await import('./features/about/AboutPage')).AboutPage),
];

const CHART_VIEWS: NonNullable<ChartSearch['view']>[] = ['readme', 'values', 'schema', 'versions'];
const chartSearch = (raw: Raw): ChartSearch => ({
  version: text(raw.version),
  view: CHART_VIEWS.find((view) => view === raw.view),
  install: typeof raw.install === 'string' ? raw.install : undefined,
  as: text(raw.as),
  deployment: count(raw.deployment),
});

const chart = createRoute({
  getParentRoute: () => inside,
  path: '/charts/$repository/$chart',
  validateSearch: chartSearch,
  component: lazyRouteComponent(async () => {
    const { ChartPage } = await import('./features/chart/ChartPage');
    return {
      default: () => {
        const { repository, chart: name } = chart.useParams();
        return <ChartPage key={`${repository}/${name}`} repository={repository} chart={name} search={chart.useSearch()} />;
      },
    };
  }),
});

const cluster = createRoute({
  getParentRoute: () => inside,
  path: '/clusters/$name',
  component: lazyRouteComponent(async () => {
    const { ClusterPage } = await import('./features/cluster/ClusterPage');
    return {
      default: () => {
        const { name } = cluster.useParams();
        return <ClusterPage key={name} name={name} />;
      },
    };
  }),
});

const layoutSearch = (raw: Raw): LayoutSearch => ({ deploy: typeof raw.deploy === 'string' ? raw.deploy : undefined, deployment: count(raw.deployment), image: text(raw.image), version: text(raw.version), restore: count(raw.restore), anew: truth(raw.anew) });

const application = createRoute({
  getParentRoute: () => inside,
  path: '/applications/$name',
  validateSearch: layoutSearch,
  component: lazyRouteComponent(async () => {
    const { ApplicationLayout } = await import('./features/application/ApplicationLayout');
    return {
      default: () => {
        const { name } = application.useParams();
        return <ApplicationLayout key={name} name={name} search={application.useSearch()} />;
      },
    };
  }),
});

/** A tab of an application: its page gets the application's name and the tab's own search. */
const tab = <Search extends object>(path: string, validateSearch: (raw: Raw) => Search, load: () => Promise<ComponentType<Search & { name: string }>>) => {
  const route = createRoute({
    getParentRoute: () => application,
    path,
    validateSearch,
    component: lazyRouteComponent(async () => {
      const Page = await load();
      return {
        default: () => {
          const { name } = application.useParams();
          return <Page name={name} {...(route.useSearch() as unknown as Search)} />;
        },
      };
    }),
  });
  return route;
};

const deployments = () => import('./features/deployment/DeploymentsPage');
const environmentOf = (raw: Raw) => ({ environment: text(raw.environment) });
const VIEWS: View[] = ['edit', 'effective', 'defaults', 'history'];

const deployment = createRoute({
  getParentRoute: () => application,
  path: '/deployments/$number',
  validateSearch: (raw: Raw) => ({ with: count(raw.with) }),
  component: lazyRouteComponent(async () => {
    const { DeploymentPage } = await deployments();
    return {
      default: () => {
        const { name, number } = deployment.useParams();
        return <DeploymentPage key={number} name={name} number={Number(number)} other={deployment.useSearch().with} />;
      },
    };
  }),
});

const tabs = [
  tab('/', none, async () => (await import('./features/application/OverviewPage')).OverviewPage),
  tab('/template', (raw) => ({ ...environmentOf(raw), view: VIEWS.find((view) => view === raw.view), shown: count(raw.shown), against: count(raw.against), change: typeof raw.change === 'string' ? raw.change : undefined }), async () => (await import('./features/values/TemplatePage')).TemplatePage),
  tab('/configuration', environmentOf, async () => (await import('./features/configuration/ConfigurationPage')).ConfigurationPage),
  tab('/resources', (raw) => ({ ...environmentOf(raw), object: text(raw.object) }), async () => (await import('./features/resource/ResourcesPage')).ResourcesPage),
  tab('/deployments', environmentOf, async () => (await deployments()).DeploymentsPage),
  deployment,
  tab('/diff', (raw) => ({ ...environmentOf(raw), image: text(raw.image) }), async () => (await import('./features/deployment/DiffPage')).DiffPage),
  tab('/repository', none, async () => (await import('./features/application/RepositoryPage')).RepositoryPage),
];

// The components in all their states: for development, never shipped.
const Gallery = import.meta.env.DEV ? lazy(() => import('./components/Gallery')) : null;
const gallery = Gallery ? [createRoute({ getParentRoute: () => root, path: '/gallery', component: Gallery })] : [];

const tree = root.addChildren([signIn, inside.addChildren([start, configuration, projects, ...pages, chart, cluster, application.addChildren(tabs)]), ...gallery]);

/** The router over all pages. */
export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    defaultPreload: 'intent',
    defaultPendingComponent: () => <Loading what="the page" />,
    defaultErrorComponent: ({ error, reset }) => <Failed error={error} onRetry={reset} />,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
  });
}
