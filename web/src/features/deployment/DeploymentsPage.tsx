// The history of an application's deployments, and one of them.
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { Deployment } from '../../api/types';
import { Outside } from '../../components/Button';
import { CopyText } from '../../components/CopyText';
import { Asked, Failed, Loading } from '../../components/States';
import { Time } from '../../components/Time';
import { applicationQuery } from '../application/data';
import { environmentsQuery } from '../environment/data';
import { deploymentFilesQuery, deploymentQuery, deploymentsQuery } from './data';
import { DeploymentStages } from './DeploymentStages';
import { DeploymentTable } from './DeploymentTable';
import { DeploymentTag } from './DeploymentTag';
import { texts } from './texts';
import { useFollowed } from './useDeploy';

/** The tab *Deployments*. */
export function DeploymentsPage({ name, environment }: { name: string; environment?: string | undefined }) {
  const navigate = useNavigate();
  const environments = useQuery(environmentsQuery).data?.items ?? [];
  const deployments = useQuery(deploymentsQuery(name, environment));
  return (
    <>
      <div className="toolbar">
        <select
          className="input"
          aria-label={texts.environment}
          value={environment ?? ''}
          onChange={(event) => void navigate({ to: '.', search: { environment: event.target.value || undefined }, replace: true })}
        >
          <option value="">{texts.all}</option>
          {environments.map((each) => (
            <option key={each.name}>{each.name}</option>
          ))}
        </select>
      </div>
      <section className="card" aria-label={texts.title}>
        <Asked of={deployments} what="deployments">{(page) => <DeploymentTable name={name} deployments={page.items} />}</Asked>
      </section>
    </>
  );
}

function Facts({ deployment }: { deployment: Deployment }) {
  const { facts } = texts;
  return (
    <dl className="pairs">
      <dt>{facts.image}</dt>
      <dd>
        <CopyText text={deployment.image} what="image" />
      </dd>
      <dt>{facts.author}</dt>
      <dd>{deployment.author}</dd>
      {deployment.message && (
        <>
          <dt>{facts.message}</dt>
          <dd>{deployment.message}</dd>
        </>
      )}
      <dt>{facts.asked}</dt>
      <dd>
        <Time at={deployment.created_at} />
      </dd>
      {deployment.commit && (
        <>
          <dt>{facts.commit}</dt>
          <dd>
            <CopyText text={deployment.commit} what="commit" /> {deployment.commit_url && <Outside href={deployment.commit_url}>Show</Outside>}
          </dd>
        </>
      )}
      {deployment.branch && (
        <>
          <dt>{facts.branch}</dt>
          <dd>
            <code>{deployment.branch}</code>
          </dd>
        </>
      )}
      {deployment.rendered_tree && (
        <>
          <dt>{facts.tree}</dt>
          <dd>
            <CopyText text={deployment.rendered_tree} what="tree id" />
          </dd>
        </>
      )}
    </dl>
  );
}

function Files({ name, number }: { name: string; number: number }) {
  const files = useQuery(deploymentFilesQuery(name, number));
  if (!files.data || files.data.items.length === 0) return null;
  return (
    <section className="card" aria-label={texts.files}>
      <header>
        <h2>{texts.files}</h2>
        <span className="right small muted">{files.data.items.length}</span>
      </header>
      <ul className="body stack tight">
        {files.data.items.map((file) => (
          <li key={file.path}>
            <code className="break">{file.path}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** One deployment with its timeline. */
export function DeploymentPage({ name, number }: { name: string; number: number }) {
  const asked = useQuery(deploymentQuery(name, number));
  const deployment = useFollowed(name, number) ?? asked.data;
  const project = useQuery(applicationQuery(name)).data?.project ?? '';
  if (!deployment) return asked.error ? <Failed error={asked.error} onRetry={() => void asked.refetch()} /> : <Loading what="the deployment" />;
  return (
    <div className="stack wide">
      <div className="columns">
        <section className="card" aria-label={texts.heading(number)}>
          <header>
            <h2>
              {texts.heading(number)} · {deployment.environment}
            </h2>
            <DeploymentTag deployment={deployment} />
          </header>
          <div className="body">
            <Facts deployment={deployment} />
          </div>
        </section>
        <section className="card" aria-label={texts.timeline}>
          <header>
            <h2>{texts.timeline}</h2>
          </header>
          <DeploymentStages deployment={deployment} project={project} />
        </section>
      </div>
      {deployment.end && <Files name={name} number={number} />}
    </div>
  );
}
