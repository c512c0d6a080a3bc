// One ConfigMap or Secret: its name, how pods get it, its entries. Texts of a Secret are masked, sent apart,
// and kept in no draft.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useDialogDraft } from '../../api/drafts';
import type { Values } from '../../api/types';
import { announce } from '../../components/Announcer';
import { Button } from '../../components/Button';
import { RadioField, TextField } from '../../components/Field';
import { FormDialog } from '../../components/FormDialog';
import { Notice } from '../../components/States';
import { saveSecretValues, type SecretChange } from '../secret-values/data';
import { joined, mappingOf } from '../secret-values/entries';
import { saveValues } from '../values/data';
import { objectsOf, pathOf, problemsOf, withObject, type ConfigObject, type Kind, type Way } from './objects';
import '../secret-values/secret-values.css';
import { texts } from './texts';

export interface Place {
  name: string;
  environment: string | undefined;
  values: Values | null;
  /** The version of the secret values, 0 when there is none. */
  secretsNumber: number;
  /** Keys of secrets that are stored, by the Secret's name. */
  stored: (secret: string) => string[];
}

interface Props extends Place {
  kind: Kind;
  object: ConfigObject | null;
  onClose: () => void;
}

const WAYS: Way[] = ['environment', 'files'];
const BLANK: ConfigObject = { name: '', as: 'environment', mountPath: '', data: [] };

/** What has to be told to the secret values so that a Secret has these entries; empty texts keep what is `stored` of it. */
export function secretChange(stored: string[], object: ConfigObject): SecretChange | null {
  const typed = object.data.filter(([, text]) => text !== '');
  const kept = new Set(object.data.map(([key]) => key));
  const gone = stored.filter((key) => !kept.has(key));
  const set = mappingOf(typed.map(([key, value]) => ({ path: joined(pathOf(object.name, key)), value })));
  const remove = gone.map((key) => joined(pathOf(object.name, key)));
  return set || remove.length > 0 ? { ...(set ? { set } : {}), ...(remove.length > 0 ? { remove } : {}) } : null;
}

function Entries({ kind, data, stored, onData, error }: { kind: Kind; data: ConfigObject['data']; stored: string[]; onData: (data: ConfigObject['data']) => void; error: string | undefined }) {
  const put = (at: number, change: [string, string]) => onData(data.map((each, index) => (index === at ? change : each)));
  return (
    <fieldset className="stack tight">
      <legend className="label strong">{kind === 'secrets' ? texts.secretEntries : texts.entries}</legend>
      {data.map(([key, value], at) => (
        // eslint-disable-next-line react/no-array-index-key -- the rows have no other identity while they are edited
        <div className="entry" key={at}>
          <input className="input mono" aria-label={texts.key(at + 1)} placeholder="KEY" autoCapitalize="none" autoComplete="off" spellCheck={false} value={key} onChange={(event) => put(at, [event.target.value, value])} />
          {kind === 'secrets' ? (
            <input className="input mono" type="password" autoComplete="new-password" aria-label={texts.value(key, at + 1)} placeholder={stored.includes(key) ? texts.stays : ''} value={value} onChange={(event) => put(at, [key, event.target.value])} />
          ) : (
            <textarea className="input mono" rows={value.includes('\n') ? 4 : 1} aria-label={texts.value(key, at + 1)} spellCheck={false} value={value} onChange={(event) => put(at, [key, event.target.value])} />
          )}
          <Button small look="quiet" onClick={() => onData(data.filter((_, index) => index !== at))}>
            {texts.leave}
            <span className="hidden"> {key}</span>
          </Button>
        </div>
      ))}
      {error && <span className="error">{error}</span>}
      <div>
        <Button small onClick={() => onData([...data, ['', '']])}>
          {texts.addEntry}
        </Button>
      </div>
    </fieldset>
  );
}

/** Saves an object: into the values, and for a Secret its texts into the secret values. */
function useSaveObject({ name, environment, values, secretsNumber, kind, object: before, begun, onClose }: Props & { begun: string[] }) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ object, message }: { object: ConfigObject; message: string }) => {
      const yaml = withObject(values?.yaml ?? '', kind, before?.name ?? object.name, object);
      const change = kind === 'secrets' && environment ? secretChange(begun, object) : null;
      const sealed = change && environment ? { environment, ...change, number: secretsNumber } : null;
      // Both or nothing: a Secret without its texts would be deployed empty.
      if (yaml !== (values?.yaml ?? '')) await saveValues(name, environment, { yaml, message, ...(sealed ? { secret_values: [sealed] } : {}) }, values?.number ?? 0);
      else if (change && environment) await saveSecretValues(name, environment, { ...change, message }, secretsNumber);
      return object.name;
    },
    onSuccess: async (saved) => {
      announce(texts.saved(saved));
      onClose();
      await client.invalidateQueries({ queryKey: ['application', name, 'values'] });
    },
    onError: () => void client.invalidateQueries({ queryKey: ['application', name, 'values'] }),
  });
}

/** The dialog. */
export function ObjectDialog(props: Props) {
  const { name, environment, values, kind, object: before, stored, onClose } = props;
  // What somebody else adds meanwhile is not missing here: only what was there at the beginning can have been removed.
  const [keys] = useState(() => (before ? stored(before.name) : []));
  const [initial] = useState<ConfigObject>(() => ({ ...(before ?? BLANK), data: kind === 'secrets' ? keys.map((key) => [key, '']) : (before?.data ?? [['', '']]) }));
  // A Secret's entries are never kept in a draft.
  const draft = useDialogDraft<ConfigObject & { message: string }>(`configuration.${name}.${environment ?? ''}.${kind}.${before?.name ?? ''}`, { ...initial, message: '' }, kind === 'secrets' ? ['data'] : []);
  const { value, set } = draft;
  const [tried, setTried] = useState(false);
  const saving = useSaveObject({
    ...props,
    begun: keys,
    onClose: () => {
      draft.discard();
      onClose();
    },
  });
  // What is sealed belongs to the name: a Secret keeps it.
  const named = kind === 'secrets' ? before?.name : undefined;
  const others = (objectsOf(values?.yaml ?? '', kind) ?? []).map((each) => each.name).filter((each) => each !== before?.name);
  const object: ConfigObject = { name: named ?? value.name.trim(), as: value.as, mountPath: value.mountPath.trim(), data: value.data.filter(([key, text]) => key.trim() !== '' || text !== '').map(([key, text]) => [key.trim(), text]) };
  const wrong = problemsOf(object, others);
  const shown = tried ? wrong : {};
  const submit = () => (Object.keys(wrong).length > 0 ? setTried(true) : saving.mutate({ object, message: value.message.trim() }));
  return (
    <FormDialog title={before?.name ?? texts.add[kind]} action={texts.save} saving={saving} draft={draft} onSubmit={submit} onClose={onClose}>
      <TextField label={texts.name} name="name" required value={named ?? value.name} readOnly={named !== undefined} onText={(next) => set({ name: next })} hint={named === undefined ? texts.nameHint : texts.nameKept} error={shown.name} autoCapitalize="none" data-autofocus={named === undefined ? true : undefined} />
      <RadioField legend={texts.as} name="as" segments value={value.as} options={WAYS.map((way) => ({ value: way, label: texts.ways[way] }))} onValue={(as) => set({ as })} />
      {value.as === 'files' && <TextField label={texts.mountPath} name="mountPath" required mono value={value.mountPath} onText={(mountPath) => set({ mountPath })} hint={texts.mountPathHint} error={shown.mountPath} />}
      {kind === 'secrets' && !environment ? <Notice tone="info">{texts.secretsBase}</Notice> : <Entries kind={kind} data={value.data} stored={keys} onData={(data) => set({ data })} error={shown.data} />}
      <TextField label={texts.message} name="message" value={value.message} onText={(message) => set({ message })} hint={texts.messageHint} spellCheck />
    </FormDialog>
  );
}
