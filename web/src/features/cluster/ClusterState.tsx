// How a cluster stands, in a word with its icon.
import type { Cluster, ClusterCheck, ClusterState } from '../../api/types';
import type { IconName } from '../../components/Icon';
import { Tag, type Tone } from '../../components/Tag';
import { texts } from './texts';

const LOOKS: Record<ClusterState, { tone: Tone; icon: IconName }> = {
  here: { tone: 'good', icon: 'ok' },
  away: { tone: 'bad', icon: 'no' },
  refused: { tone: 'bad', icon: 'warn' },
  unchecked: { tone: 'plain', icon: 'wait' },
};

/** The state of a cluster; the tick says that it is reachable. */
export function StateTag({ cluster }: { cluster: Pick<Cluster, 'state'> }) {
  const { tone, icon } = LOOKS[cluster.state];
  return <Tag tone={tone} icon={icon}>{texts.states[cluster.state]}</Tag>;
}

/** Whether everything passed, in a word. */
export function CheckTag({ check }: { check: ClusterCheck }) {
  if (check.failed) return <Tag tone="bad" icon="no">{texts.failed}</Tag>;
  const warned = check.stages.some((stage) => stage.state === 'warned' || stage.state === 'failed');
  return warned ? <Tag tone="warn" icon="warn">{texts.warned}</Tag> : <Tag tone="good" icon="ok">{texts.passed}</Tag>;
}
