import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';

function limited() {
  const stub = new Stub().enter();
  const project = { id: 'p1', name: 'web', description: 'Ours', created_at: new Date().toISOString(), version: 3, applications: 1 };
  stub.projects.push({ ...project, destinations: [{ cluster: 'eu', namespaces: ['shop-*', 'shop'] }], cluster_kinds: null });
  return stub;
}

const sent = (stub: Stub) => stub.requests.filter((each) => each.method === 'PATCH').map((each) => each.body);

async function edit(stub: Stub) {
  const { user } = open('/configuration/projects', stub);
  await user.click(await screen.findByRole('button', { name: /^Edit\s*web$/ }));
  return { user, form: within(await screen.findByRole('dialog')) };
}

it('shows the limits of a project, and changes them line by line', async () => {
  const stub = limited();
  const { user, form } = await edit(stub);
  const where = form.getByLabelText<HTMLTextAreaElement>('Clusters and namespaces');
  expect(where.value).toBe('eu:shop-*,shop');
  await user.type(where, '\ntest-*: *');
  await user.click(form.getByLabelText(/^Of the whole cluster/));
  await user.type(form.getByLabelText('Kinds of the whole cluster'), 'Namespace\n*.cert-manager.io');
  await user.click(form.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  const destinations = [{ cluster: 'eu', namespaces: ['shop-*', 'shop'] }, { cluster: 'test-*', namespaces: ['*'] }];
  expect(sent(stub)).toEqual([{ description: 'Ours', destinations, cluster_kinds: ['Namespace', '*.cert-manager.io'] }]);
  expect(screen.getByText('Limited')).toBeTruthy();
});

it('says at the field which line is wrong, and takes limits away', async () => {
  const stub = limited();
  const { user, form } = await edit(stub);
  await user.type(form.getByLabelText('Clusters and namespaces'), '\nus');
  await user.click(form.getByRole('button', { name: 'Save' }));
  await form.findAllByText(/at least one namespace/);
  expect(form.getByLabelText('Clusters and namespaces').getAttribute('aria-invalid')).toBe('true');
  await user.click(form.getByLabelText(/^Its applications run only/));
  await user.click(form.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(sent(stub)[1]).toEqual({ description: 'Ours', destinations: null, cluster_kinds: null });
});
