import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { Resource } from '../../api/types';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { ok } from '../../testing/stub-answers';
import { FAILS, failing, inCluster, keyOf, objectOf, type Running } from '../../testing/stub-resources';
import { appended } from './LogView';
import { treeOf, worst, type Branch } from './tree';

const shape = (branches: Branch[]): unknown[] => branches.map(({ resource, below }) => (below.length > 0 ? [resource.object.name, shape(below)] : resource.object.name));

describe('the tree', () => {
  it('puts below each object what it made, and what is wrong first', () => {
    expect(shape(treeOf(failing()))).toEqual([['shop', [['shop-1', ['shop-1-a']]]], 'shop']);
    const [deployment] = treeOf(failing());
    expect(worst(deployment!)).toBe('degraded');
    expect(shape(treeOf([objectOf('Job', 'a', { status: 'progressing' }), objectOf('Job', 'b', { status: 'degraded' }), objectOf('Job', 'c')]))).toEqual(['b', 'a', 'c']);
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
    await waitFor(() => expect(stub.requests.find((each) => each.path.endsWith('/restart'))?.body).toEqual(keyOf('Deployment', 'shop')));
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
    expect(stub.requests.filter((each) => each.path.endsWith('/scale')).at(-1)?.body).toEqual({ ...keyOf('Deployment', 'shop'), replicas: 3 });
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
    expect(asked.at(-1)).not.toContain('previous');
  });
});

describe('a log that cannot be read', () => {
  const answering = (problem: { code: string; status: number; detail: string } | null, text = '') => {
    const plain = globalThis.fetch;
    const asked: string[] = [];
    const answers = { now: problem };
    vi.stubGlobal('fetch', (address: string, init?: RequestInit) => {
      if (!address.includes('/logs')) return plain(address, init);
      asked.push(address);
      return Promise.resolve(answers.now ? new Response(JSON.stringify({ type: '', title: '', ...answers.now }), { status: answers.now.status }) : new Response(text));
    });
    return { asked, answers };
  };
  const pod = () => inCluster(new Stub().enter(), { resources: failing() });
  const page = '/applications/shop/resources?object=Pod//production/shop-1-a';

  it('waits for a container that has not started, and reads it then to its end', async () => {
    const { user } = open(page, pod());
    const { asked, answers } = answering({ code: 'container_not_started', status: 409, detail: 'The container of shop-1-a has not started yet (ContainerCreating).' }, 'hello\n');
    const dialog = await screen.findByRole('region', { name: 'Logs of shop-1-a' });
    await within(dialog).findByText(/has not started yet.*asked for again by itself/);
    expect(within(dialog).queryByRole('alert')).toBeNull();
    answers.now = null;
    await waitFor(() => expect(within(dialog).getByRole('log').textContent).toBe('hello\n'));
    await within(dialog).findByText(/The log has ended/);
    const before = asked.length;
    await user.click(within(dialog).getByRole('button', { name: 'Read again' }));
    await waitFor(() => expect(asked.length).toBe(before + 1));
    await waitFor(() => expect(within(dialog).getByRole('log').textContent).toBe('hello\n'));
  });

  it('reads what the container before wrote, or says that there was none', async () => {
    const { user } = open(page, pod());
    const { asked, answers } = answering(null, 'panic: out of memory\n');
    const dialog = await screen.findByRole('region', { name: 'Logs of shop-1-a' });
    await user.click(within(dialog).getByLabelText(/^Of the container before this one/));
    await waitFor(() => expect(asked.at(-1)).toMatch(/lines=200&previous=true$/));
    await waitFor(() => expect(within(dialog).getByRole('log').textContent).toBe('panic: out of memory\n'));
    expect([within(dialog).queryByLabelText('Follow'), within(dialog).queryByText(/The log has ended/)]).toEqual([null, null]);
    answers.now = { code: 'no_container_before', status: 409, detail: 'The container of shop-1-a was not started anew.' };
    await user.click(within(dialog).getByRole('button', { name: 'Read again' }));
    await within(dialog).findByText('The container of shop-1-a was not started anew.');
    expect(within(dialog).queryByRole('alert')).toBeNull();
  });

  it('says that a pod is gone without alarm, and anything else with', async () => {
    open(page, pod());
    const { answers } = answering({ code: 'not_found', status: 404, detail: 'There is no pod.' });
    const dialog = await screen.findByRole('region', { name: 'Logs of shop-1-a' });
    await within(dialog).findByText(/This pod is not there any more/);
    expect(within(dialog).queryByRole('alert')).toBeNull();
    answers.now = { code: 'forbidden', status: 403, detail: 'The API server says: pods/log is forbidden.' };
    within(dialog).getByRole('button', { name: 'Read again' }).click();
    expect((await within(dialog).findByRole('alert')).textContent).toContain('pods/log is forbidden');
  });
});

describe('deleting an application', () => {
  const running = (change: Partial<Running> = {}) => {
    const stub = inCluster(new Stub().enter(), { resources: [objectOf('Deployment', 'shop'), objectOf('PersistentVolumeClaim', 'data')], ...change });
    stub.deployment('shop', 'production', 'shop:1');
    stub.on('DELETE', '/applications/*', () => ok(undefined, 204));
    return stub;
  };
  const claim = keyOf('PersistentVolumeClaim', 'data');
  const sent = (stub: Stub) => Object.fromEntries(stub.requests.find((each) => each.method === 'DELETE')?.search ?? []);

  it('shows what goes, what stays and why, and keeps what holds data unless told otherwise', async () => {
    const leaving = { goes: [keyOf('Deployment', 'shop')], stays: [{ object: claim, why: 'it holds data' }], data: [claim] };
    const { user, stub } = open('/applications/shop/repository', running({ leaving }));
    await user.click(await screen.findByRole('button', { name: 'Delete application' }));
    const dialog = await screen.findByRole('dialog', { name: 'Delete shop?' });
    const place = within(await within(dialog).findByRole('region', { name: 'production' }));
    expect(place.getByText('1 object goes').closest('div')?.textContent).toContain('Deployment production/shop');
    expect(place.getByText('1 object stays').closest('div')?.textContent).toContain('PersistentVolumeClaim production/data it holds data');
    expect(stub.requests.find((each) => each.path.endsWith('/deletion'))?.search.get('keep_data')).toBe('true');
    await user.type(within(dialog).getByLabelText('Type the name to confirm'), 'shopp{Enter}');
    await within(dialog).findAllByText('Type shop, as it is written here.');
    expect(sent(stub)).toEqual({});
    await user.type(within(dialog).getByLabelText('Type the name to confirm'), '{Backspace}{Enter}');
    await waitFor(() => expect(sent(stub)).toEqual({ keep_data: 'true' }));
  });

  it('deletes data only when that is chosen, and what other tools mark only as it was shown', async () => {
    const goes = [keyOf('Deployment', 'shop'), claim, keyOf('Service', 'shop')];
    const waiting = { digest: 'd7', objects: [claim, keyOf('Service', 'shop')], reasons: ['Argo CD marks it as its own.'] };
    const { user, stub } = open('/applications/shop/repository', running({ leaving: { goes, data: [claim], waiting } }));
    await user.click(await screen.findByRole('button', { name: 'Delete application' }));
    const dialog = await screen.findByRole('dialog', { name: 'Delete shop?' });
    await user.click(await within(dialog).findByLabelText(/^Delete it, with all that is in it/));
    const place = within(await within(dialog).findByRole('region', { name: 'production' }));
    await waitFor(() => expect(stub.requests.findLast((each) => each.path.endsWith('/deletion'))?.search.get('keep_data')).toBeNull());
    expect(place.getByText('1 object waits').closest('div')?.textContent).toContain('Service production/shop Argo CD marks it as its own.');
    expect(place.getByText('2 objects go').closest('div')?.textContent).toContain('PersistentVolumeClaim production/data with the data in it');
    await user.click(within(dialog).getByLabelText(/^Also what other tools mark as theirs/));
    await place.findByText('3 objects go');
    await user.type(within(dialog).getByLabelText('Type the name to confirm'), 'shop{Enter}');
    await waitFor(() => expect(sent(stub)).toEqual({ cluster_data: 'true', confirmed: 'production:d7' }));
  });

  it('asks nothing of clusters where nothing runs in one', async () => {
    const stub = running();
    stub.environments[0]!.cluster = null;
    const { user } = open('/applications/shop/repository', stub);
    await user.click(await screen.findByRole('button', { name: 'Delete application' }));
    await user.type(within(await screen.findByRole('dialog')).getByLabelText('Type the name to confirm'), 'shop{Enter}');
    await waitFor(() => expect(stub.requests.some((each) => each.method === 'DELETE')).toBe(true));
    expect([sent(stub), stub.requests.some((each) => each.path.endsWith('/deletion'))]).toEqual([{}, false]);
  });

  it('does without the hooks once one fails, and that is chosen', async () => {
    const stub = running();
    const { user } = open('/applications/shop', stub);
    const again = async (failure: string, code: string) => {
      Object.assign(stub.applications[0]!, { deleting_at: new Date().toISOString(), deletion_failure: failure, deletion_failure_code: code });
      await waitFor(() => {
        stub.emit('application', {});
        expect(screen.getByText(new RegExp(failure.slice(0, 20)))).toBeTruthy();
      });
      await user.click(await screen.findByRole('button', { name: 'Choose again' }));
      return within(await screen.findByRole('dialog', { name: 'Delete shop?' }));
    };
    const other = await again('The cluster local does not answer. Its docs say skip_hooks=true.', 'cluster_first');
    await other.findByRole('region', { name: 'production' });
    expect(other.queryByLabelText(/^Do without its hooks/)).toBeNull();
    await user.click(other.getByRole('button', { name: 'Cancel' }));
    const why = 'The cluster local did not take Job production/farewell: the pre-delete hook failed.';
    const dialog = await again(why, 'hook_failed');
    expect((await dialog.findByText('A hook of the chart holds the deletion up.')).parentElement?.textContent).toContain('the pre-delete hook failed');
    const skip = dialog.getByLabelText<HTMLInputElement>(/^Do without its hooks/);
    expect(skip.checked).toBe(false);
    await user.click(skip);
    await user.type(dialog.getByLabelText('Type the name to confirm'), 'shop{Enter}');
    await waitFor(() => expect(sent(stub)).toEqual({ keep_data: 'true', skip_hooks: 'true' }));
  });

  it('says that what runs goes first, and can be finished without a cluster that is away', async () => {
    const stub = inCluster(new Stub().enter(), { away: 'Nothing answers.' });
    stub.deployment('shop', 'production', 'shop:1');
    stub.on('DELETE', '/applications/*', () => ok(undefined, 204));
    const { user } = open('/applications/shop/repository', stub);
    await user.click(await screen.findByRole('button', { name: 'Delete application' }));
    const first = await screen.findByRole('dialog');
    await within(first).findByText(/What runs of it in local is removed first/);
    await within(first).findByText(/Nothing answers\. What is there is not known now/);
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
