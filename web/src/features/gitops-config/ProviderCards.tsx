// The providers that the API serves, as cards; the active one carries a green tick.
import { NavLink } from '../../components/NavLink';
import type { ReactNode } from 'react';
import type { GitopsConfig, Provider } from '../../api/types';
import { Icon } from '../../components/Icon';
import { texts } from './texts';

const GLYPHS: Record<string, string> = { github: 'GH', gitlab: 'GL', 'azure-devops': 'AZ', 'bitbucket-cloud': 'BB' };

function stateOf(configs: GitopsConfig[]): string {
  const active = configs.find((config) => config.active);
  const shown = active ?? configs[0];
  if (!shown) return texts.state.none;
  return `${shown.name} · ${active ? texts.state.active : texts.state.saved}`;
}

interface CardProps {
  title: string;
  under: string;
  glyph?: ReactNode;
  kind: string;
  selected: boolean;
  active: boolean;
}

function Card({ title, under, glyph, kind, selected, active }: CardProps) {
  return (
    <li>
      <NavLink to="/configuration/gitops" search={{ provider: kind }} className="provider" here={selected ? 'true' : undefined} data-provider={kind}>
        {glyph && (
          <span className="glyph" aria-hidden="true">
            {glyph}
          </span>
        )}
        <span className="words">
          <b>{title}</b>
          <span className="small">{under}</span>
        </span>
        {active && (
          <span className="tick" title={texts.active}>
            <Icon name="ok" />
            <span className="hidden">{texts.active}</span>
          </span>
        )}
      </NavLink>
    </li>
  );
}

/** The row of providers. */
export function ProviderCards({ providers, configs, selected }: { providers: Provider[]; configs: GitopsConfig[]; selected: string }) {
  const others = providers.filter((provider) => !provider.prominent);
  const of = (kinds: Provider[]) => configs.filter((config) => kinds.some((kind) => kind.kind === config.provider));
  return (
    <nav aria-label={texts.provider}>
      <ul className="providers">
        {providers
          .filter((provider) => provider.prominent)
          .map((provider) => (
            <Card
              key={provider.kind}
              title={provider.label}
              under={stateOf(of([provider]))}
              glyph={GLYPHS[provider.kind] ?? provider.label.slice(0, 2).toUpperCase()}
              kind={provider.kind}
              selected={provider.kind === selected}
              active={of([provider]).some((config) => config.active)}
            />
          ))}
        {others[0] && (
          <Card
            title={others.length === 1 ? others[0].label : texts.other}
            under={of(others).length > 0 || others.length === 1 ? stateOf(of(others)) : others.map((provider) => provider.label).join(', ')}
            glyph={<Icon name="git" />}
            kind={of(others)[0]?.provider ?? others[0].kind}
            selected={others.some((provider) => provider.kind === selected)}
            active={of(others).some((config) => config.active)}
          />
        )}
      </ul>
      {others.length > 1 && others.some((provider) => provider.kind === selected) && (
        <div className="segments">
          {others.map((provider) => (
            <NavLink key={provider.kind} to="/configuration/gitops" search={{ provider: provider.kind }} here={provider.kind === selected ? 'true' : undefined}>
              {provider.label}
            </NavLink>
          ))}
        </div>
      )}
    </nav>
  );
}
