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

function Tick() {
  return (
    <span className="tick" title={texts.active}>
      <Icon name="ok" />
      <span className="hidden">{texts.active}</span>
    </span>
  );
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
        {active && <Tick />}
      </NavLink>
    </li>
  );
}

/** The providers that stand behind *Other*: one as a card of its own, several in a list that folds out. */
function Others({ others, configs, selected }: { others: Provider[]; configs: GitopsConfig[]; selected: string }) {
  const mine = configs.filter((config) => others.some((kind) => kind.kind === config.provider));
  const active = mine.some((config) => config.active);
  const [only] = others;
  if (!only) return null;
  if (others.length === 1) return <Card title={only.label} under={stateOf(mine)} glyph={<Icon name="git" />} kind={only.kind} selected={only.kind === selected} active={active} />;
  const here = others.find((kind) => kind.kind === selected);
  return (
    <li>
      <details className="others" key={selected}>
        <summary className="provider" aria-current={here ? 'true' : undefined}>
          <span className="glyph" aria-hidden="true">
            <Icon name="git" />
          </span>
          <span className="words">
            <b>
              {texts.other} <Icon name="down" tiny />
            </b>
            <span className="small">{here?.label ?? (mine.length > 0 ? stateOf(mine) : others.map((kind) => kind.label).join(', '))}</span>
          </span>
          {active && <Tick />}
        </summary>
        <ul>
          {others.map((kind) => (
            <li key={kind.kind}>
              <NavLink to="/configuration/gitops" search={{ provider: kind.kind }} here={kind.kind === selected ? 'true' : undefined} data-provider={kind.kind}>
                <b>{kind.label}</b>
                <span className="small muted">{stateOf(configs.filter((config) => config.provider === kind.kind))}</span>
              </NavLink>
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}

/** The row of providers. */
export function ProviderCards({ providers, configs, selected }: { providers: Provider[]; configs: GitopsConfig[]; selected: string }) {
  const of = (kind: Provider) => configs.filter((config) => config.provider === kind.kind);
  return (
    <nav aria-label={texts.provider}>
      <ul className="providers">
        {providers
          .filter((provider) => provider.prominent)
          .map((provider) => (
            <Card
              key={provider.kind}
              title={provider.label}
              under={stateOf(of(provider))}
              glyph={GLYPHS[provider.kind] ?? provider.label.slice(0, 2).toUpperCase()}
              kind={provider.kind}
              selected={provider.kind === selected}
              active={of(provider).some((config) => config.active)}
            />
          ))}
        <Others others={providers.filter((provider) => !provider.prominent)} configs={configs} selected={selected} />
      </ul>
    </nav>
  );
}
