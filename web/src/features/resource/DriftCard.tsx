// What differs between Git and the cluster, object by object, with who changed it.
import { useQuery } from '@tanstack/react-query';
import type { Drift } from '../../api/types';
import { Asked } from '../../components/States';
import { Tag } from '../../components/Tag';
import { Time } from '../../components/Time';
import { driftQuery } from './data';
import { texts } from './texts';
import { addressOf } from './tree';

const words = texts.drift;

function Side({ look, name, text }: { look: 'add' | 'del'; name: string; text: string | null }) {
  return (
    <span className={look}>
      {look === 'add' ? '+' : '-'} <span className="hidden">{name}: </span>
      {text ?? words.nothing}
    </span>
  );
}

function One({ drift }: { drift: Drift['objects'][number] }) {
  const { object, missing, differences } = drift;
  return (
    <details className="diff" open>
      <summary>
        <span className="break">
          {object.kind} {object.name}
        </span>
        {missing && <span className="right small">{words.missing}</span>}
      </summary>
      {differences.map((each) => (
        <div key={each.path} className="stack tight drift">
          <p className="small">
            <code className="break">{each.path}</code>{' '}
            {each.who && (
              <span className="muted">
                {words.by(each.who.manager)} {each.who.at && <Time at={each.who.at} />}
              </span>
            )}
          </p>
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways by the arrow keys */}
          <pre tabIndex={0} aria-label={`Difference of ${each.path}`}>
            <div>
              <Side look="del" name={words.git} text={each.git} />
              <Side look="add" name={words.cluster} text={each.cluster} />
            </div>
          </pre>
        </div>
      ))}
    </details>
  );
}

/** The card. */
export function DriftCard({ application, environment }: { application: string; environment: string }) {
  const asked = useQuery(driftQuery(application, environment));
  return (
    <section className="card" aria-label={words.title}>
      <header>
        <h2>{words.title}</h2>
        {asked.data && (asked.data.objects.length > 0 ? <Tag tone="warn" icon="warn">{words.count(asked.data.objects.length)}</Tag> : <Tag tone="good" icon="ok">{words.none}</Tag>)}
      </header>
      <div className="body stack">
        <p className="small muted">{words.lead}</p>
        <Asked of={asked} what="the drift">
          {({ objects }) => <>{objects.map((each) => <One key={addressOf(each.object)} drift={each} />)}</>}
        </Asked>
      </div>
    </section>
  );
}
