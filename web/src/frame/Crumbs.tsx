// Where one is, from the address.
import { useLocation } from '@tanstack/react-router';
import { NavLink } from '../components/NavLink';
import { texts } from './texts';

const WORDS: Record<string, string> = {
  ...texts.nav,
  new: 'New',
  template: 'Template',
  deployments: 'Deployments',
  diff: 'Diff',
  resources: 'What runs',
  repository: 'Repository',
};
/** The tabs of an application whose words mean something else elsewhere. */
const OF_APPLICATIONS: Record<string, string> = { configuration: 'Configuration' };
const OF_CHARTS: Record<string, string> = { repositories: 'Repositories', installed: 'Installed' };

export interface Crumb {
  label: string;
  to: string;
  search?: Record<string, string>;
}

/** The parts of a path with their names. */
export function crumbsOf(path: string): Crumb[] {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  const addressed = parts.map((part, index) => ({ part, to: `/${parts.slice(0, index + 1).map(encodeURIComponent).join('/')}` }));
  const label = (part: string, index: number) => {
    if (index > 0 && parts[0] === 'charts') return parts.length === 2 ? (OF_CHARTS[part] ?? part) : part;
    // The second part of an application's address is its name, whatever word that is.
    if (parts[0] === 'applications' && index > 0) return index === 1 && part !== 'new' ? part : (OF_APPLICATIONS[part] ?? WORDS[part] ?? part);
    // Below clusters stand their names, whatever words those are.
    if (parts[0] === 'clusters' && index > 0) return part;
    return WORDS[part] ?? part;
  };
  return addressed.map(({ part, to }, index) => {
    // A chart repository has no page of its own but its charts.
    if (index === 1 && parts[0] === 'charts' && parts.length === 3) return { label: part, to: '/charts', search: { repository: part } };
    return { label: label(part, index), to: to === '/configuration' ? '/configuration/gitops' : to };
  });
}

/** The trail of crumbs. */
export function Crumbs() {
  const path = useLocation({ select: (location) => location.pathname });
  const crumbs = crumbsOf(path);
  return (
    <nav className="crumbs" aria-label="You are here">
      <ol>
        {crumbs.map((crumb, index) => (
          <li key={crumb.to + crumb.label}>
            {index === crumbs.length - 1 ? <span aria-current="page">{crumb.label}</span> : <NavLink to={crumb.to} search={(crumb.search ?? {}) as never}>{crumb.label}</NavLink>}
          </li>
        ))}
      </ol>
    </nav>
  );
}
