// Charts > Discover: search over all chart repositories as one types; search and filter are in the address.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { ChartHit } from '../../api/types';
import { Button, LinkButton } from '../../components/Button';
import { FilterSelect } from '../../components/FilterSelect';
import { PagedTable } from '../../components/PagedTable';
import { SearchField } from '../../components/SearchField';
import { Empty } from '../../components/States';
import type { Column } from '../../components/Table';
import { Tag } from '../../components/Tag';
import { chartRepositoriesQuery } from '../chart-repository/data';
import { useMay } from '../session/data';
import { ChartPlaces } from './ChartPlaces';
import './chart.css';
import { chartPagesQuery } from './data';
import { texts } from './texts';

export interface DiscoverSearch {
  search?: string | undefined;
  repository?: string | undefined;
}

const COLUMNS: Column<ChartHit>[] = [
  {
    key: 'chart',
    label: texts.columns.chart,
    lead: true,
    width: '52%',
    cell: (row) => (
      <span className="hit">
        <span className="line">
          <Link to="/charts/$repository/$chart" params={{ repository: row.repository, chart: row.name }} className="strong">
            {row.name}
          </Link>
          {row.deprecated && (
            <Tag tone="warn" icon="warn">
              {texts.deprecated}
            </Tag>
          )}
        </span>
        {row.description && <span className="muted small break">{row.description}</span>}
      </span>
    ),
  },
  { key: 'repository', label: texts.columns.repository, cell: (row) => row.repository },
  {
    key: 'version',
    label: texts.columns.version,
    cell: (row) => (
      <span>
        <b>{row.version}</b> {row.app_version && <span className="muted small">{texts.app(row.app_version)}</span>}
      </span>
    ),
  },
  { key: 'versions', label: texts.columns.versions, cell: (row) => row.versions, end: true },
];

function Nothing({ asked, onClear }: { asked: boolean; onClear: () => void }) {
  const repositories = useQuery(chartRepositoriesQuery).data?.items ?? [];
  const administrator = useMay('administrator');
  if (asked) {
    return (
      <Empty title={texts.none} action={<Button onClick={onClear}>{texts.clear}</Button>}>
        {texts.noneHint}
      </Empty>
    );
  }
  if (repositories.length > 0) {
    return (
      <Empty title={texts.empty} action={<LinkButton to="/charts/repositories">{texts.toRepositories}</LinkButton>}>
        {texts.emptyRefreshing}
      </Empty>
    );
  }
  return (
    <Empty title={texts.empty} action={administrator && <LinkButton to="/charts/repositories" search={{ new: true }} look="primary">{texts.addRepository}</LinkButton>}>
      {administrator ? texts.emptyHint : texts.emptyRead}
    </Empty>
  );
}

/** The page. */
export function DiscoverPage({ search }: { search: DiscoverSearch }) {
  const navigate = useNavigate();
  const pages = useInfiniteQuery(chartPagesQuery(search));
  const repositories = useQuery(chartRepositoriesQuery).data?.items ?? [];
  const put = useCallback(
    (change: DiscoverSearch) => void navigate({ to: '/charts', search: (before: DiscoverSearch) => ({ ...before, ...change }), replace: true }),
    [navigate],
  );
  const asked = Boolean(search.search || search.repository);
  return (
    <>
      <ChartPlaces />
      {(asked || (pages.data?.pages[0]?.items.length ?? 0) > 0) && (
        <search className="toolbar">
          <SearchField label={texts.search} value={search.search} onValue={(text) => put({ search: text })} />
          <FilterSelect label={texts.columns.repository} value={search.repository} onValue={(repository) => put({ repository })} all={texts.allRepositories} options={repositories.map((each) => ({ value: each.name, label: each.name }))} />
        </search>
      )}
      <PagedTable
        title={texts.title}
        pages={pages}
        columns={COLUMNS}
        id={(row) => `${row.repository}/${row.name}`}
        empty={<Nothing asked={asked} onClear={() => void navigate({ to: '/charts', search: {} })} />}
        more={texts.more}
      />
    </>
  );
}
