// The tab *What runs*: the objects of an application in an environment as a tree, with health, live.
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Problem } from '../../api/http';
import type { Application, Environment, Resource, Resources } from '../../api/types';
import { LinkButton } from '../../components/Button';
import { NavLink } from '../../components/NavLink';
import { Asked, Empty, Notice } from '../../components/States';
import { applicationQuery } from '../application/data';
import { environmentsQuery } from '../environment/data';
import { useMay } from '../session/data';
import { resourcesQuery, useLiveResources } from './data';
import { DriftCard } from './DriftCard';
import { HealthTag } from './HealthTag';
import './resource.css';
import { Events, ResourcePanel } from './ResourcePanel';
import { texts } from './texts';
import { addressOf, countOf, treeOf, type Branch } from './tree';

export interface ResourcesSearch {
  environment?: string | undefined;
  /** The object whose panel is open. */
  object?: string | undefined;
}

function Line({ resource }: { resource: Resource }) {
  const { object, status, message, uid } = resource;
  const count = countOf(resource);
  return (
    <div className="object">
      <HealthTag health={status} />
      <span className="what">
        <span className="muted small">{object.kind}</span>{' '}
        <NavLink to="." search={((search: object) => ({ ...search, object: addressOf(object) })) as never} className="strong break">
          {object.name}
        </NavLink>
        {message && status !== 'healthy' && <span className={status === 'degraded' ? 'small break why bad' : 'small break why muted'}>{message}</span>}
      </span>
      <span className="small muted nowrap">{uid === '' ? texts.absent : count && texts.ready(...count)}</span>
    </div>
  );
}

function Branches({ branches }: { branches: Branch[] }) {
  return (
    <ul className="tree">
      {branches.map(({ resource, below }) => (
        <li key={addressOf(resource.object)}>
          <Line resource={resource} />
          {below.length > 0 && <Branches branches={below} />}
        </li>
      ))}
    </ul>
  );
}

function Tree({ resources }: { resources: Resources }) {
  const { cluster, namespace, away, complete, status, resources: all } = resources;
  return (
    <section className="card" aria-label={texts.title}>
      <header>
        <h2>{texts.title}</h2>
        {!away && all.length > 0 && <HealthTag health={status} />}
        <span className="right small muted">{texts.in(cluster, namespace)}</span>
      </header>
      {(away ?? !complete) && (
        <div className="body">
          <Notice tone="warn">
            {away ? (
              <>
                <b>{texts.away}</b> {away} {texts.awayHint}
              </>
            ) : (
              texts.incomplete
            )}
          </Notice>
        </div>
      )}
      <Branches branches={treeOf(all)} />
    </section>
  );
}

function One({ application, environment: place, object }: { application: Application; environment: Environment; object: string | undefined }) {
  const environment = place.name;
  const navigate = useNavigate();
  const deployer = useMay('deployer', application.project);
  const asked = useQuery(resourcesQuery(application.name, environment));
  const open = asked.data?.resources.find((each) => addressOf(each.object) === object);
  if (asked.error instanceof Problem && asked.error.status === 404) {
    return (
      <section className="card">
        <Empty title={texts.notDeployed}>{texts.notDeployedHint}</Empty>
      </section>
    );
  }
  return (
    <Asked of={asked} what="what runs">
      {(resources) => (
        <div className="stack wide">
          <Tree resources={resources} />
          {!resources.away && (
            <>
              <DriftCard application={application.name} environment={place} deployer={deployer} refused={application.environments.find((each) => each.environment === environment)?.drift?.refused ?? null} />
              <section className="card">
                <div className="body">
                  <Events application={application.name} environment={environment} />
                </div>
              </section>
            </>
          )}
          {open && (
            <ResourcePanel
              key={object}
              application={application.name}
              environment={environment}
              resource={open}
              deployer={deployer}
              onClose={() => void navigate({ to: '.', search: (search: object) => ({ ...search, object: undefined }), replace: true })}
            />
          )}
        </div>
      )}
    </Asked>
  );
}

function Choose({ environments, chosen }: { environments: Environment[]; chosen: string }) {
  if (environments.length < 2) return null;
  return (
    <div className="toolbar">
      <nav className="segments" aria-label={texts.choose}>
        {environments.map((each) => (
          <NavLink key={each.name} to="." search={{ environment: each.name } as never} here={each.name === chosen ? 'true' : undefined}>
            {each.name}
          </NavLink>
        ))}
      </nav>
    </div>
  );
}

function Inside({ application, environments, search }: { application: Application; environments: Environment[]; search: ResourcesSearch }) {
  useLiveResources(application.name);
  const running = environments.filter((each) => each.cluster);
  const deployed = (each: Environment) => application.environments.some((one) => one.environment === each.name && one.current);
  const chosen = running.find((each) => each.name === search.environment) ?? running.find(deployed) ?? running[0];
  if (!chosen) {
    return (
      <section className="card">
        <Empty title={texts.noCluster} action={<LinkButton to="/environments">{texts.toEnvironments}</LinkButton>}>
          {texts.noClusterHint}
        </Empty>
      </section>
    );
  }
  return (
    <>
      <Choose environments={running} chosen={chosen.name} />
      <One key={chosen.name} application={application} environment={chosen} object={search.object} />
    </>
  );
}

/** The tab. */
export function ResourcesPage({ name, ...search }: ResourcesSearch & { name: string }) {
  const application = useQuery(applicationQuery(name));
  const environments = useQuery(environmentsQuery);
  return (
    <Asked of={application}>
      {(data) => <Asked of={environments} what="environments">{(page) => <Inside application={data} environments={page.items} search={search} />}</Asked>}
    </Asked>
  );
}
