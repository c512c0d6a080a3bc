import { screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { AuditEntry } from '../../api/types';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';

const entry = (id: string, change: Partial<AuditEntry>): AuditEntry => ({ id, at: new Date().toISOString(), actor: 'maria', action: 'values.saved', subject: 'application/shop', changes: [], origin: '10.0.0.7', ...change }) as AuditEntry;

it('unfolds what was changed and from where, entry by entry', async () => {
  const stub = new Stub().enter();
  const changes = [{ field: 'number', before: '1', after: '2' }, { field: 'secret', before: null, after: 'changed' }];
  stub.answers.set('GET /audit', { status: 200, body: { items: [entry('a', { changes }), entry('b', { action: 'session.begun', subject: 'user/maria' }), entry('c', { action: 'place.removed', origin: '' })], next: null } });
  const { user } = open('/configuration/audit', stub);
  const fold = await screen.findByRole('button', { name: /^2 changes\s*of values\.saved application\/shop$/ });
  const other = screen.getByRole('button', { name: /^Details\s*of session\.begun user\/maria$/ });
  // Where there is nothing more to tell, nothing unfolds.
  expect(screen.queryByRole('button', { name: /place\.removed/ })).toBeNull();
  const details = (button: HTMLElement) => document.getElementById(button.getAttribute('aria-controls') ?? '')!;
  expect([fold, other].map((each) => [each.getAttribute('aria-expanded'), details(each).className])).toEqual(Array(2).fill(['false', 'folded small break']));
  await user.click(fold);
  expect([fold.getAttribute('aria-expanded'), details(fold).className, details(other).className]).toEqual(['true', 'folded open small break', 'folded small break']);
  expect(within(details(fold)).getAllByRole('listitem').map((each) => each.textContent)).toEqual(['number 1 → 2', 'secret changed']);
  expect([details(fold).querySelector('.from')?.textContent, details(other).textContent]).toEqual(['From 10.0.0.7', 'From 10.0.0.7']);
  await user.click(fold);
  expect(details(fold).className).toBe('folded small break');
});
