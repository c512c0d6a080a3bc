// The projects of the stub.
import type { Project } from '../api/types';
import { id, missing, now, ok, page, refuse } from './stub-answers.ts';
import type { Stub } from './stub.ts';

/** The routes of projects. */
export function projects(stub: Stub) {
  stub.on('GET', '/projects', () => page(stub.projects));
  stub.on('POST', '/projects', ({ body }) => {
    const name = String(body.name);
    if (!/^[a-z][a-z0-9-]*$/.test(name)) {
      return refuse(422, 'invalid', 'The input is wrong.', { errors: [{ field: 'name', code: 'invalid_character', message: 'Use lower-case letters, digits and hyphens.' }] });
    }
    const project = { id: id(), name, description: String(body.description ?? ''), created_at: now(), version: 1, applications: 0, destinations: null, cluster_kinds: null };
    stub.projects.push(project);
    return ok(project, 201);
  });
  stub.on('PATCH', '/projects/*', ({ body }, [name]) => {
    const found = stub.projects.find((each) => each.name === name);
    if (!found) return missing();
    const at = ((body.destinations ?? []) as Project['destinations'])?.findIndex((each) => each.namespaces.length === 0) ?? -1;
    if (at >= 0) return refuse(422, 'invalid', 'The input is wrong.', { errors: [{ field: `destinations[${at}].namespaces`, code: 'required', message: 'Name at least one namespace.' }] });
    return ok(Object.assign(found, body, { version: found.version + 1 }));
  });
}
