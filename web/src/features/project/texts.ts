/** The texts of projects. */
export const texts = {
  title: 'Projects',
  lead: 'A project is a team’s applications. Roles are given in projects.',
  create: 'New project',
  edit: 'Edit',
  empty: 'No projects yet',
  emptyHint: 'Make one for each team. Applications belong to a project, and so do the roles of people.',
  name: 'Name',
  nameHint: 'Lower-case letters, digits and hyphens. It cannot be changed later.',
  description: 'Description',
  columns: { name: 'Name', description: 'Description', applications: 'Applications', created: 'Created', actions: '' },
  saved: (name: string) => `The project ${name} is saved.`,
  save: 'Save',
  deleteOne: 'Delete',
  delete: 'Delete project',
  deleteAsk: (name: string) => `Delete the project ${name}?`,
  deleteWords: 'Only a project without applications can be deleted.',
};
