import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { clusterOf } from '../../testing/stub-clusters';
import { defaults } from '../../testing/stub-data';

const dialog = () => screen.findByRole('dialog');

it('makes one in a cluster, whose versions are not asked for', async () => {
  const stub = new Stub().enter();
  stub.clusters.push(clusterOf('local'));
  const { user } = open('/environments?new=true', stub);
  const form = within(await dialog());
  await user.type(form.getByLabelText(/^Name\s/), 'production');
  expect(form.getByLabelText('Kubernetes version')).toBeTruthy();
  await user.selectOptions(await form.findByLabelText('Cluster'), 'local');
  expect([form.queryByLabelText('Kubernetes version'), form.queryByLabelText('Further API versions')]).toEqual([null, null]);
  await user.click(form.getByLabelText(/^Correct it/));
  await user.click(form.getByRole('button', { name: 'New environment' }));
  await screen.findByText('Trueline applies it');
  expect(screen.getByRole('link', { name: 'local' }).getAttribute('href')).toBe('/clusters/local');
  const sent = stub.requests.find((each) => each.method === 'POST')!.body;
  expect(sent).toMatchObject({ name: 'production', namespace: 'production', cluster: 'local', drift: 'correct' });
  expect(sent).not.toHaveProperty('kubernetes_version');
});

it('makes one of Git only, which is the way without a cluster', async () => {
  const { user, stub } = open('/environments?new=true');
  const form = within(await dialog());
  await user.type(form.getByLabelText(/^Name\s/), 'dev{Enter}');
  await screen.findByText('none: stored in Git only');
  const sent = stub.requests.find((each) => each.method === 'POST')!.body;
  expect(sent).toMatchObject({ kubernetes_version: '1.36.3', api_versions: [] });
  expect([sent.cluster, sent.drift]).toEqual([undefined, undefined]);
});

it('sends cluster and namespace only when they change, and says why they may not', async () => {
  const stub = new Stub().enter();
  stub.clusters.push(clusterOf('local'), clusterOf('other'));
  stub.environments.push({ ...defaults.environment('production'), cluster: 'local', engine: 'apply' });
  stub.answers.set('PATCH /environments/production', { status: 409, body: { code: 'environment_deployed', status: 409, title: '', detail: 'shop runs in production: remove it first.', type: '' } });
  const { user } = open('/environments', stub);
  await user.click(await screen.findByRole('button', { name: /^Edit\s*production$/ }));
  const form = within(await dialog());
  const bodies = () => stub.requests.filter((each) => each.method === 'PATCH').map((each) => each.body);
  await user.click(form.getByRole('button', { name: 'Save' }));
  await form.findByText(/shop runs in production/);
  expect(Object.keys(bodies()[0]!)).toEqual(['description', 'crds', 'recipients', 'drift']);
  await user.selectOptions(form.getByLabelText('Cluster'), 'None: Git only');
  await user.clear(form.getByLabelText('Namespace'));
  await user.type(form.getByLabelText('Namespace'), 'live');
  await user.click(form.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(bodies()[1]).toMatchObject({ cluster: '', namespace: 'live', kubernetes_version: '1.36.3' }));
});

it('keeps what was written when it is left by the browser’s Back, and says that it is back', async () => {
  const { user, router } = open('/environments');
  await user.click((await screen.findAllByRole('link', { name: 'New environment' }))[0]!);
  await user.type(within(await dialog()).getByLabelText(/^Name\s/), 'staging');
  expect(screen.queryByText(/What you had written/)).toBeNull();
  router.history.back();
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await user.click((await screen.findAllByRole('link', { name: 'New environment' }))[0]!);
  const form = within(await dialog());
  expect(form.getByText('What you had written is back; it is not saved.')).toBeTruthy();
  expect(form.getByLabelText<HTMLInputElement>(/^Name\s/).value).toBe('staging');
  await user.click(form.getByRole('button', { name: 'Discard it' }));
  expect(form.getByLabelText<HTMLInputElement>(/^Name\s/).value).toBe('');
  expect(form.queryByText(/What you had written/)).toBeNull();
});
