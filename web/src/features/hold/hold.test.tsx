import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { defaults } from '../../testing/stub-data';

/** A shop that was deployed twice to production. */
function deployed(): Stub {
  const stub = new Stub().enter();
  stub.environments.push(defaults.environment('production'));
  stub.application('shop', 'storefront');
  stub.configs.push({ name: 'acme', active: true } as never);
  for (const tag of ['1', '2']) Object.assign(stub.deployment('shop', 'production', `shop:${tag}`), { end: 'stored', stage: 'finished', commit: 'c'.repeat(40) });
  return stub;
}

it('shows who holds an environment and why, and releases it', async () => {
  const stub = deployed();
  stub.holds.set('shop/production', { by: 'maria', reason: 'The basket loses items.', deployment: null, created_at: new Date().toISOString() });
  const { user } = open('/applications/shop', stub);
  await screen.findByText(/maria: The basket loses items\./);
  await screen.findByText('on hold');
  await user.click(screen.getByRole('button', { name: /^Release\s*production$/ }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Release production' }));
  await waitFor(() => expect(screen.queryByText(/nothing is deployed there/)).toBeNull());
});

it('puts an environment on hold with a reason', async () => {
  const { user, stub } = open('/applications/shop', deployed());
  await user.click(await screen.findByRole('button', { name: /^Hold\s*production$/ }));
  const dialog = await screen.findByRole('dialog');
  // The server takes a hold without one as well.
  expect(within(dialog).getByLabelText('Reason').getAttribute('aria-required')).toBeNull();
  await user.type(within(dialog).getByLabelText(/^Reason/), 'Audit{Enter}');
  await screen.findByText(/admin: Audit/);
  expect(stub.holds.size).toBe(1);
});

it('rolls back with a preview first, and a hold follows', async () => {
  const { user, stub } = open('/applications/shop/deployments', deployed());
  await user.click(await screen.findByRole('link', { name: /^Roll back to this/ }));
  const dialog = await screen.findByRole('dialog', { name: 'Roll back shop in production' });
  await within(dialog).findByText(/A hold follows: nothing else is deployed to production/);
  await within(dialog).findByText('What changes');
  await user.click(within(dialog).getByRole('button', { name: 'Roll production back to deployment 1' }));
  await waitFor(() => expect(document.querySelectorAll('dialog [data-state="passed"]')).toHaveLength(3));
  expect(stub.requests.find((each) => each.method === 'POST' && each.path.endsWith('/deployments'))?.body).toMatchObject({ environment: 'production', restore: 1 });
  await screen.findByText(/after the rollback by deployment 3/);
  expect(window.location.search).not.toContain('restore');
});

it('does not offer rolling back to what is in force, nor to those who only see', async () => {
  open('/applications/shop/deployments', deployed().enter('vera', [{ role: 'viewer', project: null }]));
  await screen.findByRole('link', { name: '2' });
  expect(screen.queryByRole('link', { name: /Roll back/ })).toBeNull();
});

it('compares any two deployments, secrets by name only', async () => {
  const stub = deployed();
  Object.assign(stub.deployment('shop', 'production', 'shop:2'), { end: 'stored', stage: 'finished', commit: 'd'.repeat(40) });
  const { user } = open('/applications/shop/deployments/3', stub);
  const section = await screen.findByRole('region', { name: 'What differs' });
  await within(section).findByText('Nothing differs.');
  await user.selectOptions(within(section).getByLabelText('Compared with'), 'deployment 1, production, 1');
  await within(section).findByText(/password changes/);
  expect(section.textContent).not.toContain('user stays');
  expect(window.location.search).toBe('?with=1');
});

it('reaches every deployment, however many there are', async () => {
  const stub = deployed();
  for (let number = stub.deployments.length + 1; number <= 130; number += 1) Object.assign(stub.deployment('shop', 'production', `shop:${number}`), { end: 'stored', stage: 'finished', commit: 'd'.repeat(40) });
  const { user } = open('/applications/shop/deployments/130?with=1', stub);
  const section = await screen.findByRole('region', { name: 'What differs' });
  const select = await within(section).findByLabelText<HTMLSelectElement>('Compared with');
  // It is compared with what the address says, listed or not.
  await waitFor(() => expect(select.selectedOptions[0]?.textContent).toBe('deployment 1'));
  await within(section).findByText(/password changes/);
  expect(stub.requests.filter((each) => each.path.endsWith('/diff')).map((each) => each.search.get('with'))).toEqual(['1']);
  await user.click(within(section).getByRole('button', { name: 'Older deployments' }));
  await waitFor(() => expect(select.selectedOptions[0]?.textContent).toBe('deployment 1, production, 1'));
  expect(within(section).queryByRole('button', { name: 'Older deployments' })).toBeNull();
  await user.selectOptions(select, 'deployment 5, production, 5');
  expect(window.location.search).toBe('?with=5');
});

it('lists older deployments on request', async () => {
  const stub = deployed();
  for (let number = stub.deployments.length + 1; number <= 130; number += 1) stub.deployment('shop', 'production', `shop:${number}`);
  const { user } = open('/applications/shop/deployments', stub);
  await screen.findByRole('link', { name: '130' });
  await user.click(screen.getByRole('button', { name: 'Older deployments' }));
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Older deployments' })).toBeNull());
  expect(stub.requests.filter((each) => each.path.endsWith('/deployments') && each.search.has('cursor')).map((each) => each.search.get('cursor'))).toEqual(['31']);
  expect(screen.getAllByRole('link', { name: '130' })).toHaveLength(1);
});
