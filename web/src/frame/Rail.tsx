// The rail: the five places of the product, and those of the global configuration.
import { Link, useLocation } from '@tanstack/react-router';
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
    { to: '/configuration/users', label: texts.nav.users },
    ...(administrator ? [{ to: '/configuration/audit', label: texts.nav.audit }] : []),
    { to: '/configuration/about', label: texts.nav.about },
  ];
}

/** The main navigation. */
export function Rail() {
  const path = useLocation({ select: (location) => location.pathname });
  const pages = useConfigurationPages();
  const within = path.startsWith('/configuration');
  return (
    <nav className="rail" aria-label="Main">
      <Link to="/applications" className="mark" aria-label="Trueline, applications">
        <Mark />
        <span>Trueline</span>
      </Link>
      <ul className="main">
        {MAIN.map((place) => {
          const here = path.startsWith(place.to);
          const parent = place.to === '/configuration';
          return (
            <li key={place.to}>
              <Link to={parent ? '/configuration/gitops' : place.to} className={here && parent ? 'open' : undefined} aria-current={here && !parent ? 'page' : undefined}>
                <Icon name={place.icon} />
                {place.label}
              </Link>
              {parent && within && (
                <ul className="sub">
                  {pages.map((page) => (
                    <li key={page.to}>
                      <Link to={page.to} aria-current={path.startsWith(page.to) ? 'page' : undefined}>
                        {page.label}
                      </Link>
                    </li>
                  ))}
                </ul>
              )}
            </li>
          );
        })}
      </ul>
      <Link to="/configuration/about" className="end small muted">
        About Trueline
      </Link>
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
            <Link to={page.to} aria-current={path.startsWith(page.to) ? 'page' : undefined}>
              {page.label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
