// The editor of one set of values.
import { useMemo } from 'react';
import type { Merge, Values } from '../../api/types';
import { Button } from '../../components/Button';
import { Editor } from '../../components/editor/Editor';
import { Faster } from '../../components/Faster';
import { RadioField, TextField } from '../../components/Field';
import { Form, Summary } from '../../components/Form';
import { Notice } from '../../components/States';
import { Time } from '../../components/Time';
import type { ChartOf } from '../application/useChart';
import { texts } from './texts';
import { useValues } from './useValues';

interface Props {
  name: string;
  environment: string | undefined;
  values: Values | null;
  readOnly: boolean;
  /** The chart that the values are for, as far as it is known. */
  chart: ChartOf | undefined;
}

/** While nothing is written yet, the defaults of the chart can be the start. */
function FromDefaults({ defaults, onText }: { defaults: string; onText: (yaml: string) => void }) {
  return (
    <div className="line small">
      <Button small onClick={() => onText(defaults)}>
        {texts.fromDefaults}
      </Button>
      <span className="muted">{texts.fromDefaultsHint}</span>
    </div>
  );
}

function Problems({ state }: { state: ReturnType<typeof useValues> }) {
  const { problems, theirs } = state;
  return (
    <>
      {problems.length > 0 && (
        <Notice tone="bad">
          {texts.problems(problems.length)}
          <ul>
            {problems.map((problem) => (
              <li key={`${problem.line} ${problem.path} ${problem.message}`}>
                {texts.goTo(problem.line)}
                {problem.path && (
                  <>
                    , <code>{problem.path}</code>
                  </>
                )}
                : {problem.message}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {theirs && <Faster words={texts.conflict(theirs.author, theirs.number)} at={theirs.created_at} load={texts.loadTheirs} save={texts.saveMine} onLoad={state.discard} onSave={state.saveMine} />}
      {state.error && <Summary error={state.error} />}
      {state.saved && <Notice tone="good">{state.saved}</Notice>}
    </>
  );
}

function Version({ values }: { values: Values | null }) {
  if (!values) return <>{texts.none}</>;
  return (
    <>
      {texts.version(values.number)} · {values.author} · <Time at={values.created_at} />
      {values.origin === 'git' && ` · ${texts.fromGit}`}
    </>
  );
}

/** How the values of an environment meet those of all environments. */
export function Meeting({ merge, readOnly = false, onMerge }: { merge: Merge; readOnly?: boolean; onMerge: (merge: Merge) => void }) {
  if (readOnly) return merge === 'replace' ? <p className="small muted">{texts.merges.replace}. {texts.replaceHint}</p> : null;
  return (
    <RadioField
      legend={texts.merge}
      name="merge"
      value={merge}
      onValue={onMerge}
      options={[
        { value: 'merge', label: texts.merges.merge },
        { value: 'replace', label: texts.merges.replace, hint: texts.replaceHint },
      ]}
    />
  );
}

/** Text, message, save; problems stand at their lines and above. */
export function ValuesEditor({ name, environment, values, readOnly, chart }: Props) {
  const state = useValues(name, environment, values);
  const { draft, edit } = state;
  const of = environment ?? texts.base;
  const knowledge = useMemo(() => chart && { schema: chart.schema, defaults: chart.defaults }, [chart]);
  return (
    <Form className="stack" onSubmit={state.save} aria-label={texts.editor(of)}>
      <p className="small muted">
        {environment ? texts.overrideHint(environment) : texts.baseHint} · <Version values={values} />
      </p>
      <Problems state={state} />
      {!readOnly && !environment && !values && draft.value.yaml === '' && chart?.defaults && <FromDefaults defaults={chart.defaults} onText={(yaml) => edit({ yaml })} />}
      <Editor label={texts.editor(of)} text={draft.value.yaml} problems={state.problems} readOnly={readOnly} onText={(yaml) => yaml !== draft.value.yaml && edit({ yaml })} onSave={state.save} knowledge={knowledge} />
      {environment && <Meeting merge={draft.value.merge} readOnly={readOnly} onMerge={(merge) => edit({ merge })} />}
      {readOnly ? (
        <p className="small muted">{texts.readOnly}</p>
      ) : (
        <>
          <TextField label={texts.message} name="message" value={draft.value.message} onText={(message) => edit({ message })} hint={texts.messageHint} spellCheck />
          <div className="line">
            <Button type="submit" look="primary" busy={state.busy}>
              {texts.save}
            </Button>
            {draft.changed && (
              <Button look="quiet" onClick={state.discard}>
                {texts.discard}
              </Button>
            )}
            <span className="small muted">{draft.changed ? texts.unsaved : texts.leave}</span>
          </div>
        </>
      )}
    </Form>
  );
}
