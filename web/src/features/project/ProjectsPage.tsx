// Projects: a list, and a dialog that makes or changes one.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useDraft } from '../../api/drafts';
import type { Project } from '../../api/types';
import { announce } from '../../components/Announcer';
import { Button, LinkButton } from '../../components/Button';
import { Ask, Dialog } from '../../components/Dialog';
import { TextField } from '../../components/Field';
import { errorOf, Form } from '../../components/Form';
import { Asked, Empty, Notice, ProblemWords } from '../../components/States';
import { Table, type Column } from '../../components/Table';
import { Time } from '../../components/Time';
import { PageHead } from '../../frame/PageHead';
import { useMay } from '../session/data';
import { changeProject, createProject, deleteProject, projectsQuery } from './data';
import { texts } from './texts';

function ProjectDialog({ project, onClose }: { project: Project | null; onClose: () => void }) {
  const client = useQueryClient();
  const draft = useDraft(`project.${project?.name ?? 'new'}`, { name: project?.name ?? '', description: project?.description ?? '' });
  const { value, set } = draft;
  const save = useMutation({
    mutationFn: () => {
      const description = value.description.trim();
      return project ? changeProject(project, { description }) : createProject({ name: value.name.trim(), description });
    },
    onSuccess: async (stored) => {
      draft.discard();
      announce(texts.created(stored.name));
      onClose();
      await client.invalidateQueries({ queryKey: projectsQuery.queryKey });
    },
  });
  return (
    <Dialog title={project?.name ?? texts.create} onClose={onClose}>
      <Form onSubmit={() => !save.isPending && save.mutate()} error={save.error}>
        <div className="body stack">
          {!project && (
            <TextField label={texts.name} name="name" required value={value.name} onText={(name) => set({ name })} hint={texts.nameHint} error={errorOf(save.error, 'name')} autoCapitalize="none" data-autofocus />
          )}
          <TextField label={texts.description} name="description" value={value.description} onText={(description) => set({ description })} error={errorOf(save.error, 'description')} spellCheck data-autofocus={project ? true : undefined} />
        </div>
        <footer>
          <Button type="submit" look="primary" busy={save.isPending}>
            {project ? texts.save : texts.create}
          </Button>
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
        </footer>
      </Form>
    </Dialog>
  );
}

function DeleteProject({ project, onClose }: { project: Project; onClose: () => void }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteProject(project),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: projectsQuery.queryKey });
    },
  });
  return (
    <Ask title={texts.deleteAsk(project.name)} action={texts.delete} danger busy={remove.isPending} onYes={() => remove.mutate()} onClose={onClose}>
      {remove.error && (
        <Notice tone="bad">
          <ProblemWords error={remove.error} />
        </Notice>
      )}
      <p>{texts.deleteWords}</p>
    </Ask>
  );
}

function columns(administrator: boolean, edit: (project: Project) => void, remove: (project: Project) => void): Column<Project>[] {
  const all: Column<Project>[] = [
    {
      key: 'name',
      label: texts.columns.name,
      lead: true,
      by: (row) => row.name,
      cell: (row) => (
        <Link to="/applications" search={{ project: row.name }} className="strong">
          {row.name}
        </Link>
      ),
    },
    { key: 'description', label: texts.columns.description, cell: (row) => row.description },
    { key: 'applications', label: texts.columns.applications, by: (row) => row.applications, cell: (row) => row.applications },
    { key: 'created', label: texts.columns.created, by: (row) => row.created_at, cell: (row) => <Time at={row.created_at} /> },
  ];
  if (!administrator) return all;
  const actions: Column<Project> = {
    key: 'actions',
    label: '',
    end: true,
    cell: (row) => (
      <>
        <Button small look="quiet" onClick={() => edit(row)}>
          {texts.edit}
          <span className="hidden"> {row.name}</span>
        </Button>{' '}
        <Button small look="quiet" onClick={() => remove(row)}>
          Delete<span className="hidden"> {row.name}</span>
        </Button>
      </>
    ),
  };
  return [...all, actions];
}

/** The page of projects. */
export function ProjectsPage({ search }: { search: { new?: boolean | undefined; sort?: string | undefined } }) {
  const navigate = useNavigate();
  const administrator = useMay('administrator');
  const projects = useQuery(projectsQuery);
  const [editing, setEditing] = useState<Project | null>(null);
  const [deleting, setDeleting] = useState<Project | null>(null);
  const create = administrator && (
    <LinkButton to="/configuration/projects" search={{ ...search, new: true }} look="primary">
      {texts.create}
    </LinkButton>
  );
  const close = () => {
    setEditing(null);
    if (search.new) void navigate({ to: '/configuration/projects', search: { ...search, new: undefined }, replace: true });
  };
  return (
    <>
      <PageHead title={texts.title} actions={create}>
        {texts.lead}
      </PageHead>
      <section className="card" aria-label={texts.title}>
        <Asked of={projects} what="projects">
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
                onSort={(sort) => void navigate({ to: '/configuration/projects', search: { ...search, sort }, replace: true })}
              />
            )
          }
        </Asked>
      </section>
      {administrator && (search.new || editing) && <ProjectDialog key={editing?.name ?? ''} project={editing} onClose={close} />}
      {deleting && <DeleteProject project={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}
