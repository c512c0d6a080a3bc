// Environments: a list, and dialogs that make, change and delete one.
import { Link } from '@tanstack/react-router';
import type { Environment } from '../../api/types';
import { nameColumn } from '../../components/nameColumn';
import type { Column } from '../../components/Table';
import { ListPage, type ListSearch } from '../../frame/ListPage';
import { deleteEnvironment, environmentsQuery } from './data';
import { EnvironmentDialog } from './EnvironmentDialog';
import { texts } from './texts';

const COLUMNS: Column<Environment>[] = [
  nameColumn(texts.columns.name, (row) => ({ to: '/applications', search: { environment: row.name } }), { described: true }),
  {
    key: 'cluster',
    label: texts.columns.cluster,
    by: (row) => row.cluster ?? '',
    cell: (row) =>
      row.cluster ? (
        <Link to="/clusters/$name" params={{ name: row.cluster }}>
          {row.cluster}
        </Link>
      ) : (
        <span className="faint">–</span>
      ),
  },
  { key: 'namespace', label: texts.columns.namespace, by: (row) => row.namespace, cell: (row) => <code>{row.namespace}</code> },
  { key: 'kubernetes', label: texts.columns.kubernetes, by: (row) => row.kubernetes_version, cell: (row) => row.kubernetes_version },
  { key: 'branch', label: texts.columns.branch, cell: (row) => (row.branch === 'default' ? texts.branches.default : <code>{texts.branchHint(row.name)}</code>) },
  { key: 'engine', label: texts.columns.engine, cell: (row) => <span className="muted">{texts.engines[row.engine] ?? row.engine}</span> },
];

/** The page of environments. */
export function EnvironmentsPage({ search }: { search: ListSearch }) {
  return <ListPage to="/environments" search={search} texts={texts} query={environmentsQuery} columns={COLUMNS} dialog={(row, close) => <EnvironmentDialog environment={row} onClose={close} />} remove={deleteEnvironment} />;
}
