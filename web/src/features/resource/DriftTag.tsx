// That what runs in an environment differs from Git.
import type { DriftState } from '../../api/types';
import { Tag } from '../../components/Tag';
import { texts } from './texts';

/** The word; red where it was to be corrected and could not be. */
export function DriftTag({ drift }: { drift: DriftState }) {
  const tone = drift.refused ? 'bad' : 'warn';
  return (
    <Tag tone={tone} icon="warn">
      {texts.drift.drifted}
      <span className="hidden">: {texts.drift.count(drift.objects)}</span>
    </Tag>
  );
}
