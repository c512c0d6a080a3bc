// Charts > Repositories: how each one is, and the ways to add, change, refresh and remove one.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ChartRepository } from '../../api/types';
import { announce } from '../../components/Announcer';
import { Button, LinkButton } from '../../components/Button';
import { ListCard } from '../../components/ListCard';
import { Notice, ProblemWords } from '../../components/States';
import { nameColumn } from '../../components/nameColumn';
import type { Column } from '../../components/Table';
import { Tag } from '../../components/Tag';
import { Time } from '../../components/Time';
import type { ListSearch } from '../../frame/ListPage';
import { ChartPlaces } from '../chart/ChartPlaces';
import { useMay } from '../session/data';
import { chartRepositoriesQuery, deleteChartRepository, refreshChartRepository } from './data';
import { RepositoryDialog } from './RepositoryDialog';
import { texts } from './texts';

/** While one was not read yet, the list is asked for again. */
const AGAIN = 2000;

function State({ row }: { row: ChartRepository }) {
  const tag = row.failure ? <Tag tone="bad" icon="no">{texts.failed}</Tag> : row.refreshed_at ? <Tag tone="good" icon="ok">{texts.works}</Tag> : <Tag tone="info" icon="turn">{texts.reading}</Tag>;
  return (
    <span>
      {tag}{' '}
      {row.refreshed_at && (
        <span className="muted small">
          {texts.refreshed} <Time at={row.refreshed_at} />
        </span>
      )}
      {row.failure && (
        <span className="small break failure">
          {row.failure.sentence} {row.charts > 0 && <span className="muted">{texts.lastGood}</span>}
        </span>
      )}
      {row.changed > 0 && <span className="small break failure">{texts.changed(row.changed)}</span>}
      {row.left_out.length > 0 && (
        <details className="small failure">
          <summary>{texts.leftOut(row.left_out.length)}</summary>
          <ul>
            {row.left_out.map((each) => (
              <li key={each} className="break">
                {each}
              </li>
            ))}
          </ul>
        </details>
      )}
    </span>
  );
}

function Refresh({ name }: { name: string }) {
  const client = useQueryClient();
  const refresh = useMutation({
    mutationFn: () => refreshChartRepository(name),
    onSuccess: async () => {
      announce(texts.asked(name));
      await client.invalidateQueries({ queryKey: chartRepositoriesQuery.queryKey });
      await client.invalidateQueries({ queryKey: ['charts'] });
    },
  });
  return (
    <span>
      <Button small look="quiet" busy={refresh.isPending} onClick={() => refresh.mutate()}>
        {refresh.isPending ? texts.refreshing : texts.refresh}
        <span className="hidden"> {name}</span>
      </Button>
      {refresh.error && (
        <Notice tone="bad">
          <ProblemWords error={refresh.error} />
        </Notice>
      )}
    </span>
  );
}

const COLUMNS: Column<ChartRepository>[] = [
  nameColumn(texts.columns.name, (row) => ({ to: '/charts', search: { repository: row.name } }), { width: '16%' }),
  {
    key: 'url',
    label: texts.columns.url,
    width: '30%',
    by: (row) => row.url,
    cell: (row) => (
      <span className="stack tight">
        <code className="break">{row.url}</code>
        <span className="muted small">{texts.kinds[row.kind]}</span>
      </span>
    ),
  },
  { key: 'charts', label: texts.columns.charts, by: (row) => row.charts, cell: (row) => texts.counts(row.charts, row.versions) },
  { key: 'state', label: texts.columns.state, by: (row) => row.failure?.sentence ?? '', cell: (row) => <State row={row} /> },
];

/** The page. */
export function RepositoriesPage({ search }: { search: ListSearch }) {
  const navigate = useNavigate();
  const administrator = useMay('administrator');
  const repositories = useQuery({
    ...chartRepositoriesQuery,
    refetchInterval: (query) => (query.state.data?.items.some((each) => !each.refreshed_at && !each.failure) ? AGAIN : false),
  });
  const put = (change: ListSearch) => void navigate({ to: '/charts/repositories', search: { ...search, ...change }, replace: true });
  const add = administrator && (
    <LinkButton to="/charts/repositories" search={{ ...search, new: true }} look="primary">
      {texts.create}
    </LinkButton>
  );
  const refreshing: Column<ChartRepository> = { key: 'refresh', label: '', cell: (row) => <Refresh name={row.name} />, end: true };
  return (
    <>
      <ChartPlaces actions={add} />
      <ListCard
        title={texts.title}
        asked={repositories}
        queryKey={chartRepositoriesQuery.queryKey}
        columns={administrator ? [...COLUMNS, refreshing] : COLUMNS}
        name={(row) => row.name}
        empty={{ title: texts.empty, hint: administrator ? texts.emptyHint : texts.emptyRead, action: add }}
        change={administrator ? { verb: texts.edit, dialog: (row, close) => <RepositoryDialog repository={row} onClose={close} /> } : undefined}
        remove={administrator ? { verb: texts.deleteOne, action: texts.delete, question: texts.deleteAsk, words: texts.deleteWords, run: deleteChartRepository } : undefined}
        sort={search.sort}
        onSort={(sort) => put({ sort })}
      />
      {administrator && search.new && <RepositoryDialog repository={null} onClose={() => put({ new: undefined })} />}
    </>
  );
}
