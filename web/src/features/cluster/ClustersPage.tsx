// Clusters: how each one is, and the ways to add, change and remove one.
import type { Cluster } from '../../api/types';
import { nameColumn } from '../../components/nameColumn';
import type { Column } from '../../components/Table';
import { Time } from '../../components/Time';
import { ListPage, type ListSearch } from '../../frame/ListPage';
import { CheckTag, StateTag } from './ClusterState';
import { clustersQuery, deleteCluster } from './data';
import { ClusterDialog } from './ClusterDialog';
import { texts } from './texts';

const COLUMNS: Column<Cluster>[] = [
  nameColumn(texts.columns.name, (row) => ({ to: '/clusters/$name', params: { name: row.name } })),
  {
    key: 'state',
    label: texts.columns.state,
    by: (row) => row.state,
    cell: (row) => (
      <span>
        <StateTag cluster={row} />{' '}
        {row.state !== 'here' && row.state_since && (
          <span className="muted small">
            {texts.since} <Time at={row.state_since} />
          </span>
        )}
      </span>
    ),
  },
  { key: 'version', label: texts.columns.version, by: (row) => row.kubernetes_version ?? '', cell: (row) => row.kubernetes_version ?? <span className="faint">–</span> },
  {
    key: 'check',
    label: texts.columns.check,
    by: (row) => row.check?.at ?? '',
    cell: (row) =>
      row.check ? (
        <span>
          <CheckTag check={row.check} />{' '}
          <span className="muted small">
            <Time at={row.check.at} />
          </span>
        </span>
      ) : (
        <span className="faint">{row.state === 'unchecked' ? texts.never : texts.toAdministrators}</span>
      ),
  },
  { key: 'environments', label: texts.columns.environments, cell: (row) => (row.environments.length > 0 ? row.environments.join(', ') : <span className="faint">{texts.none}</span>) },
];

/** The page of clusters. */
export function ClustersPage({ search }: { search: ListSearch }) {
  return <ListPage to="/clusters" search={search} texts={texts} query={clustersQuery} columns={COLUMNS} dialog={(row, close) => <ClusterDialog cluster={row} onClose={close} />} remove={deleteCluster} />;
}
