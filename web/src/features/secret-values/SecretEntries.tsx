// Fields for secret values: names in plain sight, texts masked. What is typed here is never kept.
import { useId } from 'react';
import { Button } from '../../components/Button';
import { Checkbox } from '../../components/Field';
import { problemsOf, type Entry } from './entries';
import './secret-values.css';
import { texts } from './texts';

interface Props {
  entries: Entry[];
  onEntries: (entries: Entry[]) => void;
  /** Names that probably hold secrets, offered while a name is typed. */
  likely?: string[];
  legend?: string;
  hint?: string;
  /** Names that are stored, of whose lists no entry may be left out. */
  kept?: string[];
}

/** Rows of a name and a masked text. */
export function SecretEntries({ entries, onEntries, likely = [], legend = texts.title, hint = texts.hint, kept }: Props) {
  const put = (at: number, change: Partial<Entry>) => onEntries(entries.map((each, index) => (index === at ? { ...each, ...change } : each)));
  const problems = problemsOf(entries, kept);
  const id = useId();
  return (
    <fieldset className="stack tight" data-field="secret_values">
      <legend className="label strong">{legend}</legend>
      <p className="small muted">{hint}</p>
      {likely.length > 0 && (
        <datalist id="secret-names">
          {likely.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      )}
      {entries.map((entry, at) => (
        // eslint-disable-next-line react/no-array-index-key -- the rows have no other identity while they are edited
        <div className="entry" key={at}>
          <input className="input mono" aria-label={texts.name(at + 1)} aria-invalid={problems[at] ? true : undefined} aria-describedby={problems[at] ? `${id}-${at}` : undefined} placeholder={texts.example} list={likely.length > 0 ? 'secret-names' : undefined} autoComplete="off" autoCapitalize="none" spellCheck={false} value={entry.path} onChange={(event) => put(at, { path: event.target.value })} />
          <input className="input mono" aria-label={entry.path ? texts.valueOf(entry.path) : texts.value(at + 1)} type="password" autoComplete="new-password" value={entry.value} onChange={(event) => put(at, { value: event.target.value, empty: false })} />
          <Button small look="quiet" onClick={() => onEntries(entries.filter((_, index) => index !== at))}>
            {texts.leave}
            <span className="hidden"> {entry.path || texts.name(at + 1)}</span>
          </Button>
          {entry.path.trim() !== '' && entry.value === '' && (
            <div className="whole">
              <Checkbox name={`${id}-${at}-empty`} checked={entry.empty ?? false} onChecked={(empty) => put(at, { empty })}>
                {texts.empty} <span className="hidden">{entry.path}</span> <span className="small muted">{texts.emptyHint}</span>
              </Checkbox>
            </div>
          )}
          {problems[at] && (
            <span className="error" id={`${id}-${at}`}>
              {texts.problems[problems[at]]}
            </span>
          )}
        </div>
      ))}
      <div>
        <Button small onClick={() => onEntries([...entries, { path: '', value: '' }])}>
          {texts.add}
        </Button>
      </div>
    </fieldset>
  );
}
