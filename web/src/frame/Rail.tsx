// The rail: the five places of the product, and those of the global configuration.
import { useLocation } from '@tanstack/react-router';
import { NavLink } from '../components/NavLink';
import { useEffect, useRef } from 'react';
import { Icon, Mark, type IconName } from '../components/Icon';
import { useMay } from '../features/session/data';
import { texts } from './texts';

const MAIN: { to: string; label: string; icon: IconName }[] = [
  { to: '/applications', label: texts.nav.applications, icon: 'apps' },
  { to: '/charts', label: texts.nav.charts, icon: 'chart' },
  { to: '/environments', label: texts.nav.environments, icon: 'env' },
  { to: '/clusters', label: texts.nav.clusters, icon: 'cluster' },
  { to: '/configuration', label: texts.nav.configuration, icon: 'gear' },
];

/** The pages of the global configuration that a person can open. */
export function useConfigurationPages(): { to: string; label: string }[] {
  const administrator = useMay('administrator');
  return [
    { to: '/configuration/gitops', label: texts.nav.gitops },
    { to: '/configuration/projects', label: texts.nav.projects },
    { to: '/configuration/health-rules', label: texts.nav.healthRules },
    { to: '/configuration/users', label: texts.nav.users },
    ...(administrator ? [{ to: '/configuration/keys', label: texts.nav.keys }, { to: '/configuration/audit', label: texts.nav.audit }] : []),
    { to: '/configuration/about', label: texts.nav.about },
  ];
}

/** The main navigation. */
export function Rail() {
  const path = useLocation({ select: (location) => location.pathname });
  const pages = useConfigurationPages();
  const within = path.startsWith('/configuration');
  const rail = useRef<HTMLElement>(null);
  useEffect(() => {
    // On narrow screens the rail is a row that scrolls: what is open has to be in sight.
    if (path) rail.current?.querySelector('[aria-current="page"], .open')?.scrollIntoView?.({ block: 'nearest', inline: 'nearest' });
  }, [path]);
  return (
    <nav className="rail" ref={rail} aria-label="Main">
      <NavLink to="/applications" className="mark" aria-label="Trueline, applications">
        <Mark />
        <span>Trueline</span>
      </NavLink>
      <ul className="main">
        {MAIN.map((place) => {
          const here = path.startsWith(place.to);
          const parent = place.to === '/configuration';
          return (
            <li key={place.to}>
              <NavLink to={parent ? '/configuration/gitops' : place.to} className={here && parent ? 'open' : undefined} here={here && !parent ? 'page' : undefined}>
                <Icon name={place.icon} />
                {place.label}
              </NavLink>
              {parent && within && (
                <ul className="sub">
                  {pages.map((page) => (
                    <li key={page.to}>
                      <NavLink to={page.to} here={path.startsWith(page.to) ? 'page' : undefined}>
                        {page.label}
                      </NavLink>
                    </li>
                  ))}
                </ul>
              )}
            </li>
          );
        })}
      </ul>
      <NavLink to="/configuration/about" className="end small muted">
        About Trueline
      </NavLink>
    </nav>
  );
}

/** On narrow screens: the pages of the global configuration as a row of tabs. */
export function ConfigurationTabs() {
  const path = useLocation({ select: (location) => location.pathname });
  const pages = useConfigurationPages();
  return (
    <nav className="tabs subnav" aria-label={texts.nav.configuration}>
      <ul>
        {pages.map((page) => (
          <li key={page.to}>
            <NavLink to={page.to} here={path.startsWith(page.to) ? 'page' : undefined}>
              {page.label}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
