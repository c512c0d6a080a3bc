// Stages of a check or a deployment: what passed, what goes on, what failed and why.
import type { ReactNode } from 'react';
import type { StageState } from '../api/types';
import { Icon, type IconName } from './Icon';

export interface Stage {
  key: string;
  title: ReactNode;
  state: StageState;
  /** At the end of the line: the time it took, or why it was not tried. */
  aside?: ReactNode;
  /** Cause and what to do. */
  why?: ReactNode;
}

const LOOKS: Record<StageState, { look: string; icon: IconName; word: string }> = {
  waiting: { look: 'wait', icon: 'dash', word: 'Waiting' },
  running: { look: 'busy', icon: 'turn', word: 'Running' },
  passed: { look: 'good', icon: 'ok', word: 'Passed' },
  warned: { look: 'warn', icon: 'warn', word: 'Warning' },
  failed: { look: 'bad', icon: 'no', word: 'Failed' },
  skipped: { look: 'wait', icon: 'dash', word: 'Skipped' },
};

/** A list of stages; it is a live region of its own when `live` is set. */
export function Stages({ stages, label, live }: { stages: Stage[]; label: string; live?: boolean }) {
  return (
    <ol aria-label={label} aria-live={live ? 'polite' : undefined}>
      {stages.map((stage) => {
        const { look, icon, word } = LOOKS[stage.state];
        return (
          <li key={stage.key} className={`stage ${look}`} data-state={stage.state}>
            <Icon name={icon} spin={stage.state === 'running'} />
            <span>
              <span className="hidden">{word}: </span>
              {stage.title}
            </span>
            <span className="muted small nowrap">{stage.aside}</span>
            {stage.why && <div className="why">{stage.why}</div>}
          </li>
        );
      })}
    </ol>
  );
}
