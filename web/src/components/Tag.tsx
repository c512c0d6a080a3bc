// A word of status: icon, word and colour together.
import type { ReactNode } from 'react';
import { Icon, type IconName } from './Icon';

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'plain';

/** A short status. */
export function Tag({ tone = 'plain', icon, children }: { tone?: Tone; icon?: IconName; children: ReactNode }) {
  return (
    <span className={tone === 'plain' ? 'tag' : `tag ${tone}`}>
      {icon && <Icon name={icon} tiny spin={icon === 'turn'} />}
      {children}
    </span>
  );
}
