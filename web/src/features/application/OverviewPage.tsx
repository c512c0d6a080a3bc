// The overview of an application: each environment's state, and the latest deployments.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Application, ApplicationEnvironment, Deployment, Environment } from '../../api/types';
import { LinkButton } from '../../components/Button';
import { Asked, Empty } from '../../components/States';
import { Tag } from '../../components/Tag';
import { Time } from '../../components/Time';
import { Commit } from '../deployment/Commit';
import { deploymentsQuery } from '../deployment/data';
import { DeploymentTable } from '../deployment/DeploymentTable';
import { LastDeploymentTag } from '../deployment/DeploymentTag';
import { wordOf } from '../deployment/subject';
import { texts as deploymentTexts } from '../deployment/texts';
import { environmentsQuery } from '../environment/data';
import { HoldDialog } from '../hold/HoldNotice';
import { texts as holdTexts } from '../hold/texts';
import { DriftTag } from '../resource/DriftTag';
import { resourcesQuery, useLiveResources } from '../resource/data';
import { HealthTag } from '../resource/HealthTag';
import { texts as resourceTexts } from '../resource/texts';
import { useMay } from '../session/data';
import { applicationQuery } from './data';
import { texts } from './texts';

/**
 * How things are now where it runs in a cluster, with how the last deployment ended where that says something else. Where
 * that is not known, the end of the last deployment, which is said to be that.
 */
function StateTag({ application, environment, latest, runs }: { application: Application; environment: Environment; latest: Deployment | null; runs: boolean }) {
  const { data: live, isError } = useQuery({ ...resourcesQuery(application.name, environment.name), enabled: runs });
  const now = runs && !isError && live && (live.away ?? (live.complete && live.resources.length > 0)) ? live : null;
  const last = latest ? <LastDeploymentTag deployment={latest} project={application.project} /> : <Tag>{texts.notDeployed}</Tag>;
  if (!now) return last;
  if (now.away) {
    return (
      <>
        <Tag tone="warn" icon="warn">{texts.clusterAway}</Tag>
        {last}
      </>
    );
  }
  return (
    <>
      <HealthTag health={now.status} />
      {latest?.end !== 'healthy' && last}
    </>
  );
}

interface CardProps {
  application: Application;
  environment: Environment;
  state: ApplicationEnvironment | undefined;
}

function Card({ application, environment, state }: CardProps) {
  const deployer = useMay('deployer', application.project);
  const [holding, setHolding] = useState(false);
  const latest = state?.deployment ?? null;
  const current = state?.current ?? null;
  return (
    <section className="card environment" aria-label={environment.name}>
      <div className="top">
        <h2>{environment.name}</h2>
        <span className="faint small break">{[environment.cluster, environment.namespace === environment.name ? '' : `${texts.namespace} ${environment.namespace}`].filter(Boolean).join(', ')}</span>
        <span className="states">
          {state?.drift && <DriftTag drift={state.drift} />}
          {state?.hold && <Tag tone="warn" icon="warn">{holdTexts.onHold}</Tag>}
          <StateTag application={application} environment={environment} latest={latest} runs={current !== null && environment.cluster !== null} />
        </span>
      </div>
      <div className="image">{current ? wordOf(current) : <span className="faint">–</span>}</div>
      {current && (
        <div className="between">
          <span>
            <Link to="/applications/$name/deployments/$number" params={{ name: application.name, number: String(current.number) }}>
              {deploymentTexts.numbered(current.number)}
            </Link>{' '}
            · <Time at={current.finished_at ?? current.created_at} />
          </span>
          <Commit deployment={current} />
        </div>
      )}
      {latest && latest.number !== current?.number && (
        <div className="between">
          <Link to="/applications/$name/deployments/$number" params={{ name: application.name, number: String(latest.number) }}>
            {deploymentTexts.latest(latest.number, wordOf(latest))}
          </Link>
        </div>
      )}
      {state?.drift?.refused && (
        <p className="small break bad">
          <b>{resourceTexts.drift.refused}</b> {state.drift.refused}
        </p>
      )}
      {deployer && (
        <div className="do">
          <Link to="." search={{ deploy: environment.name }} className="button small">
            {application.source.kind === 'chart' && current ? texts.upgrade : texts.deploy}
            <span className="hidden"> to {environment.name}</span>
          </Link>
          {current && (
            <Link to="/applications/$name/diff" params={{ name: application.name }} search={{ environment: environment.name }} className="button small">
              {texts.tabs.diff}
              <span className="hidden"> of {environment.name}</span>
            </Link>
          )}
          {current && environment.cluster && (
            <Link to="/applications/$name/resources" params={{ name: application.name }} search={{ environment: environment.name }} className="button small">
              {texts.tabs.resources}
              <span className="hidden"> in {environment.name}</span>
            </Link>
          )}
          {current && !state?.hold && (
            <button type="button" className="button small quiet" onClick={() => setHolding(true)}>
              {holdTexts.hold}
              <span className="hidden"> {environment.name}</span>
            </button>
          )}
        </div>
      )}
      {holding && <HoldDialog application={application} environment={environment.name} onClose={() => setHolding(false)} />}
    </section>
  );
}

function Environments({ application, environments }: { application: Application; environments: Environment[] }) {
  const administrator = useMay('administrator');
  if (environments.length === 0) {
    return (
      <section className="card">
        <Empty title={texts.noEnvironments} action={administrator && <LinkButton to="/environments" search={{ new: true }} look="primary">{texts.makeEnvironment}</LinkButton>}>
          {texts.noEnvironmentsHint}
        </Empty>
      </section>
    );
  }
  return (
    <div className="environments">
      {environments.map((environment) => (
        <Card key={environment.name} application={application} environment={environment} state={application.environments.find((each) => each.environment === environment.name)} />
      ))}
    </div>
  );
}

/** The first tab of an application. */
export function OverviewPage({ name }: { name: string }) {
  const application = useQuery(applicationQuery(name));
  const environments = useQuery(environmentsQuery);
  const deployments = useQuery(deploymentsQuery(name));
  useLiveResources(name);
  return (
    <div className="stack wide">
      <Asked of={application}>
        {(data) => <Asked of={environments} what="environments">{(page) => <Environments application={data} environments={page.items} />}</Asked>}
      </Asked>
      <section className="card" aria-label={texts.recent}>
        <header>
          <h2>{texts.recent}</h2>
          <Link className="right small" to="/applications/$name/deployments" params={{ name }}>
            {texts.all}
          </Link>
        </header>
        <Asked of={deployments} what="deployments">{(page) => <DeploymentTable name={name} project={application.data?.project ?? ''} deployments={page.items.slice(0, 8)} />}</Asked>
      </section>
    </div>
  );
}
