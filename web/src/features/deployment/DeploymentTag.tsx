// How a deployment stands, in a word.
import type { Deployment } from '../../api/types';
import { Tag } from '../../components/Tag';
import { texts } from './texts';

/** Icon, word and colour of a deployment's end, or of its going on. */
export function DeploymentTag({ deployment }: { deployment: Deployment }) {
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
      return deployment.release?.confirm ? <Tag tone="warn" icon="wait">{texts.waits}</Tag> : <Tag tone="info" icon="turn">{texts.going}</Tag>;
  }
}
