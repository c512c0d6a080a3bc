// What a deployment would change: own values against new defaults, effective values, manifests, and what
// belongs to them.
import type { ChartPin, Generated, OwnChange, OwnValue, Preview, SecretDiff } from '../../api/types';
import { Diff, Diffs } from '../../components/Diff';
import { Notice } from '../../components/States';
import { Tag, type Tone } from '../../components/Tag';
import './deployment.css';
import { texts } from './texts';

const words = texts.differences;
const ORDER: OwnChange[] = ['gone', 'overridden', 'changed', 'new'];
const TONES: Record<OwnChange, Tone> = { gone: 'bad', overridden: 'warn', changed: 'info', new: 'good' };
/** So many values of a kind are shown at once. */
const FEW = 12;

const word = (pin: ChartPin) => `${pin.name} ${pin.version}`;

const shown = (value: unknown) => (value === undefined || value === null ? '–' : typeof value === 'string' ? value || '""' : JSON.stringify(value));

function Own({ value }: { value: OwnValue }) {
  return (
    <li>
      <code>{value.path}</code>
      <span className="small break">
        {value.change === 'new' ? shown(value.after) : value.change === 'gone' ? shown(value.before) : `${shown(value.before)} → ${shown(value.after)}`}
        {value.secret && <span className="muted"> · {words.yourSecret}</span>}
        {!value.secret && value.own !== undefined && value.own !== null && <span className="muted"> · {words.yours(shown(value.own))}</span>}
      </span>
    </li>
  );
}

function Owns({ values }: { values: OwnValue[] }) {
  return (
    <ul className="own">
      {values.map((each) => (
        <Own key={each.path} value={each} />
      ))}
    </ul>
  );
}

function Kind({ change, values }: { change: OwnChange; values: OwnValue[] }) {
  if (values.length === 0) return null;
  return (
    <div className="stack tight">
      <p className="line">
        <Tag tone={TONES[change]}>{words.kinds[change](values.length)}</Tag>
        <span className="small muted">{words.kindHints[change]}</span>
      </p>
      <Owns values={values.slice(0, FEW)} />
      {values.length > FEW && (
        <details>
          <summary>{words.more(values.length - FEW)}</summary>
          <Owns values={values.slice(FEW)} />
        </details>
      )}
    </div>
  );
}

/** Own values against the defaults of another version. */
export function OwnValues({ values, unread, chart }: { values: OwnValue[]; unread: string | null; chart: Preview['chart'] }) {
  if (!chart?.from || (chart.from.version === chart.to.version && chart.from.name === chart.to.name)) return null;
  return (
    <section className="changes" aria-label={words.own}>
      <h3>
        {words.own}: {word(chart.from)} → {word(chart.to)}
      </h3>
      {unread !== null && (
        <Notice tone="warn">
          {words.ownUnread} <span className="break">{unread}</span>
        </Notice>
      )}
      {unread === null && values.length === 0 && <p className="small muted">{words.ownNothing}</p>}
      {ORDER.map((change) => <Kind key={change} change={change} values={values.filter((each) => each.change === change)} />)}
    </section>
  );
}

/** Secrets by name: never a value. */
export function SecretDiffs({ secrets }: { secrets: SecretDiff[] }) {
  const changed = secrets.filter((each) => each.entries.some((entry) => entry.change !== 'same'));
  if (changed.length === 0) return null;
  return (
    <section className="changes" aria-label={words.secrets}>
      <h3>{words.secrets}</h3>
      <ul className="own">
        {changed.map((each) => (
          <li key={each.object}>
            <code>{each.object}</code>
            <span className="small break">
              {each.entries
                .filter((entry) => entry.change !== 'same')
                .map((entry) => `${entry.name} ${words.entries[entry.change]}`)
                .join(', ')}
            </span>
          </li>
        ))}
      </ul>
      <p className="small muted">{words.secretsHint}</p>
    </section>
  );
}

function GeneratedValues({ generated }: { generated: Generated[] }) {
  if (generated.length === 0) return null;
  return (
    <section className="changes" aria-label={words.generated}>
      <h3>{words.generated}</h3>
      <ul className="own">
        {generated.map((each) => (
          <li key={each.object + each.path}>
            <code>
              {each.object} {each.path}
            </code>
            <span>{each.kept ? <Tag icon="ok">{words.kept}</Tag> : <Tag tone="info" icon="plus">{words.made}</Tag>}</span>
          </li>
        ))}
      </ul>
      <p className="small muted">{words.generatedHint}</p>
    </section>
  );
}

function Crds({ crds }: { crds: Preview['crds'] }) {
  if (!crds || crds.names.length === 0) return null;
  return (
    <section className="changes" aria-label={words.crds}>
      <h3>{words.crds}</h3>
      <p className="small">
        {words.crdRules[crds.rule]} <span className="muted">{words.crdsHint}</span>
      </p>
      <ul className="stack tight">
        {crds.names.map((each) => (
          <li key={each}>
            <code className="break">{each}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The differences of a preview. */
export function PreviewView({ preview, open }: { preview: Preview; open?: number }) {
  const nothing = preview.changed === 0 && !preview.values && preview.manifests.length === 0;
  return (
    <section className="stack" aria-label={texts.preview}>
      <div className="line">
        <h2>{texts.preview}</h2>
        <span className="muted small">
          {texts.objects(preview.changed, preview.objects)}, {preview.compared_with === null ? texts.first : texts.comparedWith(preview.compared_with)}
        </span>
      </div>
      {preview.kinds.length > 0 && (
        <p className="small muted">
          {words.inAll}: {preview.kinds.map((each) => words.kind(each.count, each.kind)).join(', ')}
        </p>
      )}
      {nothing && <Notice tone="info">{texts.nothing}</Notice>}
      {preview.merge && preview.merge.to !== (preview.merge.from ?? 'merge') && <Notice tone="warn">{texts.values.mergeNow[preview.merge.to]}</Notice>}
      <OwnValues values={preview.own_values} unread={preview.own_values_unread} chart={preview.chart} />
      {preview.values && (
        <div className="stack tight">
          <h3>{words.effective}</h3>
          <Diff file={preview.values} />
        </div>
      )}
      <Crds crds={preview.crds} />
      <GeneratedValues generated={preview.generated} />
      <SecretDiffs secrets={preview.secrets} />
      {preview.manifests.length > 0 && (
        <div className="stack tight">
          <h3>{words.manifests}</h3>
          <Diffs files={preview.manifests} {...(open === undefined ? {} : { open })} />
        </div>
      )}
      {preview.notes && (
        <details>
          <summary>{texts.notes}</summary>
          <pre className="block">{preview.notes}</pre>
        </details>
      )}
    </section>
  );
}
