// The fields that a provider asks for, drawn from its description.
import type { GitopsConfig, Provider, ProviderCredential, Scope } from '../../api/types';
import { Outside } from '../../components/Button';
import { RadioField, TextField } from '../../components/Field';
import { errorOf } from '../../components/Form';
import { addressChanged, credentialOf, ownerIn, secretNeeded, type AccountDraft } from './form';
import { texts } from './texts';

interface Props {
  provider: Provider;
  config: GitopsConfig | null;
  draft: AccountDraft;
  edit: (change: Partial<AccountDraft>) => void;
  error: unknown;
}

function Host({ provider, draft, edit, error }: Props) {
  const { label, switch: other, fixed, hint } = provider.host;
  const closed = fixed && !draft.otherHost;
  const turn = () => edit(draft.otherHost ? { otherHost: false, host: provider.host.default } : { otherHost: true, host: '' });
  return (
    <TextField
      label={label}
      name="host"
      required={!closed}
      readOnly={closed}
      value={draft.host}
      placeholder="https://"
      inputMode="url"
      onText={(host) => edit({ host })}
      hint={closed ? undefined : hint}
      error={errorOf(error, 'host')}
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

function OrganizationHint({ hint, owner, onPick }: { hint: string; owner: string | null; onPick: (owner: string) => void }) {
  if (!owner) return <>{hint}</>;
  return (
    <>
      {texts.isAddress(owner)}{' '}
      <button type="button" className="textlink" onClick={() => onPick(owner)}>
        {texts.takeThat}
      </button>
    </>
  );
}

function TextOf({ name, ...props }: Props & { name: string }) {
  const { provider, draft, edit, error } = props;
  const field = provider.fields.find((each) => each.name === name);
  if (!field) return null;
  const value = draft.fields[name] ?? '';
  const put = (text: string) => edit({ fields: { ...draft.fields, [name]: text } });
  return (
    <TextField
      label={field.label}
      name={name}
      required={field.required}
      value={value}
      onText={put}
      autoCapitalize="none"
      hint={name === 'organization' ? <OrganizationHint hint={field.hint} owner={ownerIn(value)} onPick={put} /> : field.hint}
      error={errorOf(error, name)}
      aside={field.docs_url ? <Outside href={field.docs_url}>{texts.learnMore}</Outside> : undefined}
    />
  );
}

function Secret({ provider, config, draft, edit, error, credential }: Props & { credential: ProviderCredential }) {
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
      hint={again ? texts.secretAgain : credential.hint}
      error={errorOf(error, 'secret')}
      aside={credential.create_url ? <Outside href={credential.create_url.replace('{host}', address)}>{texts.createToken}</Outside> : undefined}
    />
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

/** Host, scope, credential, user name and secret of an account. */
export function AccountFields(props: Props) {
  const { provider, draft, edit } = props;
  const credential = credentialOf(provider, draft);
  const before = provider.fields.filter((field) => field.name !== 'username');
  return (
    <>
      {provider.host.label && <Host {...props} />}
      {before.map((field) => (
        <TextOf key={field.name} {...props} name={field.name} />
      ))}
      {provider.credentials.length > 1 && (
        <RadioField
          segments
          legend={texts.credential}
          name="credential"
          value={draft.credential}
          onValue={(kind) => edit({ credential: kind })}
          options={provider.credentials.map((each) => ({ value: each.kind, label: each.label }))}
        />
      )}
      {credential?.secret_label ? (
        <>
          <div className="two">
            <TextOf {...props} name="username" />
            <Secret {...props} credential={credential} />
          </div>
          <Scopes scopes={credential.scopes} />
        </>
      ) : (
        <p className="muted">{credential?.hint}</p>
      )}
    </>
  );
}
