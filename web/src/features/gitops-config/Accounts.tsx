// The accounts of one provider, when there are several.
import { NavLink } from '../../components/NavLink';
import type { GitopsConfig, Provider } from '../../api/types';
import { Icon } from '../../components/Icon';
import { texts } from './texts';

/** Chooses between accounts of the provider; nothing when there is only one. */
export function Accounts({ provider, configs, config }: { provider: Provider; configs: GitopsConfig[]; config: GitopsConfig | null }) {
  const mine = configs.filter((each) => each.provider === provider.kind);
  if (mine.length < (config ? 2 : 1)) return null;
  return (
    <nav className="line" aria-label={texts.accounts}>
      <span className="muted small">{texts.accounts}</span>
      <span className="segments small">
        {mine.map((each) => (
          <NavLink key={each.name} to="/configuration/gitops" search={{ account: each.name }} here={each.name === config?.name ? 'true' : undefined}>
            {each.name} {each.active ? <Icon name="ok" tiny /> : each.applications > 0 ? `· ${texts.applications(each.applications)}` : ''}
          </NavLink>
        ))}
        {!config && (
          <NavLink to="/configuration/gitops" search={{ provider: provider.kind, add: true }} here="true">
            {texts.newAccount(provider.label)}
          </NavLink>
        )}
      </span>
    </nav>
  );
}
