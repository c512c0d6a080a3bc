// What differs between Git and the cluster, object by object, with who changed it; and setting it right.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Drift, Environment, ObjectKey } from '../../api/types';
import { announce } from '../../components/Announcer';
import { Button } from '../../components/Button';
import { Ask } from '../../components/Dialog';
import { Asked, Notice, ProblemWords } from '../../components/States';
import { Tag } from '../../components/Tag';
import { Time } from '../../components/Time';
import { correctDrift, driftQuery } from './data';
import { texts } from './texts';
import { addressOf } from './tree';

const words = texts.drift;
/** So many objects are named in a question. */
const FEW = 12;

type Drifted = Drift['objects'][number];

interface Place {
  application: string;
  environment: Environment;
}

function Side({ look, name, text }: { look: 'add' | 'del'; name: string; text: string | null }) {
  return (
    <span className={look}>
      {look === 'add' ? '+' : '-'} <span className="side">{name}: </span>
      {text ?? words.nothing}
    </span>
  );
}

function One({ drift, onCorrect }: { drift: Drifted; onCorrect: (() => void) | undefined }) {
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
      {onCorrect && (
        <div className="drift">
          <Button small onClick={onCorrect}>
            {words.correct}
            <span className="hidden">
              {' '}
              {object.kind} {object.name}
            </span>
          </Button>
        </div>
      )}
    </details>
  );
}

/** Asks once; `objects` are all that differ, or one of them. */
function Correct({ application, environment, objects, onClose }: Place & { objects: ObjectKey[]; onClose: () => void }) {
  const client = useQueryClient();
  const action = useMutation({
    mutationFn: () => correctDrift(application, environment.name, objects),
    onSuccess: (left) => {
      client.setQueryData(driftQuery(application, environment.name).queryKey, left);
      announce(words.corrected(objects.length));
      onClose();
    },
  });
  return (
    <Ask title={words.question(objects.length)} action={words.correct} busy={action.isPending} onYes={() => action.mutate()} onClose={onClose}>
      {action.error && (
        <Notice tone="bad">
          <ProblemWords error={action.error} />
        </Notice>
      )}
      <p>{words.words}</p>
      <ul className="stack tight">
        {objects.slice(0, FEW).map((each) => (
          <li key={addressOf(each)}>
            <code className="break">
              {each.kind} {each.name}
            </code>
          </li>
        ))}
        {objects.length > FEW && <li className="muted">{words.more(objects.length - FEW)}</li>}
      </ul>
    </Ask>
  );
}

function Found({ nothing, count }: { nothing: boolean; count: number }) {
  if (nothing) return <Tag icon="dash">{words.nothingInGit}</Tag>;
  return count > 0 ? <Tag tone="warn" icon="warn">{words.count(count)}</Tag> : <Tag tone="good" icon="ok">{words.none}</Tag>;
}

function Rule({ rule }: { rule: Environment['drift'] }) {
  return <p className="small muted">{words.rules[rule]}</p>;
}

/** The card; `deployer` says whether its reader may set anything right, `refused` why Trueline could not by itself. */
export function DriftCard({ application, environment, deployer, refused }: Place & { deployer: boolean; refused: string | null }) {
  const asked = useQuery(driftQuery(application, environment.name));
  const [asking, setAsking] = useState<ObjectKey[] | null>(null);
  const found = asked.data?.objects;
  const nothing = asked.data?.deployment === null;
  return (
    <section className="card" aria-label={words.title}>
      <header>
        <h2>{words.title}</h2>
        {found && <Found nothing={nothing} count={found.length} />}
        {deployer && found && found.length > 1 && (
          <span className="right">
            <Button small onClick={() => setAsking(found.map((each) => each.object))}>
              {words.correctAll}
            </Button>
          </span>
        )}
      </header>
      <div className="body stack">
        <p className="small muted">{words.lead}</p>
        <Rule rule={environment.drift} />
        {refused && (
          <Notice tone="bad">
            <b>{words.refused}</b> {refused}
          </Notice>
        )}
        <Asked of={asked} what="the drift">
          {({ objects }) => (
            <>
              {objects.map((each) => (
                <One key={addressOf(each.object)} drift={each} onCorrect={deployer ? () => setAsking([each.object]) : undefined} />
              ))}
            </>
          )}
        </Asked>
      </div>
      {asking && <Correct application={application} environment={environment} objects={asking} onClose={() => setAsking(null)} />}
    </section>
  );
}
