// Projects.
import { queryOptions } from '@tanstack/react-query';
import { call, part } from '../../api/http';
import type { Page, Project } from '../../api/types';

export const projectsQuery = queryOptions({ queryKey: ['projects'], queryFn: () => call<Page<Project>>('GET', '/projects?limit=200') });

export const createProject = (input: { name: string; description: string }) => call<Project>('POST', '/projects', { body: input });

export const changeProject = (project: Project, input: { description: string } & Partial<Pick<Project, 'destinations' | 'cluster_kinds'>>) =>
  call<Project>('PATCH', `/projects/${part(project.name)}`, { body: input, version: project.version });

export const deleteProject = (project: Project) => call<void>('DELETE', `/projects/${part(project.name)}`, { version: project.version });
