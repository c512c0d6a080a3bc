// Deployments in a table, newest first.
import { Link } from '@tanstack/react-router';
import type { Deployment } from '../../api/types';
import { Empty } from '../../components/States';
import { Table, type Column } from '../../components/Table';
import { Time } from '../../components/Time';
import { Commit } from './Commit';
import { DeploymentTag } from './DeploymentTag';
import { cameInForce, wordOf } from './subject';
import { texts } from './texts';

interface Props {
  /** The application, and its project. */
  name: string;
  project: string;
  deployments: Deployment[];
  restorable?: ((row: Deployment) => boolean) | undefined;
}

/** What each deployment changed the image or version from, by number. */
export function previousTags(deployments: Deployment[]): Map<number, string> {
  const before = new Map<number, string>();
  const last = new Map<string, string>();
  for (const deployment of deployments.toSorted((a, b) => a.number - b.number)) {
    const tag = last.get(deployment.environment);
    if (tag && tag !== wordOf(deployment)) before.set(deployment.number, tag);
    if (cameInForce(deployment)) last.set(deployment.environment, wordOf(deployment));
  }
  return before;
}

function columns({ name, project, restorable }: Omit<Props, 'deployments'>, before: Map<number, string>): Column<Deployment>[] {
  const all: Column<Deployment>[] = [
    {
      key: 'number',
      label: texts.columns.number,
      lead: true,
      cell: (row) => (
        <Link to="/applications/$name/deployments/$number" params={{ name, number: String(row.number) }}>
          {row.number}
        </Link>
      ),
    },
    { key: 'environment', label: texts.columns.environment, cell: (row) => row.environment },
    {
      key: 'what',
      label: texts.columns.what,
      cell: (row) => (
        <span className="break">
          {before.has(row.number) && `${before.get(row.number)} → `}
          <b>{wordOf(row)}</b>
          {row.restores && <span className="muted"> · {texts.restores(row.restores)}</span>}
          {row.reseals && <span className="muted"> · {texts.reseals(row.reseals)}</span>}
          {row.anew && <span className="muted"> · {texts.anew.tag}</span>}
          {row.message && <span className="muted"> · {row.message}</span>}
        </span>
      ),
    },
    { key: 'commit', label: texts.columns.commit, cell: (row) => <Commit deployment={row} /> },
    {
      key: 'by',
      label: texts.columns.by,
      cell: (row) => (
        <span>
          {row.author}{' '}
          <span className="small muted nowrap">
            <Time at={row.created_at} />
          </span>
        </span>
      ),
    },
    { key: 'state', label: texts.columns.state, cell: (row) => <DeploymentTag deployment={row} project={project} /> },
    {
      key: 'way-back',
      label: '',
      end: true,
      cell: (row) =>
        restorable?.(row) && (
          <Link to="." search={(search: object) => ({ ...search, deploy: row.environment, restore: row.number })} className="button small quiet">
            {texts.rollBack}
            <span className="hidden">: {texts.numbered(row.number)}</span>
          </Link>
        ),
    },
  ];
  return all.filter((column) => restorable || column.key !== 'way-back');
}

/** The table, or what it will show once there is something. */
export function DeploymentTable({ deployments, ...rest }: Props) {
  if (deployments.length === 0) return <Empty title={texts.empty}>{texts.emptyHint}</Empty>;
  return <Table label={texts.title} columns={columns(rest, previousTags(deployments))} rows={deployments} id={(row) => row.id} />;
}
