// Sealing anew what lies in Git: after a rotation, or when an environment has other recipients.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Reseal } from '../../api/types';
import { announce } from '../../components/Announcer';
import { Button } from '../../components/Button';
import { Asked, Notice, ProblemWords } from '../../components/States';
import { Tag } from '../../components/Tag';
import { Time } from '../../components/Time';
import { reseal, resealQuery } from './data';
import { texts } from './texts';

const words = texts.reseal;

function State({ progress }: { progress: Reseal }) {
  const { total, done, failed, ended, requested_at: at, requested_by: by } = progress;
  if (!at) return <p className="muted">{words.never}</p>;
  if (total === 0) return <p className="muted">{words.nothing}</p>;
  return (
    <div className="stack tight" role="status">
      <p className="line">
        {!ended ? <Tag tone="info" icon="turn">{words.going}</Tag> : failed.length > 0 ? <Tag tone="bad" icon="no">{words.failedCount(failed.length)}</Tag> : <Tag tone="good" icon="ok">{words.done}</Tag>}
        <span>{words.counted(done, total)}</span>
        <span className="small muted">
          {words.asked(by ?? '')} <Time at={at} />
        </span>
      </p>
      {!ended && <progress max={total} value={done} aria-label={words.title} />}
      {failed.length > 0 && (
        <ul className="stack tight">
          {failed.map((each) => (
            <li key={`${each.application} ${each.environment}`}>
              <Link to="/applications/$name" params={{ name: each.application }} className="strong">
                {each.application}
              </Link>{' '}
              <span className="muted">{each.environment}</span>: <span className="break">{each.reason}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The card. */
export function ResealCard() {
  const client = useQueryClient();
  const asked = useQuery(resealQuery);
  const start = useMutation({
    mutationFn: reseal,
    onSuccess: (progress) => {
      client.setQueryData(resealQuery.queryKey, progress);
      announce(words.started);
    },
  });
  const going = Boolean(asked.data?.requested_at && !asked.data.ended);
  return (
    <section className="card narrow" aria-label={words.title}>
      <header>
        <h2>{words.title}</h2>
      </header>
      <div className="body stack">
        <p className="small muted">{words.lead}</p>
        <Asked of={asked} what="the progress">
          {(progress) => <State progress={progress} />}
        </Asked>
        {start.error && (
          <Notice tone="bad">
            <ProblemWords error={start.error} />
          </Notice>
        )}
      </div>
      <footer>
        <Button busy={start.isPending || going} onClick={() => !going && start.mutate()}>
          {words.action}
        </Button>
      </footer>
    </section>
  );
}
