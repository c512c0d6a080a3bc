// How a deployment stands, in a word.
import type { Deployment } from '../../api/types';
import { Tag } from '../../components/Tag';
import { useMay } from '../session/data';
import { texts } from './texts';

interface Props {
  deployment: Deployment;
  /** The project of its application: who may confirm there is told that it waits for them. */
  project: string;
}

/** That deletions wait to be confirmed: by the person at the page, or by somebody else who may. */
function Waits({ project }: Pick<Props, 'project'>) {
  const deployer = useMay('deployer', project);
  return <Tag tone={deployer ? 'warn' : 'info'} icon="wait">{deployer ? texts.waits : texts.waitsForOther}</Tag>;
}

/** Icon, word and colour of a deployment's end, or of its going on. */
export function DeploymentTag({ deployment, project }: Props) {
  switch (deployment.end) {
    case 'stored':
      return <Tag tone="good" icon="ok">{texts.ends.stored}</Tag>;
    case 'healthy':
      return <Tag tone="good" icon="ok">{texts.ends.healthy}</Tag>;
    case 'degraded':
      return <Tag tone="bad" icon="warn">{texts.ends.degraded}</Tag>;
    case 'failed':
      return <Tag tone="bad" icon="no">{texts.ends.failed}</Tag>;
    case 'superseded':
      return <Tag icon="dash">{texts.ends.superseded}</Tag>;
    case null:
      return deployment.release?.confirm ? <Waits project={project} /> : <Tag tone="info" icon="turn">{texts.going}</Tag>;
  }
}

/** How the last deployment of an environment ended, said to be that: it does not tell how things are now. */
export function LastDeploymentTag({ deployment, project }: Props) {
  const { end } = deployment;
  if (end === 'healthy') return <Tag icon="dash">{texts.lastEnded(texts.ends[end].toLowerCase())}</Tag>;
  if (end === 'degraded') return <Tag tone="warn" icon="warn">{texts.lastEnded(texts.ends[end].toLowerCase())}</Tag>;
  return <DeploymentTag deployment={deployment} project={project} />;
}
