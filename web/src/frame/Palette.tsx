// Search and jump: applications, pages and actions, by `/` or Ctrl-K.
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { Dialog } from '../components/Dialog';
import { Icon, type IconName } from '../components/Icon';
import { applicationsQuery } from '../features/application/data';
import { chartsQuery } from '../features/chart/data';
import { texts as chartTexts } from '../features/chart/texts';
import { useMay, useMayAnywhere } from '../features/session/data';
import { useConfigurationPages } from './Rail';
import { texts } from './texts';

interface Item {
  label: string;
  to: string;
  kind: keyof typeof texts.kinds;
}

const ICONS: Record<Item['kind'], IconName> = { page: 'gear', action: 'plus', application: 'apps', chart: 'chart' };

/** Those whose words all occur in the label, names that start with them first. */
export function matching(items: Item[], typed: string): Item[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return items
    .filter((item) => words.every((word) => item.label.toLowerCase().includes(word)))
    .toSorted((a, b) => Number(b.label.toLowerCase().startsWith(words[0] ?? '')) - Number(a.label.toLowerCase().startsWith(words[0] ?? '')))
    .slice(0, 12);
}

function useItems(typed: string): Item[] {
  const pages = useConfigurationPages();
  const manager = useMayAnywhere('manager');
  const administrator = useMay('administrator');
  const applications = useQuery(applicationsQuery({ search: typed.trim() || undefined, limit: 20 }));
  const names = (applications.data?.items ?? []).map((application) => application.name);
  const charts = useQuery({ ...chartsQuery({ search: typed.trim(), limit: 8 }), enabled: typed.trim().length > 1, retry: false });
  const items: Item[] = [
    ...names.map((name) => ({ label: name, to: `/applications/${name}`, kind: 'application' as const })),
    { label: texts.nav.applications, to: '/applications', kind: 'page' },
    { label: texts.nav.charts, to: '/charts', kind: 'page' },
    { label: chartTexts.places.installed, to: '/charts/installed', kind: 'page' },
    { label: chartTexts.places.repositories, to: '/charts/repositories', kind: 'page' },
    { label: texts.nav.environments, to: '/environments', kind: 'page' },
    { label: texts.nav.clusters, to: '/clusters', kind: 'page' },
    ...pages.map((page) => ({ ...page, kind: 'page' as const })),
    ...names.map((name) => ({ label: `Deploy ${name}`, to: `/applications/${name}?deploy=`, kind: 'action' as const })),
    ...(manager ? [{ label: 'New application', to: '/applications/new', kind: 'action' as const }] : []),
    ...(administrator ? [{ label: 'New environment', to: '/environments?new=true', kind: 'action' as const }] : []),
    ...(administrator ? [{ label: 'Add a cluster', to: '/clusters?new=true', kind: 'action' as const }] : []),
    ...(administrator ? [{ label: 'New project', to: '/configuration/projects?new=true', kind: 'action' as const }] : []),
    ...(administrator ? [{ label: 'New health rule', to: '/configuration/health-rules?new=true', kind: 'action' as const }] : []),
  ];
  // What the server found is ranked there, and may match by other words than its name.
  const found = (charts.data?.items ?? []).map((chart): Item => ({ label: `${chart.repository}/${chart.name}`, to: `/charts/${encodeURIComponent(chart.repository)}/${encodeURIComponent(chart.name)}`, kind: 'chart' }));
  return [...matching(items, typed), ...found];
}

/** The palette, a combobox over everything one can go to. */
export function Palette({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const items = useItems(typed);
  const chosen = Math.min(at, items.length - 1);
  const go = (item: Item | undefined) => {
    if (!item) return;
    onClose();
    router.history.push(item.to);
  };
  const press = (key: string) => {
    if (key === 'ArrowDown') setAt((chosen + 1) % Math.max(items.length, 1));
    else if (key === 'ArrowUp') setAt((chosen - 1 + items.length) % Math.max(items.length, 1));
    else if (key === 'Enter') go(items[chosen]);
    else return false;
    return true;
  };
  return (
    <Dialog title={texts.search} onClose={onClose}>
      <div className="palette">
        <input
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={items[chosen] ? `palette-${chosen}` : undefined}
          aria-label={texts.search}
          placeholder={texts.search}
          data-autofocus
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (press(event.key)) event.preventDefault();
          }}
        />
        <div id="palette-list" className="found" role="listbox" aria-label={texts.search}>
          {items.map((item, index) => (
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- the keys are heard in the combobox
            <div key={item.kind + item.to} id={`palette-${index}`} role="option" aria-selected={index === chosen} onClick={() => go(item)}>
              <Icon name={ICONS[item.kind]} />
              {item.label}
              <span className="small">{texts.kinds[item.kind]}</span>
            </div>
          ))}
        </div>
        {items.length === 0 && <p className="none">{texts.searchNone}</p>}
      </div>
    </Dialog>
  );
}
