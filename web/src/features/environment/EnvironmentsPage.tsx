// Environments: a list, and dialogs that make, change and delete one.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Environment } from '../../api/types';
import { Button, LinkButton } from '../../components/Button';
import { Ask } from '../../components/Dialog';
import { Asked, Empty, Notice, ProblemWords } from '../../components/States';
import { Table, type Column } from '../../components/Table';
import { PageHead } from '../../frame/PageHead';
import { useMay } from '../session/data';
import { deleteEnvironment, environmentsQuery } from './data';
import { EnvironmentDialog } from './EnvironmentDialog';
import { texts } from './texts';

function columns(administrator: boolean, edit: (row: Environment) => void, remove: (row: Environment) => void): Column<Environment>[] {
  const all: Column<Environment>[] = [
    {
      key: 'name',
      label: texts.columns.name,
      lead: true,
      by: (row) => row.name,
      cell: (row) => (
        <>
          <Link to="/applications" search={{ environment: row.name }} className="strong">
            {row.name}
          </Link>
          {row.description && <span className="muted small"> {row.description}</span>}
        </>
      ),
    },
    { key: 'namespace', label: texts.columns.namespace, by: (row) => row.namespace, cell: (row) => <code>{row.namespace}</code> },
    { key: 'kubernetes', label: texts.columns.kubernetes, by: (row) => row.kubernetes_version, cell: (row) => row.kubernetes_version },
    {
      key: 'branch',
      label: texts.columns.branch,
      cell: (row) => (row.branch === 'default' ? texts.branches.default : <code>{texts.branchHint(row.name)}</code>),
    },
    { key: 'engine', label: texts.columns.engine, cell: (row) => <span className="muted">{texts.engines[row.engine] ?? row.engine}</span> },
  ];
  if (!administrator) return all;
  const actions: Column<Environment> = {
    key: 'actions',
    label: '',
    end: true,
    cell: (row) => (
      <span className="nowrap">
        <Button small look="quiet" onClick={() => edit(row)}>
          {texts.edit}
          <span className="hidden"> {row.name}</span>
        </Button>{' '}
        <Button small look="quiet" onClick={() => remove(row)}>
          Delete<span className="hidden"> {row.name}</span>
        </Button>
      </span>
    ),
  };
  return [...all, actions];
}

function DeleteEnvironment({ environment, onClose }: { environment: Environment; onClose: () => void }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteEnvironment(environment),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: environmentsQuery.queryKey });
    },
  });
  return (
    <Ask title={texts.deleteAsk(environment.name)} action={texts.delete} danger busy={remove.isPending} onYes={() => remove.mutate()} onClose={onClose}>
      {remove.error && (
        <Notice tone="bad">
          <ProblemWords error={remove.error} />
        </Notice>
      )}
      <p>{texts.deleteWords}</p>
    </Ask>
  );
}

/** The page of environments. */
export function EnvironmentsPage({ search }: { search: { new?: boolean | undefined; sort?: string | undefined } }) {
  const navigate = useNavigate();
  const administrator = useMay('administrator');
  const environments = useQuery(environmentsQuery);
  const [editing, setEditing] = useState<Environment | null>(null);
  const [deleting, setDeleting] = useState<Environment | null>(null);
  const create = administrator && (
    <LinkButton to="/environments" search={{ ...search, new: true }} look="primary">
      {texts.create}
    </LinkButton>
  );
  const close = () => {
    setEditing(null);
    if (search.new) void navigate({ to: '/environments', search: { ...search, new: undefined }, replace: true });
  };
  return (
    <>
      <PageHead title={texts.title} actions={create}>
        {texts.lead}
      </PageHead>
      <section className="card" aria-label={texts.title}>
        <Asked of={environments} what="environments">
          {(page) =>
            page.items.length === 0 ? (
              <Empty title={texts.empty} action={create}>
                {texts.emptyHint}
              </Empty>
            ) : (
              <Table
                label={texts.title}
                columns={columns(administrator, setEditing, setDeleting)}
                rows={page.items}
                id={(row) => row.id}
                sort={search.sort}
                onSort={(sort) => void navigate({ to: '/environments', search: { ...search, sort }, replace: true })}
              />
            )
          }
        </Asked>
      </section>
      {administrator && (search.new || editing) && <EnvironmentDialog key={editing?.name ?? ''} environment={editing} onClose={close} />}
      {deleting && <DeleteEnvironment environment={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}
