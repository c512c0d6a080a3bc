import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { Resource } from '../../api/types';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { ok } from '../../testing/stub-answers';
import { FAILS, failing, inCluster, keyOf, objectOf } from '../../testing/stub-resources';
import { appended } from './LogView';
import { treeOf, type Branch } from './tree';

const shape = (branches: Branch[]): unknown[] => branches.map(({ resource, below }) => (below.length > 0 ? [resource.object.name, shape(below)] : resource.object.name));

describe('the tree', () => {
  it('puts below each object what it made, and what is wrong first', () => {
    expect(shape(treeOf(failing()))).toEqual([['shop', [['shop-1', ['shop-1-a']]]], 'shop']);
  });

  it('shows each object once, also when an owner does not stand before it', () => {
    const of = (name: string, parent: number | null): Resource => objectOf('Pod', name, { parent });
    expect(shape(treeOf([of('a', null), of('b', 2), of('c', 1), of('d', 3), of('e', 0), of('f', 99), of('g', -1)]))).toEqual([['a', ['e']], ['b', ['c']], 'd', 'f', 'g']);
  });

  it('keeps only so many lines of a log', () => {
    expect(appended('a\nb', 'c\nd')).toBe('a\nbc\nd');
    expect(appended('x\n'.repeat(5000), 'end').split('\n')).toHaveLength(2000);
  });
});

describe('what runs', () => {
  it('shows the objects with their health and the reason of a failing pod, live', async () => {
    const stub = inCluster(new Stub().enter(), { resources: failing() });
    open('/applications/shop/resources', stub);
    await screen.findByText(FAILS);
    const tree = screen.getByRole('region', { name: 'What runs' });
    expect([...tree.querySelectorAll('.object .tag')].map((tag) => tag.textContent)).toEqual(['Progressing', 'Progressing', 'Degraded', 'Healthy']);
    expect(tree.querySelector('header')?.textContent).toContain('Degraded');
    stub.running.get('shop/production')!.resources = [objectOf('Deployment', 'shop', { ready: 2, wanted: 2 })];
    stub.emit('resources', { application: 'shop', environment: 'production' });
    await screen.findByText(/2 of 2 ready/);
    expect(screen.queryByText(FAILS)).toBeNull();
  });

  it('says that a cluster is away, and what that means', async () => {
    open('/applications/shop/resources', inCluster(new Stub().enter(), { away: 'Nothing answers at 10.0.0.1:6443.' }));
    await screen.findByText(/What runs there goes on/);
    expect(document.body.textContent).toContain('Nothing answers at 10.0.0.1:6443.');
    expect(screen.queryByRole('region', { name: 'Drift' })).toBeNull();
  });

  it('says why there is nothing to see without a cluster, or before a deployment', async () => {
    const stub = inCluster(new Stub().enter());
    const { router } = open('/applications/shop/resources', stub);
    await screen.findByText('Nothing was released here yet');
    stub.environments[0]!.cluster = null;
    stub.emit('missed', {});
    await router.invalidate();
    open('/applications/shop/resources', stub);
    await screen.findByText(/An environment that has a cluster shows here what runs/);
  });

  it('shows what differs from Git, and who changed it', async () => {
    const drift = [{ object: keyOf('Deployment', 'shop'), missing: false, differences: [{ path: 'spec.replicas', git: '2', cluster: '5', who: { manager: 'kubectl-edit', at: new Date().toISOString() } }] }];
    open('/applications/shop/resources', inCluster(new Stub().enter(), { resources: failing(), drift }));
    const card = await screen.findByRole('region', { name: 'Drift' });
    await within(card).findByText('1 object differs');
    expect(card.textContent).toContain('changed by kubectl-edit');
    expect([...card.querySelectorAll('.del, .add')].map((each) => each.textContent)).toEqual(['- Git: 2', '+ Cluster: 5']);
  });
});

describe('one object', () => {
  const panel = () => screen.findByRole('dialog');

  it('restarts a deployment after asking once', async () => {
    const { user, stub } = open('/applications/shop/resources?object=Deployment/apps/production/shop', inCluster(new Stub().enter(), { resources: failing() }));
    await user.click(await within(await panel()).findByRole('button', { name: 'Restart' }));
    const question = await screen.findByRole('dialog', { name: 'Restart shop?' });
    await user.click(within(question).getByRole('button', { name: 'Restart' }));
    await waitFor(() => expect(stub.requests.find((each) => each.path.endsWith('/restart'))?.body).toEqual({ kind: 'Deployment', name: 'shop' }));
    await waitFor(() => expect(screen.queryByRole('dialog', { name: 'Restart shop?' })).toBeNull());
  });

  it('scales it from the count that is wanted now, and takes no other text than a number', async () => {
    const { user, stub } = open('/applications/shop/resources?object=Deployment/apps/production/shop', inCluster(new Stub().enter(), { resources: failing() }));
    await user.click(await within(await panel()).findByRole('button', { name: 'Scale' }));
    const dialog = await screen.findByRole('dialog', { name: 'Scale shop' });
    const field = within(dialog).getByLabelText<HTMLInputElement>('Pods');
    expect(field.value).toBe('2');
    await user.clear(field);
    await user.type(field, '-1{Enter}');
    await within(dialog).findByText('Give a whole number, 0 or more.');
    expect(stub.requests.some((each) => each.path.endsWith('/scale'))).toBe(false);
    await user.clear(field);
    await user.type(field, '400{Enter}');
    await within(dialog).findAllByText('At most 100 pods.');
    await user.clear(field);
    await user.type(field, '3{Enter}');
    await screen.findAllByText(/0 of 3 ready/);
  });

  it('offers nothing to change to viewers, nor of what the cluster made itself', async () => {
    open('/applications/shop/resources?object=Deployment/apps/production/shop', inCluster(new Stub().enter('vera', [{ role: 'viewer', project: 'storefront' }]), { resources: failing() }));
    await panel();
    expect(screen.queryByRole('button', { name: /Restart|Scale/ })).toBeNull();
  });

  it('shows the events of a pod, and its log as it is written, container by container', async () => {
    const event = (name: string, message: string) => ({ object: keyOf('Pod', name), type: 'Warning', reason: 'Failed', message, count: 3, last_at: new Date().toISOString() });
    const stub = inCluster(new Stub().enter(), { resources: failing(), events: [event('shop-1-a', 'Back-off pulling the image'), event('other', 'of another')] });
    const { user } = open('/applications/shop/resources?object=Pod//production/shop-1-a', stub);
    // The stub answers JSON; a log is text that goes on.
    const plain = globalThis.fetch;
    let write: (text: string) => void = () => {};
    const asked: string[] = [];
    vi.stubGlobal('fetch', (address: string, init?: RequestInit) => {
      if (!address.includes('/logs')) return plain(address, init);
      asked.push(address);
      const body = new ReadableStream({ start: (controller) => void (write = (text) => controller.enqueue(new TextEncoder().encode(text))) });
      return Promise.resolve(new Response(body));
    });
    const dialog = await panel();
    await within(dialog).findByText('Back-off pulling the image');
    expect(within(within(dialog).getByRole('region', { name: 'Events of shop-1-a' })).queryByText('of another')).toBeNull();
    await waitFor(() => expect(asked.at(-1)).toContain('pod=shop-1-a&container=shop&lines=200&follow=true'));
    write('first line\nsecond');
    const log = within(dialog).getByLabelText('Logs of shop-1-a', { selector: 'pre' });
    await waitFor(() => expect(log.textContent).toBe('first line\nsecond'));
    write(' line\n');
    await waitFor(() => expect(log.textContent).toBe('first line\nsecond line\n'));
    await user.selectOptions(within(dialog).getByLabelText('Container'), 'proxy');
    await waitFor(() => expect(asked.at(-1)).toContain('container=proxy'));
    expect(log.textContent).toBe('');
    await user.click(within(dialog).getByLabelText('Follow'));
    await waitFor(() => expect(asked.at(-1)).not.toContain('follow'));
  });
});

describe('deleting an application', () => {
  it('says that what runs goes first, and can be finished without a cluster that is away', async () => {
    const stub = inCluster(new Stub().enter(), { away: 'Nothing answers.' });
    stub.deployment('shop', 'production', 'shop:1');
    stub.on('DELETE', '/applications/*', () => ok(undefined, 204));
    const { user } = open('/applications/shop/repository', stub);
    await user.click(await screen.findByRole('button', { name: 'Delete application' }));
    const first = await screen.findByRole('dialog');
    await within(first).findByText(/What runs of it in local is removed first/);
    await user.click(within(first).getByRole('button', { name: 'Cancel' }));
    expect(screen.queryByRole('button', { name: 'Finish without the cluster' })).toBeNull();
    Object.assign(stub.applications[0]!, { deleting_at: new Date().toISOString(), deletion_failure: 'The cluster local does not answer.' });
    await waitFor(() => {
      stub.emit('application', {});
      expect(screen.getByRole('button', { name: 'Finish without the cluster' })).toBeTruthy();
    });
    await user.click(screen.getByRole('button', { name: 'Finish without the cluster' }));
    const dialog = await screen.findByRole('dialog', { name: 'Delete shop without the cluster?' });
    await user.type(within(dialog).getByLabelText('Type the name to confirm'), 'shop{Enter}');
    await waitFor(() => expect(stub.requests.find((each) => each.method === 'DELETE')?.search.get('abandon_cluster')).toBe('true'));
  });
});
