// What deleting an application would do where it runs: what goes, what stays and why, what holds data, what waits.
import type { Leaving, LeavingPlace, ObjectKey } from '../../api/types';
import { Checkbox, RadioField } from '../../components/Field';
import { Notice } from '../../components/States';
import { Tag } from '../../components/Tag';
import { texts } from './texts';

const words = texts.deletion;
/** More objects than these are folded. */
const FEW = 8;

/** What becomes of what holds data, and whether what other tools call theirs goes as well. */
export interface Choice {
  data: 'keep' | 'delete';
  marked: boolean;
}

const nameOf = ({ kind, namespace, name }: ObjectKey) => `${kind} ${namespace ? `${namespace}/` : ''}${name}`;
const among = (objects: ObjectKey[], object: ObjectKey) => objects.some((each) => nameOf(each) === nameOf(object) && each.group === object.group);

/** What other tools mark as theirs: it waits, and holds no data. */
export const markedIn = ({ waiting, data }: LeavingPlace): ObjectKey[] => waiting?.objects.filter((each) => !among(data, each)) ?? [];

/** Confirms exactly what is shown, for each place where something waits for that: `production:DIGEST`. */
export const confirmedBy = ({ environments }: Leaving): string => environments.flatMap(({ environment, waiting }) => (waiting ? [`${environment}:${waiting.digest}`] : [])).join(',');

function Names({ objects, why }: { objects: ObjectKey[]; why?: (object: ObjectKey) => string | undefined }) {
  const list = (
    <ul className="stack tight objects">
      {objects.map((each) => (
        <li key={`${each.group}/${nameOf(each)}`} className="small">
          <code className="break">{nameOf(each)}</code> <span className="muted">{why?.(each)}</span>
        </li>
      ))}
    </ul>
  );
  if (objects.length <= FEW) return list;
  return (
    <details>
      <summary>{words.all(objects.length)}</summary>
      {list}
    </details>
  );
}

function Part({ title, tone, objects, why }: { title: string; tone: 'bad' | 'good' | 'warn'; objects: ObjectKey[]; why?: (object: ObjectKey) => string | undefined }) {
  if (objects.length === 0) return null;
  return (
    <div className="stack tight">
      <p>
        <Tag tone={tone}>{title}</Tag>
      </p>
      <Names objects={objects} {...(why ? { why } : {})} />
    </div>
  );
}

function Place({ place, choice }: { place: LeavingPlace; choice: Choice }) {
  const { environment, cluster, namespace, away, goes, stays, unseen, data, waiting } = place;
  if (!cluster) return null;
  const marked = markedIn(place);
  // What waits goes only when that is said; until then it is shown apart.
  const held = choice.marked ? [] : marked;
  return (
    <section className="changes" aria-label={environment}>
      <h3>
        {environment} <span className="small muted">{words.in(cluster, namespace)}</span>
      </h3>
      {away ? (
        <Notice tone="warn">
          {away} {words.away}
        </Notice>
      ) : (
        <>
          {goes.length + stays.length + unseen.length === 0 && <p className="small muted">{words.nothing}</p>}
          <Part title={words.goes(goes.length - held.length)} tone="bad" objects={goes.filter((each) => !among(held, each))} why={(each) => (among(data, each) ? words.holdsData : undefined)} />
          <Part title={words.waits(held.length)} tone="warn" objects={held} why={() => waiting?.reasons.join(' ')} />
          <Part title={words.stays(stays.length)} tone="good" objects={stays.map((each) => each.object)} why={(each) => stays.find((one) => one.object === each)?.why} />
          <Part title={words.unseen(unseen.length)} tone="warn" objects={unseen} />
        </>
      )}
    </section>
  );
}

/** The preview, with what is to be chosen. */
export function DeletionPreview({ leaving, choice, onChoice }: { leaving: Leaving; choice: Choice; onChoice: (change: Partial<Choice>) => void }) {
  const marked = leaving.environments.some((each) => markedIn(each).length > 0);
  return (
    <>
      <RadioField
        legend={words.data}
        name="data"
        value={choice.data}
        onValue={(data) => onChoice({ data })}
        options={(['keep', 'delete'] as const).map((value) => ({ value, label: words.dataRules[value], hint: words.dataHints[value] }))}
      />
      {marked && (
        <Checkbox name="marked" checked={choice.marked} onChecked={(value) => onChoice({ marked: value })}>
          {words.marked} <span className="small muted">{words.markedHint}</span>
        </Checkbox>
      )}
      {leaving.environments.map((each) => (
        <Place key={each.environment} place={each} choice={choice} />
      ))}
    </>
  );
}
