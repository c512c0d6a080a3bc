// The fields of a project's limits, for administrators: where its applications may run, what they may write there.
import { Problem } from '../../api/http';
import { Checkbox, TextArea } from '../../components/Field';
import type { LimitsDraft } from './limits';
import { texts } from './texts';

const words = texts.limits;

/** The server names the line: `destinations[0].namespaces`. */
function errorIn(error: unknown, field: string): string | undefined {
  if (!(error instanceof Problem)) return undefined;
  return error.errors.find((each) => each.field === field || each.field.startsWith(`${field}[`))?.message;
}

/** The fields. */
export function LimitsFields({ value, set, error }: { value: LimitsDraft; set: (change: Partial<LimitsDraft>) => void; error: unknown }) {
  return (
    <fieldset className="field">
      <legend className="label">{words.title}</legend>
      <div className="stack tight">
        <Checkbox name="destinations_limited" checked={value.destinationsLimited} onChecked={(destinationsLimited) => set({ destinationsLimited })}>
          {words.destinations}
        </Checkbox>
        {value.destinationsLimited && <TextArea label={words.where} name="destinations" mono value={value.destinations} onText={(destinations) => set({ destinations })} hint={words.whereHint} error={errorIn(error, 'destinations')} />}
        <Checkbox name="cluster_kinds_limited" checked={value.kindsLimited} onChecked={(kindsLimited) => set({ kindsLimited })}>
          {words.kinds}
        </Checkbox>
        {value.kindsLimited && <TextArea label={words.which} name="cluster_kinds" mono value={value.kinds} onText={(kinds) => set({ kinds })} hint={words.whichHint} error={errorIn(error, 'cluster_kinds')} />}
      </div>
      <span className="hint">{words.hint}</span>
    </fieldset>
  );
}
