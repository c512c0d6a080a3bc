import { cleanup, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { checkOf, clusterOf } from '../../testing/stub-clusters';
import { inputOf } from './ClusterDialog';
import { contextsOf } from './kubeconfig';

const KUBECONFIG = `apiVersion: v1
kind: Config
current-context: two
clusters:
  - name: a
    cluster: {server: "https://a.acme.dev:6443"}
contexts:
  - name: one
    context: {cluster: a, user: x}
  - name: two
    context: {cluster: gone, user: x}
users: [{name: x, user: {token: planted-token}}]
`;

describe('a kubeconfig', () => {
  it('has contexts to choose from, with their servers', async () => {
    expect(await contextsOf(KUBECONFIG)).toEqual({ current: 'two', contexts: [{ name: 'one', server: 'https://a.acme.dev:6443' }, { name: 'two', server: '' }] });
  });

  it('is none when it is another text, whatever that is', async () => {
    const others = ['a', '[1, 2]', 'contexts: 3', 'contexts: [1]', '{', 'apiVersion: v1', `a: &a [x]\nb: &b [*a, *a]\ncontexts: [*b]`];
    expect(await Promise.all(others.map(contextsOf))).toEqual(others.map(() => null));
  });

  it('is left out of what is sent when it is empty, so that the stored one stays', () => {
    const value = { name: 'a', kubeconfig: ' ', context: '', createNamespaces: false };
    expect(inputOf(value)).toEqual({ context: '', create_namespaces: false });
    expect(inputOf({ ...value, kubeconfig: 'x', context: 'one' })).toEqual({ source: 'kubeconfig', kubeconfig: 'x', context: 'one', create_namespaces: false });
  });
});

describe('the list', () => {
  it('says what a cluster is for, and adds one by its kubeconfig, of which nothing is kept', async () => {
    const { user, stub } = open('/clusters');
    await screen.findByText(/Without one an environment is kept in Git only/);
    await user.click(screen.getAllByRole('link', { name: 'Add a cluster' })[0]!);
    const dialog = await screen.findByRole('dialog');
    await user.type(within(dialog).getByLabelText(/^Name/), 'production');
    await user.click(within(dialog).getByLabelText(/^Kubeconfig/));
    await user.paste(KUBECONFIG);
    await user.selectOptions(await within(dialog).findByLabelText(/^Context/), 'one, https://a.acme.dev:6443');
    expect(JSON.stringify({ ...localStorage })).not.toContain('planted-token');
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    await screen.findByRole('link', { name: 'production' });
    expect(screen.getByText('Reachable')).toBeTruthy();
    expect(screen.getByText('v1.36.3')).toBeTruthy();
    const sent = stub.requests.find((each) => each.method === 'PUT')!;
    expect([sent.path, sent.headers['if-none-match'], sent.body]).toEqual(['/clusters/production', '*', { source: 'kubeconfig', kubeconfig: KUBECONFIG, context: 'one', create_namespaces: true }]);
    expect(JSON.stringify({ ...localStorage })).toBe('{}');
  });

  it('takes a file, and says when it is no kubeconfig', async () => {
    const { user } = open('/clusters?new=true');
    const dialog = await screen.findByRole('dialog');
    await user.upload(dialog.querySelector<HTMLInputElement>('input[type="file"]')!, new File(['# nothing\n'], 'notes.txt'));
    await within(dialog).findByText('notes.txt is read.');
    await within(dialog).findByText(/This is no kubeconfig/);
    await user.upload(dialog.querySelector<HTMLInputElement>('input[type="file"]')!, new File([KUBECONFIG], 'config'));
    await within(dialog).findByLabelText(/^Context/);
    expect(within(dialog).queryByText(/This is no kubeconfig/)).toBeNull();
  });

  it('shows the stages of a check that failed, and that nothing was saved', async () => {
    const { user, stub } = open('/clusters?new=true');
    const dialog = await screen.findByRole('dialog');
    await user.type(within(dialog).getByLabelText(/^Name/), 'production');
    await user.click(within(dialog).getByLabelText(/^Kubeconfig/));
    await user.paste(KUBECONFIG.replace('planted-token', 'wrong-ca'));
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    await within(dialog).findByText('Its certificate is of an authority that the kubeconfig does not name.');
    const stages = within(dialog).getByRole('list', { name: 'Check' });
    expect([...stages.querySelectorAll('li')].map((each) => each.dataset.state)).toEqual(['passed', 'failed', 'skipped', 'skipped', 'skipped']);
    expect(within(dialog).getByRole('alert').textContent).toContain('Nothing was saved.');
    expect(stub.clusters).toEqual([]);
  });

  it('refuses to remove one that is used, and names by what', async () => {
    const stub = new Stub().enter();
    stub.clusters.push(clusterOf('production', { environments: ['staging', 'live'] }));
    const { user } = open('/clusters', stub);
    await screen.findByText('staging, live');
    await user.click(screen.getByRole('button', { name: /^Remove\s*production$/ }));
    const question = await screen.findByRole('dialog');
    await user.click(within(question).getByRole('button', { name: 'Remove cluster' }));
    await within(question).findByText(/is used by staging, live/);
    stub.clusters[0]!.environments = [];
    await user.click(within(question).getByRole('button', { name: 'Remove cluster' }));
    await screen.findByText('No clusters yet');
  });

  it('offers nothing to change to those who may not', async () => {
    const stub = new Stub().enter('vera', [{ role: 'viewer', project: null }]);
    stub.clusters.push(clusterOf('production'));
    open('/clusters?new=true', stub);
    await screen.findByRole('link', { name: 'production' });
    expect([screen.queryByRole('button', { name: /Edit|Remove/ }), screen.queryByRole('dialog')]).toEqual([null, null]);
  });
});

describe('one cluster', () => {
  it('does not say that it was never checked to those who are not told what a check found', async () => {
    const stub = new Stub().enter('vera', [{ role: 'viewer', project: null }]);
    stub.clusters.push(clusterOf('local', { check: null }), clusterOf('fresh', { check: null, state: 'unchecked' }));
    open('/clusters/local', stub);
    await screen.findByText(/It was checked; administrators see/);
    cleanup();
    open('/clusters', stub);
    await screen.findByText('administrators see it');
    expect(screen.getAllByText('never')).toHaveLength(1);
  });

  it('is checked, and tells which rights are missing with the roles to copy', async () => {
    const stub = new Stub().enter();
    stub.clusters.push(clusterOf('production', { check: checkOf(undefined, true) }));
    const { user } = open('/clusters/production', stub);
    await screen.findByText('Passed, with warnings');
    const missing = screen.getByRole('region', { name: 'Missing rights' });
    expect(missing.textContent).toContain('patch deployments.apps');
    expect(missing.textContent).toContain('kind: ClusterRole');
    expect(within(missing).getByRole('button', { name: /Copy the manifest/ })).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Check now' }));
    await waitFor(() => expect(screen.queryByRole('region', { name: 'Missing rights' })).toBeNull());
  });

  it('says what it means that a cluster is away, and follows it back', async () => {
    const stub = new Stub().enter();
    stub.clusters.push(clusterOf('production', { state: 'away' }));
    const { user } = open('/clusters/production', stub);
    await screen.findByText(/nothing is changed or removed until it is back/);
    await user.click(screen.getByRole('button', { name: 'Check now' }));
    await screen.findByText('Nothing answers at 10.0.0.1:6443.');
    stub.clusters[0] = clusterOf('production');
    await waitFor(() => {
      stub.emit('cluster', stub.clusters[0]);
      expect(screen.getByText('Reachable')).toBeTruthy();
    });
    expect(screen.queryByText(/until it is back/)).toBeNull();
  });

  it('keeps the stored kubeconfig when only its context changes, on the version that was seen', async () => {
    const stub = new Stub().enter();
    stub.clusters.push(clusterOf('production', { version: 4 }));
    const { user } = open('/clusters/production', stub);
    await user.click(await screen.findByRole('button', { name: 'Edit' }));
    const dialog = await screen.findByRole('dialog');
    await user.click(within(dialog).getByLabelText(/Create namespaces/));
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    const sent = stub.requests.find((each) => each.method === 'PUT')!;
    expect([sent.headers['if-match'], sent.body]).toEqual(['"4"', { context: 'admin@production', create_namespaces: false }]);
  });
});
