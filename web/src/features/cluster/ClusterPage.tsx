// One cluster: what it is, what its last check found, which rights are missing.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Cluster } from '../../api/types';
import { announce } from '../../components/Announcer';
import { Button, LinkButton } from '../../components/Button';
import { Asked, Notice, ProblemWords } from '../../components/States';
import { Time } from '../../components/Time';
import { PageHead } from '../../frame/PageHead';
import { useMay } from '../session/data';
import { ClusterDialog } from './ClusterDialog';
import { ClusterReport, Missing } from './ClusterReport';
import { StateTag } from './ClusterState';
import { checkCluster, clusterQuery, putCluster, useLiveCluster } from './data';
import { texts } from './texts';

const { facts } = texts;

function Facts({ cluster }: { cluster: Cluster }) {
  return (
    <dl className="pairs">
      <dt>{facts.server}</dt>
      <dd>
        <code className="break">{cluster.server}</code>
      </dd>
      {cluster.context && (
        <>
          <dt>{facts.context}</dt>
          <dd>
            <code className="break">{cluster.context}</code>
          </dd>
        </>
      )}
      <dt>{facts.version}</dt>
      <dd>{cluster.kubernetes_version ?? '–'}</dd>
      <dt>{facts.apis}</dt>
      <dd>{cluster.api_versions}</dd>
      <dt>{facts.namespaces}</dt>
      <dd>{texts.namespaces[cluster.create_namespaces ? 'true' : 'false']}</dd>
      <dt>{facts.source}</dt>
      <dd>{texts.sources[cluster.source]}</dd>
      <dt>{facts.saved}</dt>
      <dd>
        <Time at={cluster.saved_at} /> {texts.by(cluster.saved_by)}
      </dd>
    </dl>
  );
}

function Environments({ cluster }: { cluster: Cluster }) {
  const administrator = useMay('administrator');
  return (
    <section className="card" aria-label={facts.environments}>
      <header>
        <h2>{facts.environments}</h2>
        {administrator && (
          <span className="right">
            <LinkButton to="/environments" search={{ new: true }}>
              {texts.makeEnvironment}
            </LinkButton>
          </span>
        )}
      </header>
      <div className="body">
        {cluster.environments.length === 0 ? (
          <p className="muted">{texts.environmentsNone}</p>
        ) : (
          <ul className="line">
            {cluster.environments.map((each) => (
              <li key={each}>
                <Link to="/applications" search={{ environment: each }}>
                  {each}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

function One({ cluster }: { cluster: Cluster }) {
  const client = useQueryClient();
  const administrator = useMay('administrator');
  const [editing, setEditing] = useState(false);
  // Only administrators are told what a check found.
  const mayNotSee = !administrator && cluster.state !== 'unchecked';
  useLiveCluster(cluster.name);
  const check = useMutation({
    mutationFn: () => checkCluster(cluster.name),
    onSuccess: (checked) => {
      putCluster(client, checked);
      announce(texts.checked(checked.name, Boolean(checked.check && !checked.check.failed)));
    },
  });
  return (
    <>
      <PageHead
        title={cluster.name}
        actions={
          administrator && (
            <>
              <Button onClick={() => setEditing(true)}>{texts.edit}</Button>
              <Button look="primary" busy={check.isPending} onClick={() => check.mutate()}>
                {texts.checkNow}
              </Button>
            </>
          )
        }
      >
        <StateTag cluster={cluster} />{' '}
        {cluster.state_since && (
          <span className="small">
            {texts.since} <Time at={cluster.state_since} />
          </span>
        )}
      </PageHead>
      <div className="stack wide">
        {texts.stateHints[cluster.state] && <Notice tone="warn">{texts.stateHints[cluster.state]}</Notice>}
        {check.error && (
          <Notice tone="bad">
            <ProblemWords error={check.error} />
          </Notice>
        )}
        <div className="columns">
          <section className="card" aria-label={cluster.name}>
            <div className="body">
              <Facts cluster={cluster} />
            </div>
          </section>
          <ClusterReport check={cluster.check} live={check.isPending && cluster.check === null} none={mayNotSee ? texts.checkOfAdministrators : texts.uncheckedYet} />
        </div>
        {cluster.check && <Missing check={cluster.check} />}
        <Environments cluster={cluster} />
      </div>
      {editing && <ClusterDialog cluster={cluster} onClose={() => setEditing(false)} />}
    </>
  );
}

/** The page of one cluster. */
export function ClusterPage({ name }: { name: string }) {
  return (
    <Asked of={useQuery(clusterQuery(name))} what="the cluster">
      {(cluster) => <One cluster={cluster} />}
    </Asked>
  );
}
