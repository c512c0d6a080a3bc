// The health of an object, in a word with its icon.
import type { Health } from '../../api/types';
import type { IconName } from '../../components/Icon';
import { Tag, type Tone } from '../../components/Tag';
import { texts } from './texts';

const LOOKS: Record<Health, { tone: Tone; icon: IconName }> = {
  healthy: { tone: 'good', icon: 'ok' },
  progressing: { tone: 'info', icon: 'turn' },
  degraded: { tone: 'bad', icon: 'no' },
  suspended: { tone: 'plain', icon: 'dash' },
  unknown: { tone: 'warn', icon: 'warn' },
};

export function HealthTag({ health }: { health: Health }) {
  const { tone, icon } = LOOKS[health];
  return <Tag tone={tone} icon={icon}>{texts.states[health]}</Tag>;
}
