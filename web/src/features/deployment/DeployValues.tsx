// Values in the deploy panel: changed here, they are previewed at once and saved with the deployment.
import { useMemo, useState } from 'react';
import { Problem } from '../../api/http';
import type { Application, ValueProblem } from '../../api/types';
import { Button } from '../../components/Button';
import { Editor } from '../../components/editor/Editor';
import { RadioField } from '../../components/Field';
import { errorOf } from '../../components/Form';
import { Loading, Notice, ProblemWords } from '../../components/States';
import { Tag } from '../../components/Tag';
import { Time } from '../../components/Time';
import { useChart } from '../application/useChart';
import { likelySecrets } from '../chart/secrets';
import { SecretEntries } from '../secret-values/SecretEntries';
import { StoredNames } from '../secret-values/StoredNames';
import { texts as secretTexts } from '../secret-values/texts';
import { useMay } from '../session/data';
import { Meeting } from '../values/ValuesEditor';
import { texts } from './texts';
import type { Scope, useUnsaved } from './useUnsaved';

const words = texts.values;

interface Props {
  application: Application;
  environment: string;
  /** The version of the chart that would be deployed. */
  version: string | undefined;
  unsaved: ReturnType<typeof useUnsaved>;
  /** What the server refused, of the preview or the deployment. */
  error: unknown;
}

/** So many stored names are in sight at once. */
const FEW = 8;

const LAYERS: Record<Scope, string> = { base: 'base values', override: 'override' };

/** What the server says is wrong in the text of each scope, at lines of that text. */
export function problemsOf(error: unknown): Record<Scope, ValueProblem[]> {
  const told = error instanceof Problem ? (error.body.problems ?? []) : [];
  const within = (scope: Scope) => told.filter((each) => each.line > 0 && (each.layer ?? LAYERS.base) === LAYERS[scope]);
  return { base: within('base'), override: within('override') };
}

interface TextProps extends Pick<Props, 'unsaved' | 'error'> {
  scope: Scope;
  of: string;
  problems: ValueProblem[];
  knowledge: Parameters<typeof Editor>[0]['knowledge'];
}

function Text({ scope, of, problems, knowledge, unsaved, error }: TextProps) {
  const newer = unsaved.newer(scope);
  const wrong = errorOf(error, scope === 'base' ? 'values' : 'override');
  return (
    <>
      {newer && (
        <Notice tone="warn">
          {words.stale(newer.author, newer.number)} <Time at={newer.created_at} />
        </Notice>
      )}
      <Editor label={words.editor(of)} text={unsaved.text(scope)} onText={(text) => text !== unsaved.text(scope) && unsaved.edit(scope, text)} problems={problems} knowledge={knowledge} low />
      {wrong && <span className="error">{wrong}</span>}
    </>
  );
}

/** The name of a text, with how many of its lines are wrong: the other text is not in sight. */
function Choice({ of, wrong }: { of: string; wrong: number }) {
  return (
    <>
      {of}
      {wrong > 0 && (
        <>
          {' '}
          <Tag tone="bad" icon="warn">{words.wrong(wrong)}</Tag>
        </>
      )}
    </>
  );
}

/** The secret values that are set with the deployment, below the names of those that are stored. */
function Secrets({ environment, unsaved, likely }: Pick<Props, 'environment' | 'unsaved'> & { likely: string[] }) {
  const { secrets, setSecrets, stored } = unsaved;
  if (unsaved.storedError && !stored) {
    return (
      <Notice tone="bad">
        {secretTexts.storedUnread} <ProblemWords error={unsaved.storedError} />
      </Notice>
    );
  }
  if (!stored) return <Loading what="the names of the secret values" />;
  const entered = secrets.map((each) => each.path);
  return (
    <>
      <SecretEntries entries={secrets} onEntries={setSecrets} likely={likely} legend={words.secrets} kept={stored} />
      {stored.length > 0 && (
        <details open={stored.length <= FEW}>
          <summary>{secretTexts.storedHere(environment, stored.length)}</summary>
          <StoredNames names={stored} entered={entered} words={{ fresh: secretTexts.freshHere, left: secretTexts.missing }} onReplace={(names) => setSecrets([...secrets, ...names.map((path) => ({ path, value: '' }))])} />
        </details>
      )}
    </>
  );
}

function Body({ application, environment, version, unsaved, error }: Props) {
  const [scope, setScope] = useState<Scope>('base');
  const chart = useChart(application, application.source.kind === 'chart' ? version : undefined).data;
  const knowledge = useMemo(() => chart && { schema: chart.schema, defaults: chart.defaults }, [chart]);
  const likely = useMemo(() => likelySecrets(chart?.defaults ?? ''), [chart]);
  const problems = useMemo(() => problemsOf(error), [error]);
  if (unsaved.error) {
    return (
      <Notice tone="bad">
        <ProblemWords error={unsaved.error} />
      </Notice>
    );
  }
  if (!unsaved.read) return <Loading what="the values" />;
  const of = scope === 'base' ? words.base : environment;
  return (
    <div className="stack">
      <p className="small muted">{words.hint}</p>
      <RadioField
        legend={words.scope}
        name="scope"
        segments
        value={scope}
        onValue={setScope}
        options={[
          { value: 'base', label: <Choice of={words.base} wrong={problems.base.length} /> },
          { value: 'override', label: <Choice of={environment} wrong={problems.override.length} /> },
        ]}
      />
      <div className="field" data-field={scope === 'base' ? 'values' : 'override'}>
        <Text key={scope} scope={scope} of={of} problems={problems[scope]} knowledge={knowledge} unsaved={unsaved} error={error} />
      </div>
      {scope === 'override' && <Meeting merge={unsaved.merge} onMerge={unsaved.setMerge} />}
      <Secrets environment={environment} unsaved={unsaved} likely={likely} />
      {unsaved.changed && (
        <div>
          <Button small onClick={unsaved.discard}>
            {words.discard}
          </Button>
        </div>
      )}
    </div>
  );
}

/** Closed until someone wants to change values, or did and has not deployed them. */
export function DeployValues(props: Props) {
  const manager = useMay('manager', props.application.project);
  const { unsaved } = props;
  if (!manager) return null;
  return (
    <details open={unsaved.open} onToggle={(event) => unsaved.setOpen(event.currentTarget.open)}>
      <summary>
        {words.title} {unsaved.changed && <Tag tone="info">{words.changed}</Tag>}
      </summary>
      {unsaved.open && <Body {...props} />}
    </details>
  );
}
