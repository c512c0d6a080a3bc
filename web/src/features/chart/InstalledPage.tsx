// Charts > Installed: the applications whose chart comes from a chart repository, and what is newer there.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Application } from '../../api/types';
import { LinkButton } from '../../components/Button';
import { PagedTable } from '../../components/PagedTable';
import { Empty } from '../../components/States';
import { nameColumn } from '../../components/nameColumn';
import type { Column } from '../../components/Table';
import { Tag } from '../../components/Tag';
import { applicationPagesQuery } from '../application/data';
import { EnvironmentWords } from '../deployment/EnvironmentWords';
import { ChartPlaces } from './ChartPlaces';
import { chartQuery } from './data';
import { texts } from './texts';
import { isNewer, newestOf } from './version';

/** The newest version of the chart's repository, where it is newer than what some environment has. */
function Newer({ application }: { application: Application }) {
  const { source } = application;
  const chart = useQuery({ ...chartQuery(source.repository ?? '', source.name), enabled: source.kind === 'chart', retry: false });
  if (chart.error) return <span className="faint">{texts.unknown}</span>;
  const newest = newestOf(chart.data?.list ?? []);
  if (!newest) return null;
  const behind = application.environments.filter((each) => each.current && isNewer(newest.version, each.current.chart.version));
  if (behind.length === 0) return <Tag tone="good" icon="ok">{texts.upToDate}</Tag>;
  return (
    <span className="line">
      <Tag tone="info" icon="up">{texts.newer(newest.version)}</Tag>
      {behind.map((each) => (
        <Link key={each.environment} className="small" to="/applications/$name" params={{ name: application.name }} search={{ deploy: each.environment, version: newest.version }}>
          {texts.upgrade(newest.version, each.environment)}
        </Link>
      ))}
    </span>
  );
}

const COLUMNS: Column<Application>[] = [
  nameColumn(texts.installedColumns.name, (row) => ({ to: '/applications/$name', params: { name: row.name } })),
  {
    key: 'chart',
    label: texts.installedColumns.chart,
    cell: (row) =>
      row.source.kind === 'chart' && (
        <Link to="/charts/$repository/$chart" params={{ repository: row.source.repository ?? '', chart: row.source.name }}>
          {row.source.repository}/{row.source.name}
        </Link>
      ),
  },
  { key: 'project', label: texts.installedColumns.project, cell: (row) => row.project },
  {
    key: 'environments',
    label: texts.installedColumns.environments,
    cell: (row) => <EnvironmentWords application={row} none={texts.notYet} />,
  },
  { key: 'newer', label: texts.installedColumns.newer, cell: (row) => <Newer application={row} /> },
];

/** The page. */
export function InstalledPage() {
  const asked = useInfiniteQuery(applicationPagesQuery({ source: 'chart' }));
  // A server that does not know the filter sends every application.
  const data = asked.data && { ...asked.data, pages: asked.data.pages.map((page) => ({ ...page, items: page.items.filter((each) => each.source.kind === 'chart') })) };
  const pages = { ...asked, data };
  return (
    <>
      <ChartPlaces />
      <PagedTable
        title={texts.places.installed}
        pages={pages}
        columns={COLUMNS}
        id={(row) => row.id}
        empty={
          <Empty title={texts.installedEmpty} action={<LinkButton to="/charts">{texts.discover}</LinkButton>}>
            {texts.installedHint}
          </Empty>
        }
        more={texts.more}
      />
    </>
  );
}
