import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { inCluster, objectOf } from '../../testing/stub-resources';

describe('a Rollout', () => {
  const panel = () => screen.findByRole('dialog');

  it('is led by what may be said to it as it is', async () => {
    const paused = () => [objectOf('Rollout', 'shop', { status: 'suspended', message: 'CanaryPauseStep', ready: 5, wanted: 5 })];
    const { user, stub } = open('/applications/shop/resources?object=Rollout/argoproj.io/production/shop', inCluster(new Stub().enter(), { resources: paused() }));
    const offered = async (...names: string[]) =>
      waitFor(() => {
        const buttons = within(screen.getByRole('dialog', { name: 'shop' })).getAllByRole('button').map((each) => each.textContent);
        expect(buttons.filter((each) => ['Promote', 'Promote fully', 'Abort', 'Retry', 'Restart', 'Scale'].includes(each ?? ''))).toEqual(names);
      });
    const say = async (button: string, question: string) => {
      await user.click(within(await panel()).getByRole('button', { name: button }));
      await user.click(within(await screen.findByRole('dialog', { name: question })).getByRole('button', { name: button }));
      await waitFor(() => expect(screen.queryByRole('dialog', { name: question })).toBeNull());
    };
    await panel();
    await offered('Restart', 'Scale', 'Promote', 'Promote fully', 'Abort');
    await say('Promote', 'Promote shop?');
    await offered('Restart', 'Scale', 'Promote fully', 'Abort');
    await say('Abort', 'Abort shop?');
    await offered('Restart', 'Scale', 'Retry');
    await say('Retry', 'Try shop again?');
    await say('Promote fully', 'Promote shop fully?');
    await offered('Restart', 'Scale');
    const said = stub.requests.filter((each) => each.path.endsWith('/rollout')).map((each) => each.body);
    expect(said).toEqual(['promote', 'abort', 'retry', 'promote_fully'].map((step) => ({ name: 'shop', namespace: 'production', step })));
  });

  it('says why it does not do what it is told', async () => {
    const paused = [objectOf('Rollout', 'shop', { status: 'suspended' })];
    const { user, stub } = open('/applications/shop/resources?object=Rollout/argoproj.io/production/shop', inCluster(new Stub().enter(), { resources: paused }));
    await user.click(await within(await panel()).findByRole('button', { name: 'Promote' }));
    const question = await screen.findByRole('dialog', { name: 'Promote shop?' });
    Object.assign(stub.running.get('shop/production')!.resources[0]!, { status: 'progressing' });
    await user.click(within(question).getByRole('button', { name: 'Promote' }));
    await within(question).findByText('Rollout shop does not wait for anybody.');
  });
});
