// Projects: a list, and a dialog that makes or changes one.
import { useDialogDraft } from '../../api/drafts';
import type { Project } from '../../api/types';
import { TextField } from '../../components/Field';
import { errorOf } from '../../components/Form';
import { FormDialog, useSaving } from '../../components/FormDialog';
import { nameColumn } from '../../components/nameColumn';
import type { Column } from '../../components/Table';
import { Tag } from '../../components/Tag';
import { Time } from '../../components/Time';
import { ListPage, type ListSearch } from '../../frame/ListPage';
import { changeProject, createProject, deleteProject, projectsQuery } from './data';
import { limitsFrom, limitsOf } from './limits';
import { LimitsFields } from './LimitsFields';
import { texts } from './texts';

function ProjectDialog({ project, onClose }: { project: Project | null; onClose: () => void }) {
  const draft = useDialogDraft(`project.${project?.name ?? 'new'}`, { name: project?.name ?? '', description: project?.description ?? '', ...limitsOf(project) });
  const { value, set } = draft;
  const saving = useSaving({
    queryKey: projectsQuery.queryKey,
    save: () => {
      const description = value.description.trim();
      return project ? changeProject(project, { description, ...limitsFrom(value) }) : createProject({ name: value.name.trim(), description });
    },
    saved: (stored) => texts.saved(stored.name),
    draft,
    done: onClose,
  });
  const { error } = saving;
  return (
    <FormDialog title={project?.name ?? texts.create} action={project ? texts.save : texts.create} saving={saving} draft={draft} onSubmit={saving.mutate} onClose={onClose}>
      {!project && <TextField label={texts.name} name="name" required value={value.name} onText={(name) => set({ name })} hint={texts.nameHint} error={errorOf(error, 'name')} autoCapitalize="none" data-autofocus />}
      <TextField label={texts.description} name="description" value={value.description} onText={(description) => set({ description })} error={errorOf(error, 'description')} spellCheck data-autofocus={project ? true : undefined} />
      {project && <LimitsFields value={value} set={set} error={error} />}
    </FormDialog>
  );
}

const COLUMNS: Column<Project>[] = [
  nameColumn(texts.columns.name, (row) => ({ to: '/applications', search: { project: row.name } })),
  { key: 'description', label: texts.columns.description, cell: (row) => <>{row.description}{(row.destinations ?? row.cluster_kinds) && <> <Tag>{texts.limits.limited}</Tag></>}</> },
  { key: 'applications', label: texts.columns.applications, by: (row) => row.applications, cell: (row) => row.applications },
  { key: 'created', label: texts.columns.created, by: (row) => row.created_at, cell: (row) => <Time at={row.created_at} /> },
];

/** The page of projects. */
export function ProjectsPage({ search }: { search: ListSearch }) {
  return <ListPage to="/configuration/projects" search={search} texts={texts} query={projectsQuery} columns={COLUMNS} dialog={(row, close) => <ProjectDialog project={row} onClose={close} />} remove={deleteProject} />;
}
