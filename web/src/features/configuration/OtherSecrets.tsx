// Secret values that lie over the values of the chart: names in sight, texts written and never read.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Application, SecretValues } from '../../api/types';
import { announce } from '../../components/Announcer';
import { Button } from '../../components/Button';
import { TextField } from '../../components/Field';
import { Form } from '../../components/Form';
import { Time } from '../../components/Time';
import { useChart } from '../application/useChart';
import { likelySecrets } from '../chart/secrets';
import { saveSecretValues } from '../secret-values/data';
import { areWhole, mappingOf, type Entry } from '../secret-values/entries';
import { SecretEntries } from '../secret-values/SecretEntries';
import { StoredNames } from '../secret-values/StoredNames';
import { texts as secretTexts } from '../secret-values/texts';
import { otherNames } from './objects';
import { texts } from './texts';

interface Props {
  application: Application;
  environment: string;
  secrets: SecretValues | null;
  manager: boolean;
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
  const names = otherNames(secrets?.keys ?? []);
  const set = mappingOf(entries);
  const changed = set !== undefined || removed.length > 0;
  const begin = () => setBegun(begun ?? secrets?.number ?? 0);
  const replace = (list: string[]) => {
    begin();
    setRemoved(removed.filter((each) => !list.includes(each)));
    setEntries([...entries, ...list.map((path) => ({ path, value: '' }))]);
  };
  const mark = (list: string[]) => {
    begin();
    setRemoved(list);
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
        {names.length === 0 ? <p className="muted">{secretTexts.none}</p> : <StoredNames names={names} entered={entries.map((each) => each.path)} removed={removed} {...(manager ? { onReplace: replace, onRemoved: mark } : {})} />}
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
