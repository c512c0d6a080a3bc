// The frame of an application's pages: head, tabs, and the deploy panel, which any of them can open.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { NavLink } from '../../components/NavLink';
import { useCallback } from 'react';
import { useEvents } from '../../api/events';
import type { Application, Deployment } from '../../api/types';
import { LinkButton, Outside } from '../../components/Button';
import { Asked, Notice } from '../../components/States';
import { PageHead } from '../../frame/PageHead';
import { useShortcuts } from '../../frame/shortcuts';
import { putDeployment } from '../deployment/data';
import { DeployPanel } from '../deployment/DeployPanel';
import { useMay } from '../session/data';
import './application.css';
import { applicationQuery } from './data';
import { texts } from './texts';

export interface LayoutSearch {
  /** The environment that the deploy panel is open for; empty while none is chosen. */
  deploy?: string | undefined;
  /** The deployment whose stages the panel shows. */
  deployment?: number | undefined;
  image?: string | undefined;
}

const TABS = [
  { to: '/applications/$name', end: '', label: texts.tabs.overview },
  { to: '/applications/$name/template', end: '/template', label: texts.tabs.template },
  { to: '/applications/$name/deployments', end: '/deployments', label: texts.tabs.deployments },
  { to: '/applications/$name/diff', end: '/diff', label: texts.tabs.diff },
  { to: '/applications/$name/repository', end: '/repository', label: texts.tabs.repository },
];

function Tabs({ name }: { name: string }) {
  const path = useLocation({ select: (location) => location.pathname });
  const base = `/applications/${name}`;
  return (
    <nav className="tabs" aria-label={name}>
      <ul>
        {TABS.map((tab) => (
          <li key={tab.to}>
            <NavLink to={tab.to} params={{ name }} here={(tab.end ? path.startsWith(base + tab.end) : path === base) ? 'page' : undefined}>
              {tab.label}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function useLiveApplication(name: string) {
  const client = useQueryClient();
  const hear = useCallback(
    (kind: string, data: unknown) => {
      if (kind === 'deployment') putDeployment(client, data as Deployment);
      if (kind === 'deployment' || kind === 'application') void client.invalidateQueries({ queryKey: applicationQuery(name).queryKey });
      if (kind === 'missed') void client.invalidateQueries({ queryKey: ['application', name] });
      if (kind === 'values') void client.invalidateQueries({ queryKey: ['application', name, 'values'] });
    },
    [client, name],
  );
  useEvents(`application:${name}`, hear);
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
      {texts.head(application.project, `${application.source.name} ${application.source.version ?? ''}`)} ·{' '}
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
          {data.deleting_at && <Notice tone="warn">{data.deletion_failure ? `${texts.deleting} ${data.deletion_failure}` : texts.deleting}</Notice>}
          <Tabs name={name} />
          <Outlet />
          {search.deploy !== undefined && deployer && (
            <DeployPanel application={data} search={search} put={put} onClose={() => put({ deploy: undefined, deployment: undefined, image: undefined })} />
          )}
        </>
      )}
    </Asked>
  );
}
