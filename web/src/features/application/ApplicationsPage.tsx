// The list of applications: search, filters and order are in the address.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { Application } from '../../api/types';
import { Button, LinkButton } from '../../components/Button';
import { FilterSelect } from '../../components/FilterSelect';
import { PagedTable } from '../../components/PagedTable';
import { SearchField } from '../../components/SearchField';
import { Empty } from '../../components/States';
import { nameColumn } from '../../components/nameColumn';
import type { Column } from '../../components/Table';
import { Time } from '../../components/Time';
import { PageHead } from '../../frame/PageHead';
import { EnvironmentWords } from '../deployment/EnvironmentWords';
import { environmentsQuery } from '../environment/data';
import { projectsQuery } from '../project/data';
import { useMayAnywhere } from '../session/data';
import { applicationPagesQuery } from './data';
import { STATES, type ApplicationsSearch } from './list';
import { texts } from './texts';

const COLUMNS: Column<Application>[] = [
  nameColumn(texts.columns.name, (row) => ({ to: '/applications/$name', params: { name: row.name } }), { sorts: true, width: '20%' }),
  { key: 'project', label: texts.columns.project, sorts: true, width: '14%', cell: (row) => row.project },
  {
    key: 'environments',
    label: texts.columns.environments,
    cell: (row) => <EnvironmentWords application={row} none={texts.notDeployed} />,
  },
  {
    key: 'repository',
    label: texts.columns.repository,
    cell: (row) => (
      <span>
        {row.repository ? <span className="mono break">{row.repository.full_name}</span> : <span className="faint">{texts.noRepository}</span>}
        {row.gitops_config && <span className="muted small"> {texts.inAccount(row.gitops_config)}</span>}
      </span>
    ),
  },
  { key: 'created', label: texts.columns.created, sorts: true, width: '12%', cell: (row) => <Time at={row.created_at} />, end: true },
];

const names = (items: { name: string }[]) => items.map((each) => ({ value: each.name, label: each.name }));

function Filters({ search, put }: { search: ApplicationsSearch; put: (change: Partial<ApplicationsSearch>) => void }) {
  const projects = useQuery(projectsQuery).data?.items ?? [];
  const environments = useQuery(environmentsQuery).data?.items ?? [];
  return (
    <search className="toolbar">
      <SearchField label={texts.search} value={search.search} onValue={(text) => put({ search: text })} />
      <FilterSelect label={texts.columns.project} value={search.project} onValue={(project) => put({ project })} all={texts.allProjects} options={names(projects)} />
      <FilterSelect label={texts.columns.environments} value={search.environment} onValue={(environment) => put({ environment })} all={texts.allEnvironments} options={names(environments)} />
      <FilterSelect
        label="State"
        value={search.state}
        onValue={(state) => put({ state: STATES.find((each) => each === state) })}
        all={texts.allStates}
        options={STATES.map((state) => ({ value: state, label: texts.states[state] }))}
      />
    </search>
  );
}

/** The page of applications. */
export function ApplicationsPage({ search }: { search: ApplicationsSearch }) {
  const navigate = useNavigate();
  const mayCreate = useMayAnywhere('manager');
  const pages = useInfiniteQuery(applicationPagesQuery(search));
  const put = useCallback(
    (change: Partial<ApplicationsSearch>) => void navigate({ to: '/applications', search: (before: ApplicationsSearch) => ({ ...before, ...change }), replace: true }),
    [navigate],
  );
  const asked = Boolean(search.search || search.project || search.environment || search.state);
  const create = mayCreate && (
    <LinkButton to="/applications/new" look="primary">
      {texts.create}
    </LinkButton>
  );
  const empty = asked ? (
    <Empty title={texts.none} action={<Button onClick={() => void navigate({ to: '/applications', search: {} })}>{texts.clear}</Button>}>
      {texts.noneHint}
    </Empty>
  ) : (
    <Empty title={texts.empty} action={create}>
      {mayCreate ? texts.emptyHint : texts.emptyRead}
    </Empty>
  );
  return (
    <>
      <PageHead title={texts.title} actions={create}>
        {texts.lead}
      </PageHead>
      {(asked || (pages.data?.pages[0]?.items.length ?? 0) > 0) && <Filters search={search} put={put} />}
      <PagedTable title={texts.title} pages={pages} columns={COLUMNS} id={(row) => row.id} empty={empty} more={texts.more} sort={search.sort} onSort={(sort) => put({ sort })} />
    </>
  );
}
