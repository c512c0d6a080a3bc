// The stages of a deployment, ticking as they pass; a failed one opens with cause and action.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '../../api/http';
import type { Deployment } from '../../api/types';
import { Button, LinkButton } from '../../components/Button';
import { Notice, ProblemWords } from '../../components/States';
import { Stages, type Stage } from '../../components/Stages';
import { duration, onTheClock, Time } from '../../components/Time';
import { importSecretValues } from '../secret-values/data';
import { useMay } from '../session/data';
import { Commit } from './Commit';
import { importValues } from './data';
import { Objects, ReleaseProgress } from './ReleaseProgress';
import { stepsOf, type Step } from './stages';
import { texts } from './texts';

/** Takes in what was changed by hand in Git: the file is named in the sentence or detail. */
function takeIn(deployment: Deployment, replace: boolean): Promise<unknown> {
  const { application, environment, failure } = deployment;
  const words = `${failure?.sentence ?? ''} ${failure?.detail ?? ''}`;
  if (words.includes('secrets.sops.yaml')) return importSecretValues(application, environment, replace);
  return importValues(application, words.includes('override.yaml') ? environment : null, replace);
}

function TakeIn({ deployment, project }: { deployment: Deployment; project: string }) {
  const client = useQueryClient();
  const manager = useMay('manager', project);
  const [done, setDone] = useState(false);
  const take = useMutation({
    mutationFn: (replace: boolean) => takeIn(deployment, replace),
    onSuccess: async () => {
      setDone(true);
      await client.invalidateQueries({ queryKey: ['application', deployment.application] });
    },
  });
  if (!manager) return null;
  if (done) return <p className="strong">{texts.takenIn}</p>;
  return (
    <div className="line">
      <Button small busy={take.isPending} onClick={() => take.mutate(false)}>
        {texts.takeIn}
      </Button>
      {take.error && <ProblemWords error={take.error} />}
      {take.error instanceof Problem && take.error.code === 'not_deployed_yet' && (
        <Button small onClick={() => take.mutate(true)}>
          {texts.takeInAlone}
        </Button>
      )}
    </div>
  );
}

function Cause({ deployment, project }: { deployment: Deployment; project: string }) {
  const failure = deployment.failure;
  if (!failure) return null;
  return (
    <>
      {failure.sentence}
      {failure.detail && failure.detail !== failure.sentence && (
        <details className="small">
          <summary>{texts.said}</summary>
          <pre className="block">{failure.detail}</pre>
        </details>
      )}
      {failure.code === 'inputs_changed_in_git' && <TakeIn deployment={deployment} project={project} />}
      {failure.code === 'gitops_not_configured' && (
        <div className="line">
          <LinkButton to="/configuration/gitops">{texts.connect}</LinkButton>
        </div>
      )}
    </>
  );
}

function Title({ step, deployment }: { step: Step; deployment: Deployment }) {
  // The cause stands below, and once is enough.
  const note = step.note === deployment.failure?.sentence ? '' : step.note;
  const words = step.state === 'failed' ? texts.failedAt : step.state === 'running' ? texts.doing : texts.stages;
  return (
    <>
      {words[step.stage]}
      {step.stage === 'committed' && step.state === 'passed' && (
        <>
          {' '}
          <Commit deployment={deployment} />
        </>
      )}
      {note && <span className="muted small"> · {note}</span>}
    </>
  );
}

/** What stands below a stage: the cause of a failure, or how far the cluster is. */
function whyOf(step: Step, deployment: Deployment, project: string) {
  const ofCluster = deployment.cluster !== null && (step.stage === 'released' || step.stage === 'finished');
  if (step.state === 'failed') {
    return (
      <>
        <Cause deployment={deployment} project={project} />
        {ofCluster && deployment.release && <Objects release={deployment.release} ended />}
      </>
    );
  }
  return ofCluster && step.state === 'running' ? <ReleaseProgress deployment={deployment} project={project} /> : undefined;
}

/** How long a stage took, and when it passed where there is room for that. */
function Took({ step, full }: { step: Step; full: boolean }) {
  return (
    <>
      {step.milliseconds !== null && duration(step.milliseconds)}
      {full && step.at && (
        <span className="at">
          <Time at={step.at} words={onTheClock} />
        </span>
      )}
    </>
  );
}

/** The list of stages of one deployment; `full` begins with who asked for it, and tells when each passed. */
export function DeploymentStages({ deployment, project, full = false }: { deployment: Deployment; project: string; full?: boolean }) {
  const requested: Stage = {
    key: 'requested',
    state: 'passed',
    title: texts.requestedBy(deployment.author),
    aside: (
      <span className="at">
        <Time at={deployment.created_at} words={onTheClock} />
      </span>
    ),
  };
  const steps = stepsOf(deployment).map((step): Stage => ({
    key: step.stage,
    state: step.state,
    title: <Title step={step} deployment={deployment} />,
    aside: <Took step={step} full={full} />,
    why: whyOf(step, deployment, project),
  }));
  return (
    <>
      <Stages
        live={!deployment.end}
        label={texts.timeline}
        stages={full ? [requested, ...steps] : steps}
      />
      {deployment.end === 'superseded' && <Notice tone="info">{deployment.commit ? texts.supersededLate : texts.superseded}</Notice>}
    </>
  );
}
