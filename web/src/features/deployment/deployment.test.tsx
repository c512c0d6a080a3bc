import { cleanup, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../api/types';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { defaults } from '../../testing/stub-data';
import { inCluster, objectOf } from '../../testing/stub-resources';
import { previousTags } from './DeploymentTable';
import { isComplete, recentImages, tagOf } from './image';
import { stepsOf } from './stages';

const DIGEST = `sha256:${'0123456789ab'.padEnd(64, 'c')}`;

const deployment = (change: Partial<Deployment> = {}): Deployment => ({ ...defaults.deployment('shop', 'production', 'shop:1'), id: '1', number: 1, created_at: '', ...change });

describe('rules', () => {
  it('calls an image by its tag, else by its digest', () => {
    expect(['registry.acme.dev:5000/shop:1.4.2', `shop@${DIGEST}`, `shop:1@${DIGEST}`, 'registry.acme.dev:5000/shop', ''].map(tagOf)).toEqual(['1.4.2', '0123456789ab', '1', 'registry.acme.dev:5000/shop', '']);
    expect(['shop:1', 'registry.acme.dev:5000/a/shop:1.4.2', `shop@${DIGEST}`].map(isComplete)).toEqual([true, true, true]);
    expect(['', 'shop', 'shop:', 'a b:1', 'registry.acme.dev:5000/shop', 'shop@sha256:12'].map(isComplete)).toEqual([false, false, false, false, false, false]);
    expect(recentImages(['a:1', 'b:1', 'a:1'], 2)).toEqual(['a:1', 'b:1']);
  });

  it('tells for each stage whether it passed, goes on, failed or was not tried', () => {
    const states = (change: Partial<Deployment>) => stepsOf(deployment(change)).map((step) => step.state);
    const rendered = { stage: 'rendered' as const, at: '', milliseconds: 9, note: '' };
    expect(states({})).toEqual(['running', 'waiting', 'waiting']);
    expect(states({ stage: 'rendered', timeline: [rendered] })).toEqual(['passed', 'running', 'waiting']);
    expect(states({ stage: 'rendered', timeline: [rendered], end: 'failed' })).toEqual(['passed', 'failed', 'skipped']);
    expect(states({ stage: 'finished', timeline: [], end: 'failed' })).toEqual(['failed', 'skipped', 'skipped']);
    expect(states({ end: 'superseded', stage: 'finished' })).toEqual(['skipped', 'skipped', 'skipped']);
    expect(states({ end: 'stored', stage: 'finished' })).toEqual(['passed', 'passed', 'passed']);
  });

  it('tells in a cluster also whether it became healthy', () => {
    const states = (change: Partial<Deployment>, ...passed: Deployment['stage'][]) =>
      stepsOf(deployment({ cluster: 'local', timeline: passed.map((stage) => ({ stage, at: '', milliseconds: 9, note: '' })), ...change })).map((step) => step.state).join(' ');
    expect(states({ stage: 'committed' }, 'rendered', 'committed')).toBe('passed passed running waiting');
    expect(states({ stage: 'released' }, 'rendered', 'committed', 'released')).toBe('passed passed passed running');
    expect(states({ stage: 'finished', end: 'healthy' }, 'rendered', 'committed', 'released', 'finished')).toBe('passed passed passed passed');
    expect(states({ stage: 'finished', end: 'degraded' }, 'rendered', 'committed', 'released', 'finished')).toBe('passed passed passed failed');
    expect(states({ stage: 'finished', end: 'failed' }, 'rendered', 'committed', 'finished')).toBe('passed passed failed skipped');
    expect(states({ stage: 'finished', end: 'superseded' }, 'rendered', 'committed', 'released', 'finished')).toBe('passed passed passed skipped');
  });

  it('knows what each deployment changed the image from', () => {
    const of = (number: number, environment: string, image: string, end: Deployment['end'] = 'stored') => deployment({ number, environment, image, end });
    const before = previousTags([of(4, 'dev', 'shop:3'), of(3, 'dev', 'shop:2', 'failed'), of(2, 'production', 'shop:1'), of(1, 'dev', 'shop:1')]);
    expect([...before]).toEqual([[3, '1'], [4, '1']]);
  });
});

function ready(): Stub {
  const stub = new Stub().enter();
  stub.projects.push({ id: 'p', name: 'storefront', description: '', created_at: new Date().toISOString(), version: 1, applications: 1, destinations: null, cluster_kinds: null });
  stub.environments.push(defaults.environment('production'));
  stub.application('shop', 'storefront');
  return stub;
}

const connected = () => {
  const stub = ready();
  stub.answers.set('GET /gate', { status: 200, body: { open: true, active: 'acme', sentence: null, administrators: [] } });
  stub.configs.push({ active: true, name: 'acme' } as never);
  return stub;
};

describe('the panel', () => {
  const panel = () => screen.findByRole('dialog');

  it('shows what changes, deploys what was shown, and follows the stages', async () => {
    const { user, stub } = open('/applications/shop?deploy=production', connected());
    const dialog = await panel();
    await user.type(await within(dialog).findByLabelText(/Image/), 'registry.acme.dev/shop:1.4.2');
    await within(dialog).findByText(/1 of 3 objects changes/);
    await waitFor(() => expect(dialog.querySelector('.add')?.textContent).toContain('shop:1.4.2'));
    await user.click(within(dialog).getByRole('button', { name: 'Deploy 1.4.2 to production' }));
    await waitFor(() => expect(document.querySelectorAll('dialog [data-state="passed"]')).toHaveLength(3));
    expect(stub.requests.find((request) => request.method === 'POST' && request.path.endsWith('/deployments'))?.body).toMatchObject({ digest: 'd'.repeat(64) });
    expect(window.location.search).toContain('deployment=1');
    expect((await panel()).querySelector('a[href*="/commit/c1a90b7"]')).toBeTruthy();
  });

  it('refuses an image without a tag before asking the server', async () => {
    const { user, stub } = open('/applications/shop?deploy=production', connected());
    await user.type(await within(await panel()).findByLabelText(/Image/), 'shop{Enter}');
    await screen.findByText(/The image needs a tag or a digest/);
    expect(stub.requests.some((request) => request.path.endsWith('/preview') || (request.method === 'POST' && request.path.endsWith('/deployments')))).toBe(false);
  });

  it('makes one deployment of a button pressed twice, with one key', async () => {
    const { user, stub } = open('/applications/shop?deploy=production&image=shop:1', connected());
    const button = await within(await panel()).findByRole('button', { name: 'Deploy 1 to production' });
    await screen.findByText('What changes');
    await user.dblClick(button);
    await waitFor(() => expect(stub.deployments).toHaveLength(1));
  });

  it('shows the preview anew when it is outdated', async () => {
    const stub = connected();
    const { user } = open('/applications/shop?deploy=production&image=shop:1', stub);
    await screen.findByText('What changes');
    stub.answers.set('POST /applications/shop/deployments', { status: 409, body: { code: 'preview_outdated', status: 409, title: '', detail: 'It changed.', type: '' } });
    const previews = () => stub.requests.filter((request) => request.path.endsWith('/preview')).length;
    const before = previews();
    await user.click(screen.getByRole('button', { name: 'Deploy 1 to production' }));
    await screen.findByText(/Something changed since this preview was made/);
    await waitFor(() => expect(previews()).toBe(before + 1));
  });

  it('leads to the page that opens the gate', async () => {
    const { user } = open('/applications/shop?deploy=production&image=shop:1', ready());
    await screen.findByText('What changes');
    await user.click(screen.getByRole('button', { name: 'Deploy 1 to production' }));
    const link = await screen.findByRole('link', { name: 'Open the page that mends it' });
    expect(link.getAttribute('href')).toBe('/configuration/gitops');
  });

  it('opens a failed stage with its cause and its action', async () => {
    const stub = connected();
    const failed = stub.deployment('shop', 'production', 'shop:1');
    Object.assign(failed, { stage: 'rendered', end: 'failed', timeline: [{ stage: 'rendered', at: '', milliseconds: 9, note: '' }], failure: { code: 'inputs_changed_in_git', sentence: 'values.yaml was changed in Git by hand.', detail: '' } });
    stub.answers.set('POST /applications/shop/values/import', { status: 200, body: {} });
    const { user } = open('/applications/shop/deployments/1', stub);
    await screen.findByText('values.yaml was changed in Git by hand.');
    await user.click(screen.getByRole('button', { name: 'Take in the change from Git' }));
    await screen.findByText('The change from Git is taken in. Deploy again.');
  });

  it('shows no notes of what never came to be, and says that its files are not committed', async () => {
    const stub = connected();
    const failed = stub.deployment('shop', 'production', 'shop:1');
    Object.assign(failed, { stage: 'finished', end: 'failed', commit: null, notes: 'Shop runs at https://shop.' });
    stub.answers.set('GET /applications/shop/deployments/1/files', { status: 200, body: { items: [{ path: 'production/deployment.yaml' }] } });
    open('/applications/shop/deployments/1', stub);
    await screen.findByText(/^Not committed: /);
    expect(screen.queryByText('Shop runs at https://shop.')).toBeNull();
    cleanup();
    Object.assign(failed, { end: 'healthy', commit: 'c'.repeat(40) });
    open('/applications/shop/deployments/1', stub);
    await screen.findByText('production/deployment.yaml');
    await screen.findByText('Shop runs at https://shop.');
    expect(screen.queryByText(/^Not committed: /)).toBeNull();
  });

  it('is on the overview what the last one ended as, not how things are now', async () => {
    const stub = connected();
    Object.assign(stub.deployment('shop', 'production', 'shop:1'), { stage: 'finished', end: 'healthy', commit: 'c'.repeat(40) });
    open('/applications/shop', stub);
    const tag = await screen.findByText('Last deployment: healthy');
    expect(tag.closest('.tag')?.className).not.toContain('good');
  });

  it('tells on the overview how things are now where it runs in a cluster, live', async () => {
    const stub = inCluster(new Stub().enter(), { resources: [objectOf('Deployment', 'shop')] });
    const last = Object.assign(stub.deployment('shop', 'production', 'shop:1'), { stage: 'finished', end: 'healthy', commit: 'c'.repeat(40) });
    open('/applications/shop', stub);
    const card = await screen.findByRole('region', { name: 'production' });
    const tags = () => [...card.querySelectorAll('.top .tag')].map((tag) => tag.textContent);
    await waitFor(() => expect(tags()).toEqual(['Healthy']));
    stub.running.get('shop/production')!.resources = [objectOf('Deployment', 'shop', { status: 'degraded' })];
    stub.emit('resources', { application: 'shop', environment: 'production' });
    await waitFor(() => expect(tags()).toEqual(['Degraded']));
    // How the last deployment ended says something else.
    Object.assign(last, { end: 'degraded' });
    Object.assign(stub.running.get('shop/production')!, { away: 'Nothing answers.', resources: [] });
    stub.emit('resources', { application: 'shop', environment: 'production' });
    stub.emit('deployment', last);
    await waitFor(() => expect(tags()).toEqual(['Cluster away', 'Last deployment: degraded']));
  });

  it('asks what counts where the change from Git meets what was saved', async () => {
    const stub = connected();
    const failed = stub.deployment('shop', 'production', 'shop:1');
    Object.assign(failed, { stage: 'rendered', end: 'failed', timeline: [{ stage: 'rendered', at: '', milliseconds: 9, note: '' }], failure: { code: 'inputs_changed_in_git', sentence: 'values.yaml was changed in Git by hand.', detail: '' } });
    stub.answers.set('POST /applications/shop/values/import', { status: 409, body: { code: 'not_deployed_yet', title: '', status: 409, detail: 'Version 4 of the base values was saved and never deployed.' } });
    const { user } = open('/applications/shop/deployments/1', stub);
    await user.click(await screen.findByRole('button', { name: 'Take in the change from Git' }));
    await screen.findByText('Version 4 of the base values was saved and never deployed.');
    stub.answers.set('POST /applications/shop/values/import', { status: 200, body: {} });
    await user.click(screen.getByRole('button', { name: 'Take in Git’s text alone' }));
    await screen.findByText('The change from Git is taken in. Deploy again.');
    const asked = stub.requests.filter((r) => r.path.endsWith('/values/import'));
    expect(asked.map((r) => r.body)).toEqual([{ replace: false }, { replace: true }]);
  });

  it('says that what was written before is back, and discards it', async () => {
    const { user, router } = open('/applications/shop', ready());
    const panel = async () => {
      await user.click((await screen.findAllByRole('link', { name: /^Deploy\s*to production/ }))[0]!);
      return within(await screen.findByRole('dialog'));
    };
    const first = await panel();
    await user.type(await first.findByLabelText('Message'), 'Why');
    expect(first.queryByText(/What you had written is back/)).toBeNull();
    router.history.back();
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    const again = await panel();
    expect(await again.findByText('What you had written is back; it is not deployed.')).toBeTruthy();
    expect(again.getByLabelText<HTMLInputElement>('Message').value).toBe('Why');
    await user.click(again.getByRole('button', { name: 'Discard it' }));
    expect(again.getByLabelText<HTMLInputElement>('Message').value).toBe('');
    expect(again.queryByText(/What you had written is back/)).toBeNull();
    // What a link asks for is not what was written before.
    cleanup();
    localStorage.clear();
    const linked = open('/applications/shop?deploy=production&image=shop:9', ready());
    const dialog = within(await screen.findByRole('dialog'));
    await linked.user.type(await dialog.findByLabelText(/^Image/), '9');
    await waitFor(() => expect(window.location.search).toBe('?deploy=production'));
    expect(dialog.getByLabelText<HTMLInputElement>(/^Image/).value).toBe('shop:99');
    expect(dialog.queryByText(/What you had written is back/)).toBeNull();
  });

  it('is not offered to those who only see', async () => {
    const stub = connected().enter('vera', [{ role: 'viewer', project: 'storefront' }]);
    open('/applications/shop?deploy=production', stub);
    await screen.findByText('Nothing was deployed yet');
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(screen.queryByRole('button', { name: 'Deploy' })).toBeNull();
  });
});

describe('in a cluster', () => {
  const key = (kind: string, name: string) => ({ group: '', kind, namespace: 'production', name });

  function releasing(release: Partial<Deployment['release'] & object>): Stub {
    const stub = inCluster(new Stub().enter());
    const going = stub.deployment('shop', 'production', 'shop:1');
    const passed = (stage: Deployment['stage']) => ({ stage, at: '', milliseconds: 9, note: '' });
    Object.assign(going, { cluster: 'local', stage: 'committed', commit: 'c'.repeat(40), timeline: [passed('rendered'), passed('committed')], release: { message: '', applied: 0, of: 0, confirm: null, refusals: [], unhealthy: [], ...release } });
    return stub;
  }

  it('tells how far the cluster is, what it refuses and what is not healthy', async () => {
    const stub = releasing({ message: '12 of 30 objects applied', applied: 12, of: 30, refusals: [{ object: key('ConfigMap', 'shop'), sentence: 'admission webhook "policy" denied the request: no team label' }] });
    open('/applications/shop/deployments/1', stub);
    await screen.findByText('Applying to the cluster');
    expect(screen.getByRole<HTMLProgressElement>('progressbar', { name: '12 of 30 objects' }).value).toBe(12);
    expect(screen.getByText(/denied the request: no team label/)).toBeTruthy();
    const [going] = stub.deployments;
    going!.timeline.push({ stage: 'released', at: '', milliseconds: 9, note: '' });
    Object.assign(going!, { stage: 'released', release: { ...going!.release, message: 'Waits for Deployment shop.', refusals: [], unhealthy: [{ object: key('Deployment', 'shop'), status: 'progressing', message: '1 of 2 replicas are ready.' }] } });
    stub.emit('deployment', going);
    await screen.findByText('Waiting until it is healthy');
    expect(screen.getByText('1 of 2 replicas are ready.')).toBeTruthy();
    const sentence = 'Deployment shop did not become healthy.';
    going!.timeline.push({ stage: 'finished', at: '', milliseconds: 0, note: sentence });
    Object.assign(going!, { stage: 'finished', end: 'degraded', failure: { code: 'degraded', sentence, detail: '' } });
    stub.emit('deployment', going);
    await screen.findByText(sentence);
    expect(document.body.textContent.split(sentence)).toHaveLength(2);
    expect(screen.getByText('Not healthy')).toBeTruthy();
    expect(screen.queryByText('Not healthy yet')).toBeNull();
    expect(screen.getByText('Degraded')).toBeTruthy();
  });

  it('waits for a person before it deletes, who types the name of the application', async () => {
    const confirm = { digest: 'd1', objects: [key('PersistentVolumeClaim', 'data')], reasons: ['It would delete a volume claim, and what it holds.'] };
    const stub = releasing({ confirm });
    const { user } = open('/applications/shop/deployments/1', stub);
    await screen.findByText(confirm.reasons[0]!);
    expect(screen.getByText('Waits for you')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Delete them…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Delete one object?' });
    expect(dialog.textContent).toContain('PersistentVolumeClaim production/data');
    await user.type(within(dialog).getByLabelText(/^Name of the application/), 'shopp{Enter}');
    await waitFor(() => expect(within(dialog).getByLabelText(/^Name of the application/).getAttribute('aria-invalid')).toBe('true'));
    await user.type(within(dialog).getByLabelText(/^Name of the application/), '{Backspace}{Enter}');
    await screen.findByText('Deleting 1 object');
    expect(stub.requests.findLast((each) => each.path.endsWith('/confirm'))?.body).toEqual({ digest: 'd1', application: 'shop' });
    expect(screen.queryByText(confirm.reasons[0]!)).toBeNull();
  });

  it('lets viewers see what waits, and not confirm it', async () => {
    const stub = releasing({ confirm: { digest: 'd1', objects: [], reasons: ['A namespace would go.'] } }).enter('vera', [{ role: 'viewer', project: 'storefront' }]);
    open('/applications/shop/deployments/1', stub);
    await screen.findByText('A namespace would go.');
    expect(screen.queryByRole('button', { name: 'Delete them…' })).toBeNull();
    expect(screen.getByText('It waits for somebody who may deploy in this project.')).toBeTruthy();
  });

  it.each(['/applications', '/applications/shop', '/applications/shop/deployments', '/applications/shop/deployments/1'])('says on %s that it waits for you only to those who may confirm', async (address) => {
    const waiting = () => releasing({ confirm: { digest: 'd1', objects: [], reasons: ['A namespace would go.'] } });
    open(address, waiting().enter('vera', [{ role: 'viewer', project: 'storefront' }, { role: 'deployer', project: 'other' }]));
    expect(await screen.findAllByText('Waits for a deployer')).toBeTruthy();
    expect(screen.queryByText('Waits for you')).toBeNull();
    cleanup();
    open(address, waiting().enter('dana', [{ role: 'deployer', project: 'storefront' }]));
    expect(await screen.findAllByText('Waits for you')).toBeTruthy();
    expect(screen.queryByText('Waits for a deployer')).toBeNull();
  });
});
