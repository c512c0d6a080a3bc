// Secret values that lie over the values of the chart: names in sight, texts written and never read.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Application, SecretValues } from '../../api/types';
import { announce } from '../../components/Announcer';
import { Button } from '../../components/Button';
import { TextField } from '../../components/Field';
import { Form } from '../../components/Form';
import { Tag } from '../../components/Tag';
import { Time } from '../../components/Time';
import { useChart } from '../application/useChart';
import { likelySecrets } from '../chart/secrets';
import { saveSecretValues } from '../secret-values/data';
import { areWhole, isOfList, mappingOf, together, type Entry } from '../secret-values/entries';
import { SecretEntries } from '../secret-values/SecretEntries';
import { texts as secretTexts } from '../secret-values/texts';
import { otherNames } from './objects';
import { texts } from './texts';

interface Props {
  application: Application;
  environment: string;
  secrets: SecretValues | null;
  manager: boolean;
}

interface NamesProps {
  names: string[];
  removed: string[];
  onRemoved: (names: string[]) => void;
  onReplace: (names: string[]) => void;
  /** The names that are being entered. */
  entered: string[];
  manager: boolean;
}

function Names({ names, removed, onRemoved, onReplace, entered, manager }: NamesProps) {
  // An entry of a list is set anew with all others of that list, and none of those is removed meanwhile.
  const fresh = new Set(entered.flatMap((name) => together(name, names)));
  // A list is set as a whole: what of it is not entered goes.
  const goes = (name: string) => removed.includes(name) || (fresh.has(name) && !entered.some((each) => each === name || each.startsWith(`${name}.`) || each.startsWith(`${name}[`)));
  if (names.length === 0) return <p className="muted">{secretTexts.none}</p>;
  return (
    <ul className="stack tight">
      {names.map((name) => (
        <li key={name} className="line">
          <code className="break">{name}</code>
          {goes(name) ? <Tag tone="warn" icon="warn">{secretTexts.removed}</Tag> : fresh.has(name) ? <Tag tone="info" icon="turn">{secretTexts.fresh}</Tag> : <Tag icon="ok">{secretTexts.stored}</Tag>}
          {manager && !fresh.has(name) && (
            <span className="right">
              {removed.includes(name) ? (
                <Button small look="quiet" onClick={() => onRemoved(removed.filter((each) => each !== name))}>
                  {secretTexts.keep}
                  <span className="hidden"> {name}</span>
                </Button>
              ) : (
                <>
                  <Button small look="quiet" onClick={() => onReplace(together(name, names))}>
                    {isOfList(name) ? secretTexts.replaceList : secretTexts.replace}
                    <span className="hidden"> {name}</span>
                  </Button>
                  <Button small look="quiet" onClick={() => onRemoved([...removed, name])}>
                    {secretTexts.remove}
                    <span className="hidden"> {name}</span>
                  </Button>
                </>
              )}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The card. */
export function OtherSecrets({ application, environment, secrets, manager }: Props) {
  const client = useQueryClient();
  const defaults = useChart(application).data?.defaults ?? '';
  const [entries, setEntries] = useState<Entry[]>([]);
  const [removed, setRemoved] = useState<string[]>([]);
  const [message, setMessage] = useState('');
  // Places in lists are those of the version in which the change began; of another one they are other entries.
  const [begun, setBegun] = useState<number>();
  const set = mappingOf(entries.filter((entry) => entry.value !== ''));
  const changed = set !== undefined || removed.length > 0;
  const begin = () => setBegun(begun ?? secrets?.number ?? 0);
  const replace = (names: string[]) => {
    begin();
    setRemoved(removed.filter((each) => !names.includes(each)));
    setEntries([...entries, ...names.map((path) => ({ path, value: '' }))]);
  };
  const mark = (names: string[]) => {
    begin();
    setRemoved(names);
  };
  const submit = () => {
    if (!areWhole(entries)) announce(secretTexts.unfinished);
    else if (changed && !save.isPending) save.mutate();
  };
  const save = useMutation({
    mutationFn: () => saveSecretValues(application.name, environment, { ...(set ? { set } : {}), ...(removed.length > 0 ? { remove: removed } : {}), message: message.trim() }, begun ?? secrets?.number ?? 0),
    onError: async () => {
      setBegun(undefined);
      setRemoved([]);
      await client.invalidateQueries({ queryKey: ['application', application.name, 'values'] });
    },
    onSuccess: async () => {
      announce(secretTexts.saved);
      setEntries([]);
      setRemoved([]);
      setBegun(undefined);
      setMessage('');
      await client.invalidateQueries({ queryKey: ['application', application.name, 'values'] });
    },
  });
  return (
    <section className="card" aria-label={texts.other}>
      <header>
        <h2>{texts.other}</h2>
        {secrets && (
          <span className="right small muted">
            {texts.when(secrets.author)} <Time at={secrets.created_at} />
          </span>
        )}
      </header>
      <Form className="body stack" onSubmit={submit} error={save.error} aria-label={texts.other}>
        <p className="small muted">{texts.otherHint}</p>
        <Names names={otherNames(secrets?.keys ?? [])} removed={removed} onRemoved={mark} onReplace={replace} entered={entries.map((each) => each.path)} manager={manager} />
        {manager ? (
          <>
            <SecretEntries entries={entries} onEntries={setEntries} likely={likelySecrets(defaults)} legend={secretTexts.set} />
            {(changed || entries.length > 0) && (
              <>
                <TextField label={secretTexts.message} name="message" value={message} onText={setMessage} hint={texts.messageHint} spellCheck />
                <div className="line">
                  <Button type="submit" look="primary" busy={save.isPending}>
                    {secretTexts.save}
                  </Button>
                </div>
              </>
            )}
          </>
        ) : (
          <p className="small muted">{secretTexts.readOnly}</p>
        )}
      </Form>
    </section>
  );
}
