// The log of a container: its last lines, and new ones as they are written. What has not started yet is waited for.
import { useEffect, useRef, useState } from 'react';
import { Problem } from '../../api/http';
import { readText } from '../../api/text';
import { Button } from '../../components/Button';
import { Checkbox, SelectField } from '../../components/Field';
import { Notice, ProblemWords } from '../../components/States';
import { logAddress } from './data';
import { texts } from './texts';

/** So many lines are asked for, and so many are kept while a log is followed. */
const LINES = 200;
const KEPT = 2000;
/** So long after it was found not to have started, a container is asked again. */
const AGAIN = 2000;

/** A text with another piece behind it, cut to what is kept. */
export function appended(text: string, piece: string): string {
  const lines = (text + piece).split('\n');
  return lines.length > KEPT ? lines.slice(-KEPT).join('\n') : lines.join('\n');
}

interface Reading {
  text: string;
  over: boolean;
  error: unknown;
}

const BLANK: Reading = { text: '', over: false, error: null };

const codeOf = (error: unknown) => (error instanceof Problem ? error.code : '');

/** The log at an address, as far as it was read; `again` reads it from the beginning. */
function useLog(address: string): Reading & { again: () => void } {
  const [reading, setReading] = useState(BLANK);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => setReading(BLANK), [address]);
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let begun = false;
    readText(
      address,
      (piece) => {
        // What was read before stands until there is something new.
        const goesOn = begun;
        begun = true;
        setReading((before) => ({ ...BLANK, text: appended(goesOn ? before.text : '', piece) }));
      },
      stop.signal,
    )
      .then(() => setReading((before) => ({ ...before, over: true, error: null })))
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        setReading((before) => ({ ...before, over: true, error }));
        if (codeOf(error) === 'container_not_started') timer = setTimeout(() => setAttempt((count) => count + 1), AGAIN);
      });
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [address, attempt]);
  return { ...reading, again: () => setAttempt((count) => count + 1) };
}

/** Why there is no log: most often it is only not there yet, or not there any more. */
function Without({ error }: { error: unknown }) {
  switch (codeOf(error)) {
    case 'container_not_started':
      return (
        <Notice tone="info">
          <ProblemWords error={error} /> {texts.waitsForLog}
        </Notice>
      );
    case 'no_container_before':
      return (
        <Notice tone="info">
          <ProblemWords error={error} />
        </Notice>
      );
    case 'not_found':
      return <Notice tone="info">{texts.podGone}</Notice>;
    default:
      return (
        <Notice tone="bad">
          <ProblemWords error={error} />
        </Notice>
      );
  }
}

/** The log of a pod. */
export function LogView({ application, environment, pod, containers }: { application: string; environment: string; pod: string; containers: string[] }) {
  const [container, setContainer] = useState(containers[0] ?? '');
  const [following, setFollowing] = useState(true);
  const [previous, setPrevious] = useState(false);
  // What has ended writes nothing any more.
  const follow = following && !previous;
  const { text, over, error, again } = useLog(logAddress(application, environment, { pod, ...(container ? { container } : {}), lines: LINES, follow, previous }));
  const box = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text, follow]);
  return (
    <section className="stack tight" aria-label={texts.logsOf(pod)}>
      <h3>{texts.logs}</h3>
      {containers.length > 1 && <SelectField label={texts.container} name="container" value={container} onText={setContainer} options={containers.map((each) => ({ value: each, label: each }))} />}
      {!previous && (
        <Checkbox name="follow" checked={following} onChecked={setFollowing}>
          {texts.follow}
        </Checkbox>
      )}
      <Checkbox name="previous" checked={previous} onChecked={setPrevious}>
        {texts.previous} <span className="small muted">{texts.previousHint}</span>
      </Checkbox>
      {Boolean(error) && <Without error={error} />}
      {(!error || text) && (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls by the arrow keys
        <pre className="block log" ref={box} tabIndex={0} role="log" aria-live="off" aria-label={texts.logsOf(pod)}>
          {text || (over ? texts.logEmpty : '')}
        </pre>
      )}
      {over && (
        <div className="line small muted">
          {!error && follow && <span>{texts.ended}</span>}
          <Button small onClick={again}>
            {texts.logAgain}
          </Button>
        </div>
      )}
    </section>
  );
}
