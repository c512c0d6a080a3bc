// What the panel says of values: which secret ones are stored, and what could not be compared.
import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { defaults } from '../../testing/stub-data';

const panel = () => screen.findByRole('dialog');

function connected(): Stub {
  const stub = new Stub().enter();
  stub.environments.push(defaults.environment('production'));
  stub.application('shop', 'storefront');
  stub.answers.set('GET /gate', { status: 200, body: { open: true, active: 'acme', sentence: null, administrators: [] } });
  stub.configs.push({ active: true, name: 'acme' } as never);
  return stub;
}

it('shows the names of stored secret values, and loses no entry of a list that is entered in part', async () => {
  const stub = connected();
  stub.secrets.set('shop/production', { number: 1, keys: ['auth.password', 'hosts[0]', 'hosts[1]'], author: 'maria', created_at: '' });
  const { user } = open('/applications/shop?deploy=production&image=shop:1', stub);
  const dialog = within(await panel());
  await user.click(await dialog.findByText('Values', { selector: 'summary' }));
  await dialog.findByText('3 are stored in production');
  const state = (name: string) => dialog.getByText(name, { selector: 'li code' }).closest('li')?.querySelector('.tag')?.textContent;
  await user.click(dialog.getByRole('button', { name: 'Add a secret value' }));
  await user.type(dialog.getByLabelText('Name of secret value 1'), 'hosts[[0]');
  await user.type(dialog.getByLabelText('Secret value of hosts[0]'), 'a');
  expect(['auth.password', 'hosts[0]', 'hosts[1]'].map(state)).toEqual(['stored', 'set anew here', 'not entered here']);
  await dialog.findByText(/more of this one is stored than is entered here/);
  await user.click(dialog.getByRole('button', { name: 'Deploy 1 to production' }));
  expect(stub.deployments).toHaveLength(0);
  await user.click(dialog.getByRole('button', { name: /^Set the list anew\s*hosts\[1\]$/ }));
  await dialog.findByText(/this entry of it needs a text too, or is said to be empty/);
  await user.click(dialog.getByLabelText(/^Set an empty text\. hosts\[1\]/));
  await waitFor(() => expect(stub.requests.findLast((each) => each.path.endsWith('/preview'))?.body.secret_values).toBe('{"hosts":["a",""]}'));
  await waitFor(() => expect(dialog.queryByRole('region', { name: 'What changes' })?.parentElement?.className).not.toBe('stale'));
  await user.click(dialog.getByRole('button', { name: 'Deploy 1 to production' }));
  await waitFor(() => expect(stub.requests.find((each) => each.method === 'POST' && each.path.endsWith('/deployments'))?.body).toMatchObject({ secret_values: '{"hosts":["a",""]}' }));
});

it('sets no secret values while it is not known which are stored, and none that were typed for another environment', async () => {
  const stub = connected();
  stub.environments.push(defaults.environment('staging'));
  stub.answers.set('GET /applications/shop/secret-values', { status: 409, body: { code: 'not_sealed_with_sops', status: 409, title: '', detail: 'This is not a SOPS file.', type: '' } });
  const { user } = open('/applications/shop?deploy=production&image=shop:1', stub);
  const dialog = within(await panel());
  await user.click(await dialog.findByText('Values', { selector: 'summary' }));
  await dialog.findByText(/Which secret values are stored is not known now/);
  expect(dialog.queryByRole('button', { name: 'Add a secret value' })).toBeNull();
  stub.answers.clear();
  await user.selectOptions(dialog.getByLabelText(/^Environment/), 'staging');
  await user.click(await dialog.findByRole('button', { name: 'Add a secret value' }));
  await user.type(dialog.getByLabelText('Name of secret value 1'), 'auth.password');
  await user.type(dialog.getByLabelText('Secret value of auth.password'), 'of staging');
  await user.selectOptions(dialog.getByLabelText(/^Environment/), 'production');
  await dialog.findByRole('button', { name: 'Add a secret value' });
  expect(dialog.queryByLabelText('Name of secret value 1')).toBeNull();
  expect(stub.requests.filter((each) => each.body?.environment === 'production' && 'secret_values' in each.body)).toEqual([]);
});

it('goes in the cluster only as far as is said of that environment', async () => {
  const stub = connected();
  Object.assign(stub.environments[0]!, { cluster: 'eu' });
  stub.environments.push({ ...defaults.environment('staging'), cluster: 'eu' });
  const { user } = open('/applications/shop?deploy=staging&image=shop:1', stub);
  const dialog = within(await panel());
  await user.click(await dialog.findByText('In the cluster', { selector: 'summary' }));
  await user.click(dialog.getByLabelText(/^Delete and make anew/));
  await user.selectOptions(dialog.getByLabelText(/^Environment/), 'production');
  await waitFor(() => expect(dialog.getByLabelText<HTMLInputElement>(/^Delete and make anew/).checked).toBe(false));
  await waitFor(() => expect(dialog.queryByRole('region', { name: 'What changes' })?.parentElement?.className).not.toBe('stale'));
  await user.click(await dialog.findByRole('button', { name: 'Deploy 1 to production' }));
  await waitFor(() => expect(stub.deployments).toHaveLength(1));
  const sent = stub.requests.find((each) => each.method === 'POST' && each.path.endsWith('/deployments'))?.body;
  expect(sent).toMatchObject({ environment: 'production' });
  expect(sent).not.toHaveProperty('recreate');
});

it('says why it is not known what new defaults mean for one’s own values', async () => {
  const stub = connected();
  const cache = stub.application('cache', 'storefront');
  cache.source = { kind: 'chart', repository: 'acme', name: 'redis', version: null };
  Object.assign(stub.deployment('cache', 'production', ''), { chart: { repository: 'acme', name: 'redis', version: '20.1.0', digest: null }, end: 'stored', stage: 'finished', commit: 'c'.repeat(40) });
  const unread = 'The chart of deployment 1, acme/redis 20.1.0, cannot be read: It is gone.';
  stub.answers.set('POST /applications/cache/preview', { status: 200, body: { ...defaults.previewOf({ version: '20.2.0' }), own_values: [], own_values_unread: unread } });
  open('/applications/cache?deploy=production&version=20.2.0', stub);
  const dialog = within(await screen.findByRole('dialog', { name: 'Upgrade cache in production' }));
  const told = await dialog.findByText(unread);
  expect(told.parentElement?.textContent).toContain('What the new defaults mean for your values is not known.');
  expect(dialog.queryByText('The defaults of both versions are the same.')).toBeNull();
});
