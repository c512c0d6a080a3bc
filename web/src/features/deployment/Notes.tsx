// What a chart has to say to people, as text.
import type { Deployment } from '../../api/types';
import { endedUncommitted } from './subject';
import { texts } from './texts';

/** What the chart has to say to people; nothing where what it speaks of never came to be. */
export function Notes({ deployment }: { deployment: Deployment }) {
  if (!deployment.notes || endedUncommitted(deployment)) return null;
  return (
    <section className="card" aria-label={texts.notes}>
      <header>
        <h2>{texts.notes}</h2>
      </header>
      <div className="body">
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways by the arrow keys */}
        <pre className="block" tabIndex={0}>{deployment.notes}</pre>
      </div>
    </section>
  );
}
