import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';

it('says in days when a token ends: of ninety days, two months are too few', async () => {
  const stub = new Stub().enter();
  const token = { id: 't', name: 'pipeline', hint: 'abcd', role: 'deployer', project: 'storefront', created_at: new Date().toISOString(), used_at: null, expires_at: new Date(Date.now() + 89 * 86_400_000).toISOString() };
  stub.answers.set('GET /tokens', { status: 200, body: { items: [token], next: null } });
  open('/configuration/users', stub);
  const row = (await screen.findByText(/^in 89 days$/)).closest('tr');
  expect(row?.textContent).toContain('pipeline');
});
