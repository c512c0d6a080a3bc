// The log of a container: its last lines, and new ones as they are written.
import { useEffect, useRef, useState } from 'react';
import { readText } from '../../api/text';
import { Checkbox, SelectField } from '../../components/Field';
import { Notice, ProblemWords } from '../../components/States';
import { logAddress } from './data';
import { texts } from './texts';

/** So many lines are asked for, and so many are kept while a log is followed. */
const LINES = 200;
const KEPT = 2000;

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

/** The log at an address, as far as it was read. */
function useLog(address: string): Reading {
  const [reading, setReading] = useState(BLANK);
  useEffect(() => {
    const stop = new AbortController();
    setReading(BLANK);
    readText(address, (piece) => setReading((before) => ({ ...before, text: appended(before.text, piece) })), stop.signal)
      .then(() => setReading((before) => ({ ...before, over: true })))
      .catch((error: unknown) => !stop.signal.aborted && setReading((before) => ({ ...before, over: true, error })));
    return () => stop.abort();
  }, [address]);
  return reading;
}

/** The log of a pod. */
export function LogView({ application, environment, pod, containers }: { application: string; environment: string; pod: string; containers: string[] }) {
  const [container, setContainer] = useState(containers[0] ?? '');
  const [follow, setFollow] = useState(true);
  const { text, over, error } = useLog(logAddress(application, environment, { pod, ...(container ? { container } : {}), lines: LINES, follow }));
  const box = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text, follow]);
  return (
    <section className="stack tight" aria-label={texts.logsOf(pod)}>
      <h3>{texts.logs}</h3>
      {containers.length > 1 && <SelectField label={texts.container} name="container" value={container} onText={setContainer} options={containers.map((each) => ({ value: each, label: each }))} />}
      <Checkbox name="follow" checked={follow} onChecked={setFollow}>
        {texts.follow}
      </Checkbox>
      {Boolean(error) && (
        <Notice tone="bad">
          <ProblemWords error={error} />
        </Notice>
      )}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls by the arrow keys */}
      <pre className="block log" ref={box} tabIndex={0} role="log" aria-live="off" aria-label={texts.logsOf(pod)}>
        {text || (over && !error ? texts.logEmpty : '')}
      </pre>
      {over && !error && follow && text && <p className="small muted">{texts.ended}</p>}
    </section>
  );
}
