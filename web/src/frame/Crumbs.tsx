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
  repository: 'Repository',
};

export interface Crumb {
  label: string;
  to: string;
}

/** The parts of a path with their names. */
export function crumbsOf(path: string): Crumb[] {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  const addressed = parts.map((part, index) => ({ part, to: `/${parts.slice(0, index + 1).map(encodeURIComponent).join('/')}` }));
  return addressed.map(({ part, to }, index) => ({
    // The second part of an application's address is its name, whatever word that is.
    label: index === 1 && parts[0] === 'applications' && part !== 'new' ? part : (WORDS[part] ?? part),
    to: to === '/configuration' ? '/configuration/gitops' : to,
  }));
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
            {index === crumbs.length - 1 ? <span aria-current="page">{crumb.label}</span> : <NavLink to={crumb.to}>{crumb.label}</NavLink>}
          </li>
        ))}
      </ol>
    </nav>
  );
}
