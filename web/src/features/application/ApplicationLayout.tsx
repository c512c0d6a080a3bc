// The frame of an application's pages: head, tabs, and the deploy panel, which any of them can open.
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { NavLink } from '../../components/NavLink';
import { useCallback } from 'react';
import type { Application, Source } from '../../api/types';
import { LinkButton, Outside } from '../../components/Button';
import { Asked } from '../../components/States';
import { PageHead } from '../../frame/PageHead';
import { useShortcuts } from '../../frame/shortcuts';
import { DeployPanel } from '../deployment/DeployPanel';
import { HoldNotices } from '../hold/HoldNotice';
import { useMay } from '../session/data';
import './application.css';
import { applicationQuery } from './data';
import { Deleting } from './DeleteApplication';
import { useLiveApplication } from './live';
import { texts } from './texts';

export interface LayoutSearch {
  /** The environment that the deploy panel is open for; empty while none is chosen. */
  deploy?: string | undefined;
  /** The deployment whose stages the panel shows. */
  deployment?: number | undefined;
  image?: string | undefined;
  /** The version of a chart that is deployed. */
  version?: string | undefined;
  /** The number of the deployment that is brought back. */
  restore?: number | undefined;
  /** Generated values are made anew. */
  anew?: boolean | undefined;
}

const TABS = [
  { to: '/applications/$name', end: '', label: texts.tabs.overview },
  { to: '/applications/$name/resources', end: '/resources', label: texts.tabs.resources },
  { to: '/applications/$name/template', end: '/template', label: texts.tabs.template },
  { to: '/applications/$name/configuration', end: '/configuration', label: texts.tabs.configuration },
  { to: '/applications/$name/deployments', end: '/deployments', label: texts.tabs.deployments },
  { to: '/applications/$name/diff', end: '/diff', label: texts.tabs.diff },
  { to: '/applications/$name/repository', end: '/repository', label: texts.tabs.repository },
];

function Tabs({ name, source }: { name: string; source: Source }) {
  const path = useLocation({ select: (location) => location.pathname });
  const base = `/applications/${name}`;
  return (
    <nav className="tabs" aria-label={name}>
      <ul>
        {TABS.map((tab) => (
          <li key={tab.to}>
            <NavLink to={tab.to} params={{ name }} here={(tab.end ? path.startsWith(base + tab.end) : path === base) ? 'page' : undefined}>
              {tab.end === '/template' && source.kind === 'chart' ? texts.tabs.values : tab.label}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Head({ application, onDeploy }: { application: Application; onDeploy: () => void }) {
  const deployer = useMay('deployer', application.project);
  const manager = useMay('manager', application.project);
  const administrator = useMay('administrator');
  const { name, repository } = application;
  return (
    <PageHead
      title={name}
      actions={
        <>
          {manager && (
            <LinkButton to="/applications/$name/template" params={{ name }}>
              {texts.editValues}
            </LinkButton>
          )}
          {deployer && (
            <button type="button" className="button primary" onClick={onDeploy} aria-keyshortcuts="d">
              {texts.deploy}
            </button>
          )}
        </>
      }
    >
      {texts.head(application.project)} · {application.source.kind === 'chart' ? <Link to="/charts/$repository/$chart" params={{ repository: application.source.repository ?? '', chart: application.source.name }}>{texts.fromChart(application.source.repository ?? '', application.source.name)}</Link> : texts.fromTemplate(application.source.name, application.source.version ?? '')} ·{' '}
      {repository ? repository.web_url ? <Outside href={repository.web_url}><span className="mono">{repository.full_name}</span></Outside> : <span className="mono">{repository.full_name}</span> : texts.noRepository}
      {application.gitops_config && <> · {texts.account} {administrator ? <Link to="/configuration/gitops" search={{ account: application.gitops_config }}>{application.gitops_config}</Link> : application.gitops_config}</>}
    </PageHead>
  );
}

/** Everything of one application. */
export function ApplicationLayout({ name, search }: { name: string; search: LayoutSearch }) {
  const navigate = useNavigate();
  const application = useQuery(applicationQuery(name));
  useLiveApplication(name);
  const deployer = useMay('deployer', application.data?.project ?? null);
  const put = useCallback(
    (change: LayoutSearch, replace = true) => void navigate({ to: '.', search: (before: LayoutSearch) => ({ ...before, ...change }), replace }),
    [navigate],
  );
  const open = () => put({ deploy: '' }, false);
  useShortcuts({ d: () => deployer && open() });
  return (
    <Asked of={application} what="the application">
      {(data) => (
        <>
          <Head application={data} onDeploy={open} />
          {data.deleting_at && <Deleting application={data} />}
          <HoldNotices application={data} />
          <Tabs name={name} source={data.source} />
          <Outlet />
          {search.deploy !== undefined && deployer && (
            <DeployPanel application={data} search={search} put={put} onClose={() => put({ deploy: undefined, deployment: undefined, image: undefined, version: undefined, restore: undefined, anew: undefined })} />
          )}
        </>
      )}
    </Asked>
  );
}
