// The accounts of one provider, and the way to a further one.
import { useNavigate } from '@tanstack/react-router';
import { NavLink } from '../../components/NavLink';
import type { GitopsConfig, Provider } from '../../api/types';
import { RadioField } from '../../components/Field';
import { Icon } from '../../components/Icon';
import { texts } from './texts';

/** What stands for the account that is being added; no account can be called so. */
const NEW = '+';

function AccountLabel({ config }: { config: GitopsConfig }) {
  return (
    <>
      {config.name}{' '}
      {config.active && (
        <span className="isactive">
          <Icon name="ok" tiny />
          <span className="hidden">{texts.active}</span>
        </span>
      )}
      <span className="muted small"> {texts.applications(config.applications)}</span>
    </>
  );
}

/** Chooses between accounts of the provider; nothing while there is none. */
export function Accounts({ provider, configs, config }: { provider: Provider; configs: GitopsConfig[]; config: GitopsConfig | null }) {
  const navigate = useNavigate();
  const mine = configs.filter((each) => each.provider === provider.kind);
  if (mine.length === 0) return null;
  const options = [
    ...mine.map((each) => ({ value: each.name, label: <AccountLabel config={each} /> })),
    ...(config ? [] : [{ value: NEW, label: texts.newAccount(provider.label) }]),
  ];
  const choose = (name: string) => void navigate({ to: '/configuration/gitops', search: name === NEW ? { provider: provider.kind, add: true } : { account: name }, replace: true });
  return (
    <div className="accounts">
      <RadioField inline legend={texts.accounts} name="account" value={config?.name ?? NEW} options={options} onValue={choose} />
      {config && provider.host.label && (
        <NavLink to="/configuration/gitops" search={{ provider: provider.kind, add: true }} className="line small">
          <Icon name="plus" tiny />
          {texts.add}
        </NavLink>
      )}
    </div>
  );
}
