// The fields that a provider asks for, drawn from its description.
import type { ReactNode } from 'react';
import type { Check, GitopsConfig, Provider, ProviderCredential, Scope } from '../../api/types';
import { Outside } from '../../components/Button';
import { RadioField, TextField } from '../../components/Field';
import { errorOf, suggestionOf } from '../../components/Form';
import { Notice } from '../../components/States';
import { addressChanged, credentialOf, misfit, secretNeeded, type AccountDraft } from './form';
import { texts } from './texts';

export interface FieldsProps {
  provider: Provider;
  providers: Provider[];
  config: GitopsConfig | null;
  draft: AccountDraft;
  edit: (change: Partial<AccountDraft>) => void;
  error: unknown;
  /** The newest report: it tells what an empty field means. */
  check: Check | null;
}

/** More kinds of credentials than this stand below each other. */
const BESIDE = 3;

/** The server's sentence about a field, with a button that takes what it offers; gone once that is entered. */
function wrong(error: unknown, field: string, value: string, put: (text: string) => void): ReactNode {
  const message = errorOf(error, field);
  const suggestion = suggestionOf(error, field);
  if (!message || value === suggestion) return undefined;
  return (
    <>
      {message}
      {suggestion !== null && (
        <>
          {' '}
          <button type="button" className="textlink" onClick={() => put(suggestion)}>
            {texts.use(suggestion)}
          </button>
        </>
      )}
    </>
  );
}

function Host({ provider, draft, edit, error }: FieldsProps) {
  const { label, switch: other, fixed, hint } = provider.host;
  const closed = fixed && !draft.otherHost;
  const turn = () => edit(draft.otherHost ? { otherHost: false, host: provider.host.default } : { otherHost: true, host: '' });
  const put = (host: string) => edit({ host });
  return (
    <TextField
      label={label}
      name="host"
      required={!closed}
      readOnly={closed}
      value={draft.host}
      placeholder="https://"
      inputMode="url"
      onText={put}
      hint={closed ? undefined : hint}
      error={wrong(error, 'host', draft.host, put)}
      aside={
        fixed && other ? (
          <button type="button" className="textlink" onClick={turn}>
            {draft.otherHost ? texts.switchBack(provider.host.default) : other}
          </button>
        ) : undefined
      }
    />
  );
}

function TextOf({ name, ...props }: FieldsProps & { name: string }) {
  const { provider, draft, edit, error, check } = props;
  const field = provider.fields.find((each) => each.name === name);
  if (!field) return null;
  const value = draft.fields[name] ?? '';
  const put = (text: string) => edit({ fields: { ...draft.fields, [name]: text } });
  const used = name === 'project_key' && value === '' ? check?.facts.project : null;
  return (
    <TextField
      label={field.label}
      name={name}
      required={field.required}
      value={value}
      onText={put}
      autoCapitalize="none"
      hint={used ? texts.oldestProject(used) : field.hint}
      error={wrong(error, name, value, put)}
      aside={field.docs_url ? <Outside href={field.docs_url}>{texts.learnMore}</Outside> : undefined}
    />
  );
}

function Secret({ provider, config, draft, edit, error, credential }: FieldsProps & { credential: ProviderCredential }) {
  const needed = secretNeeded(provider, draft, config);
  const again = needed && config?.has_secret && addressChanged(draft, config);
  const address = (draft.host || provider.host.default).replace(/\/+$/, '');
  return (
    <TextField
      label={credential.secret_label}
      name="secret"
      type="password"
      required={needed}
      value={draft.secret}
      autoComplete="new-password"
      onText={(secret) => edit({ secret })}
      placeholder={needed ? '' : `•••••••••• ${texts.stored}`}
      hint={again ? texts.secretAgain : needed ? credential.hint : texts.storedHint}
      error={errorOf(error, 'secret')}
      aside={credential.create_url ? <Outside href={credential.create_url.replace('{host}', address)}>{texts.createToken}</Outside> : undefined}
    />
  );
}

/** Says so when the secret begins as another kind does. */
function Misfit({ provider, providers, draft, edit }: FieldsProps) {
  const found = misfit(providers, provider, draft);
  const { kind } = found ?? {};
  if (!found) return null;
  return (
    <Notice tone="warn">
      {texts.looksLike(found.looks)}{' '}
      {kind && (
        <button type="button" className="textlink" onClick={() => edit({ credential: kind })}>
          {texts.use(found.looks)}
        </button>
      )}
    </Notice>
  );
}

function Scopes({ scopes }: { scopes: Scope[] }) {
  if (scopes.length === 0) return null;
  return (
    <dl className="scopes" aria-label={texts.scopes}>
      {scopes.map((scope) => (
        <div key={scope.name}>
          <dt>
            <code>{scope.name}</code>
          </dt>
          <dd>
            {texts.need[scope.need]}
            {scope.purpose}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Credentials({ provider, draft, edit, error }: FieldsProps) {
  if (provider.credentials.length < 2) return null;
  return (
    <RadioField
      segments={provider.credentials.length <= BESIDE}
      inline
      legend={texts.credential}
      name="credential"
      value={credentialOf(provider, draft)?.kind ?? ''}
      onValue={(kind) => edit({ credential: kind })}
      options={provider.credentials.map((each) => ({ value: each.kind, label: each.label }))}
      hint={errorOf(error, 'credential')}
    />
  );
}

/** Host, scope, credential, user name and secret of an account. */
export function AccountFields(props: FieldsProps) {
  const { provider, draft } = props;
  const credential = credentialOf(provider, draft);
  const before = provider.fields.filter((field) => field.name !== 'username');
  return (
    <>
      {provider.host.label && <Host {...props} />}
      {before.map((field) => (
        <TextOf key={field.name} {...props} name={field.name} />
      ))}
      <Credentials {...props} />
      {credential?.secret_label ? (
        <>
          <div className={credential.username ? 'two' : undefined}>
            {credential.username && <TextOf {...props} name="username" />}
            <Secret {...props} credential={credential} />
          </div>
          <Misfit {...props} />
          <Scopes scopes={credential.scopes} />
        </>
      ) : (
        <p className="muted">{credential?.hint}</p>
      )}
    </>
  );
}
