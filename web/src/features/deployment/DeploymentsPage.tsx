// The history of an application's deployments, and one of them.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Application, Deployment } from '../../api/types';
import { Button, Outside } from '../../components/Button';
import { CopyText } from '../../components/CopyText';
import { FilterSelect } from '../../components/FilterSelect';
import { Asked, Failed, Loading } from '../../components/States';
import { Tag } from '../../components/Tag';
import { Time } from '../../components/Time';
import { applicationQuery } from '../application/data';
import { environmentsQuery } from '../environment/data';
import { useMay } from '../session/data';
import { ComparisonSection } from './ComparisonView';
import { deploymentFilesQuery, deploymentPagesQuery, deploymentQuery } from './data';
import { DeploymentStages } from './DeploymentStages';
import { DeploymentTable } from './DeploymentTable';
import { DeploymentTag } from './DeploymentTag';
import { Notes } from './Notes';
import { cameInForce, endedUncommitted } from './subject';
import { texts } from './texts';
import { useFollowed } from './useDeploy';

/** Which deployments can be brought back: those that reached Git, but for the one in force. */
function restorableIn(application: Application) {
  const inForce = new Set(application.environments.flatMap((each) => (each.current ? [each.current.number] : [])));
  return (row: Deployment) => cameInForce(row) && !inForce.has(row.number);
}

/** The tab *Deployments*. */
export function DeploymentsPage({ name, environment }: { name: string; environment?: string | undefined }) {
  const navigate = useNavigate();
  const environments = useQuery(environmentsQuery).data?.items ?? [];
  const deployments = useInfiniteQuery(deploymentPagesQuery(name, environment));
  const application = useQuery(applicationQuery(name)).data;
  const deployer = useMay('deployer', application?.project ?? null);
  return (
    <>
      <div className="toolbar">
        <FilterSelect label={texts.environment} value={environment} onValue={(next) => void navigate({ to: '.', search: { environment: next }, replace: true })} all={texts.all} options={environments.map((each) => ({ value: each.name, label: each.name }))} />
      </div>
      <section className="card" aria-label={texts.title}>
        <Asked of={deployments} what="deployments">{(data) => <DeploymentTable name={name} project={application?.project ?? ''} deployments={data.pages.flatMap((page) => page.items)} {...(deployer && application ? { restorable: restorableIn(application) } : {})} />}</Asked>
        {deployments.hasNextPage && (
          <footer>
            <Button busy={deployments.isFetchingNextPage} onClick={() => void deployments.fetchNextPage()}>
              {texts.older}
            </Button>
          </footer>
        )}
      </section>
    </>
  );
}

function Facts({ deployment }: { deployment: Deployment }) {
  const { facts } = texts;
  return (
    <dl className="pairs">
      {deployment.image && (
        <>
          <dt>{facts.image}</dt>
          <dd>
            <CopyText text={deployment.image} what="image" />
          </dd>
        </>
      )}
      <dt>{facts.chart}</dt>
      <dd>
        {deployment.chart.repository && `${deployment.chart.repository}/`}
        {deployment.chart.name} {deployment.chart.version}
      </dd>
      {deployment.chart.digest && (
        <>
          <dt>{facts.digest}</dt>
          <dd>
            <CopyText text={deployment.chart.digest} shown={deployment.chart.digest.slice(0, 16)} what="digest" />
          </dd>
        </>
      )}
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

function Files({ name, deployment }: { name: string; deployment: Deployment }) {
  const files = useQuery(deploymentFilesQuery(name, deployment.number));
  if (!files.data || files.data.items.length === 0) return null;
  return (
    <section className="card" aria-label={texts.files}>
      <header>
        <h2>{texts.files}</h2>
        <span className="right small muted">{files.data.items.length}</span>
      </header>
      {endedUncommitted(deployment) && <p className="body">{texts.uncommitted}</p>}
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
export function DeploymentPage({ name, number, other }: { name: string; number: number; other?: number | undefined }) {
  const asked = useQuery(deploymentQuery(name, number));
  const deployment = useFollowed(name, number) ?? asked.data;
  const application = useQuery(applicationQuery(name)).data;
  const project = application?.project ?? '';
  const deployer = useMay('deployer', application?.project ?? null);
  if (!deployment) return asked.error ? <Failed error={asked.error} onRetry={() => void asked.refetch()} /> : <Loading what="the deployment" />;
  return (
    <div className="stack wide">
      <div className="columns">
        <section className="card" aria-label={texts.heading(number)}>
          <header>
            <h2>
              {texts.heading(number)} · {deployment.environment}
            </h2>
            <DeploymentTag deployment={deployment} project={project} />
            {deployment.restores && <Tag>{texts.restores(deployment.restores)}</Tag>}
            {deployment.anew && <Tag>{texts.anew.tag}</Tag>}
            {deployer && application && restorableIn(application)(deployment) && (
              <span className="right">
                <Link to="." search={(search: object) => ({ ...search, deploy: deployment.environment, restore: number })} className="button small">
                  {texts.rollBack}
                </Link>
              </span>
            )}
          </header>
          <div className="body">
            <Facts deployment={deployment} />
          </div>
        </section>
        <section className="card" aria-label={texts.timeline}>
          <header>
            <h2>{texts.timeline}</h2>
          </header>
          <DeploymentStages deployment={deployment} project={project} full />
        </section>
      </div>
      <Notes deployment={deployment} />
      {deployment.commit && <ComparisonSection deployment={deployment} other={other} />}
      {deployment.end && <Files name={name} deployment={deployment} />}
    </div>
  );
}
