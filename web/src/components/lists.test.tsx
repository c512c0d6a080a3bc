import { screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { open } from '../testing/page';
import { Stub } from '../testing/stub';

const rows = () => [...document.querySelectorAll('tbody tr:not(.space)')];
const firstNames = (count: number) => rows().slice(0, count).map((row) => row.querySelector('.lead')?.textContent);

function withApplications(count: number): Stub {
  const stub = new Stub().enter();
  for (let at = 0; at < count; at += 1) stub.application(`app-${String(at).padStart(4, '0')}`, at % 2 === 0 ? 'omega' : 'alpha');
  return stub;
}

it('asks the server for order and search, and keeps them in the address', async () => {
  const { user, stub } = open('/applications', withApplications(120));
  await waitFor(() => expect(firstNames(1)).toEqual(['app-0000']));
  await user.click(screen.getByRole('button', { name: 'Project' }));
  await waitFor(() => expect(firstNames(2)).toEqual(['app-0001', 'app-0003']));
  await user.click(screen.getByRole('button', { name: 'Project' }));
  await waitFor(() => expect(firstNames(1)).toEqual(['app-0000']));
  expect(window.location.search).toBe('?sort=-project');
  await user.type(screen.getByRole('searchbox'), '-0119');
  await waitFor(() => expect(firstNames(2)).toEqual(['app-0119']));
  expect(new URLSearchParams(window.location.search).get('search')).toBe('-0119');
  const last = stub.requests.findLast((request) => request.path === '/applications');
  expect([last?.search.get('sort'), last?.search.get('search')]).toEqual(['-project', '-0119']);
});

it('draws only rows in sight, and says how many there are once that is known', async () => {
  // Nothing has a height where nothing is drawn.
  vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(46);
  const { user } = open('/applications', withApplications(90));
  await waitFor(() => expect(document.querySelector('table.steady')).toBeTruthy());
  const table = screen.getByRole('table', { name: 'Applications' });
  await waitFor(() => expect(rows().length).toBeLessThan(50));
  if (table.getAttribute('aria-rowcount') === '-1') await user.click(screen.getByRole('button', { name: 'Show more' }));
  await waitFor(() => expect(table.getAttribute('aria-rowcount')).toBe('91'));
  expect(rows().length).toBeLessThan(50);
});

it('asks before it deletes a row, and shows why it cannot be', async () => {
  const stub = new Stub().enter();
  stub.projects.push({ id: 'p', name: 'storefront', description: '', created_at: new Date().toISOString(), version: 1, applications: 1, destinations: null, cluster_kinds: null });
  stub.answers.set('DELETE /projects/storefront', { status: 409, body: { type: '', title: '', status: 409, code: 'in_use', detail: 'The project has 1 application.' } });
  const { user } = open('/configuration/projects', stub);
  await user.click(await screen.findByRole('button', { name: /^Delete\s*storefront$/ }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: 'Delete project' }));
  await within(dialog).findByText('The project has 1 application.');
  await user.click(within(dialog).getByRole('button', { name: 'Cancel' }));
  expect(screen.queryByRole('dialog')).toBeNull();
});

it('offers nothing to change to those who may not', async () => {
  const stub = new Stub().enter('vera', [{ role: 'viewer', project: null }]);
  stub.projects.push({ id: 'p', name: 'storefront', description: '', created_at: new Date().toISOString(), version: 1, applications: 1, destinations: null, cluster_kinds: null });
  open('/configuration/projects?new=true', stub);
  await screen.findByRole('link', { name: 'storefront' });
  expect([screen.queryByRole('button', { name: /Delete|Edit/ }), screen.queryByRole('link', { name: 'New project' }), screen.queryByRole('dialog')]).toEqual([null, null, null]);
});
