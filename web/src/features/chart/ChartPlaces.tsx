// The head of the pages of charts, with the ways between them.
import { useLocation } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { NavLink } from '../../components/NavLink';
import { PageHead } from '../../frame/PageHead';
import { texts } from './texts';

const PLACES = [
  { to: '/charts', label: texts.places.discover },
  { to: '/charts/repositories', label: texts.places.repositories },
  { to: '/charts/installed', label: texts.places.installed },
] as const;

/** Title, actions, and the tabs Discover, Repositories, Installed. */
export function ChartPlaces({ actions }: { actions?: ReactNode }) {
  const path = useLocation({ select: (location) => location.pathname });
  return (
    <>
      <PageHead title={texts.title} actions={actions}>
        {texts.lead}
      </PageHead>
      <nav className="tabs" aria-label={texts.title}>
        <ul>
          {PLACES.map((place) => (
            <li key={place.to}>
              <NavLink to={place.to} here={path === place.to ? 'page' : undefined}>
                {place.label}
              </NavLink>
            </li>
          ))}
        </ul>
      </nav>
    </>
  );
}
