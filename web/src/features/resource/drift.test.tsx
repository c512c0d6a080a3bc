import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { failing, inCluster, keyOf } from '../../testing/stub-resources';

describe('drift', () => {
  const replicas = (kind: string, name: string) => ({ object: keyOf(kind, name), missing: false, differences: [{ path: 'spec.replicas', git: '2', cluster: '5', who: null }] });
  const drifted = () => inCluster(new Stub().enter(), { resources: failing(), drift: [replicas('Deployment', 'shop'), { object: keyOf('Service', 'shop'), missing: true, differences: [] }] });
  const corrections = (stub: Stub) => stub.requests.filter((each) => each.path.endsWith('/drift/correct')).map((each) => each.body);

  it('is set right for one object, after asking once', async () => {
    const { user, stub } = open('/applications/shop/resources', drifted());
    await user.click(await screen.findByRole('button', { name: /^Correct\s*Deployment shop$/ }));
    const question = await screen.findByRole('dialog', { name: 'Set one object as Git has it?' });
    expect([question.textContent!.includes('Deployment shop'), question.textContent!.includes('Service')]).toEqual([true, false]);
    expect(corrections(stub)).toEqual([]);
    await user.click(within(question).getByRole('button', { name: 'Correct' }));
    await screen.findByText('1 object differs');
    expect(corrections(stub)).toEqual([{ objects: [keyOf('Deployment', 'shop')] }]);
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(screen.getByText('Missing in the cluster')).toBeTruthy();
  });

  it('is set right for all that is shown, and says why it could not be', async () => {
    const { user, stub } = open('/applications/shop/resources', drifted());
    await user.click(await screen.findByRole('button', { name: 'Correct all' }));
    const question = await screen.findByRole('dialog', { name: 'Set 2 objects as Git has them?' });
    stub.answers.set('POST /applications/shop/environments/production/drift/correct', { status: 409, body: { code: 'deployment_running', status: 409, title: '', detail: 'Deployment 4 has the place.', type: '' } });
    await user.click(within(question).getByRole('button', { name: 'Correct' }));
    await within(question).findByText('Deployment 4 has the place.');
    stub.answers.clear();
    await user.click(within(question).getByRole('button', { name: 'Correct' }));
    await screen.findByText('The cluster has what lies in Git.');
    expect(corrections(stub)).toHaveLength(2);
  });

  it('is told in the list and on the overview of the application, with why it could not be corrected', async () => {
    const stub = drifted();
    const { router } = open('/applications', stub);
    await screen.findByText('Drifted');
    stub.running.get('shop/production')!.refused = 'The cluster local did not take Deployment shop.';
    stub.emit('application', stub.applications[0]);
    await router.navigate({ to: '/applications/$name', params: { name: 'shop' } });
    const card = await screen.findByRole('region', { name: 'production' });
    await within(card).findByText(/did not take Deployment shop/);
    expect(within(card).getByText('Drifted').className).toContain('bad');
    await router.navigate({ to: '/applications/$name/resources', params: { name: 'shop' } });
    const drift = await screen.findByRole('region', { name: 'Drift' });
    await within(drift).findByText(/did not take Deployment shop/);
  });

  it('says what the environment does with it, and lets viewers change nothing', async () => {
    const stub = drifted().enter('vera', [{ role: 'viewer', project: 'storefront' }]);
    stub.environments[0]!.drift = 'correct';
    open('/applications/shop/resources', stub);
    await screen.findByText('2 objects differ');
    expect(screen.getByText(/corrects differences by itself/)).toBeTruthy();
    expect(screen.queryByRole('button', { name: /^Correct/ })).toBeNull();
  });

  it('is not denied where nothing came into Git yet', async () => {
    const stub = inCluster(new Stub().enter(), { resources: failing(), deployment: null });
    open('/applications/shop/resources', stub);
    const card = within(await screen.findByRole('region', { name: 'Drift' }));
    await card.findByText('Nothing is in Git for it yet');
    expect(card.queryByText('The cluster has what lies in Git.')).toBeNull();
  });
});
