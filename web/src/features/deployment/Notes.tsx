// What a chart has to say to people, as text.
import { texts } from './texts';

/** What the chart has to say to people. */
export function Notes({ notes }: { notes: string }) {
  return (
    <section className="card" aria-label={texts.notes}>
      <header>
        <h2>{texts.notes}</h2>
      </header>
      <div className="body">
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways by the arrow keys */}
        <pre className="block" tabIndex={0}>{notes}</pre>
      </div>
    </section>
  );
}
