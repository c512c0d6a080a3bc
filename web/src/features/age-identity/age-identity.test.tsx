import { screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';

function unexported(): Stub {
  const stub = new Stub().enter();
  stub.configs.push({ name: 'acme', active: true } as never);
  stub.ageIdentity.exported_at = null;
  return stub;
}

it('reminds administrators until the identity was exported, and shows it once', async () => {
  vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: () => 'blob:x', revokeObjectURL: () => {} }));
  const { user } = open('/environments', unexported());
  await screen.findByText(/was never exported/);
  await user.click(screen.getByRole('link', { name: 'Export it' }));
  await user.click(await screen.findByRole('button', { name: 'Export' }));
  const dialog = await screen.findByRole('dialog');
  await user.type(within(dialog).getByLabelText(/^Your password/), 'guess{Enter}');
  await waitFor(() => expect(within(dialog).getByLabelText(/^Your password/).getAttribute('aria-invalid')).toBe('true'));
  await user.clear(within(dialog).getByLabelText(/^Your password/));
  await user.type(within(dialog).getByLabelText(/^Your password/), 'correct horse{Enter}');
  await screen.findByText('AGE-SECRET-KEY-1STUB');
  expect(screen.getByRole('link', { name: 'Download' }).getAttribute('download')).toBe('trueline-age-identity.txt');
  expect(JSON.stringify({ ...localStorage })).toBe('{}');
  await user.click(screen.getByRole('button', { name: 'I have kept it' }));
  await waitFor(() => expect(document.body.textContent).not.toContain('AGE-SECRET-KEY'));
  await user.click(screen.getByRole('link', { name: 'Environments' }));
  await screen.findByRole('heading', { name: 'Environments' });
  expect(screen.queryByText(/was never exported/)).toBeNull();
});

it('asks once before it rotates, and lists the earlier recipient', async () => {
  const { user, stub } = open('/configuration/keys', unexported());
  const before = stub.ageIdentity.recipient;
  await user.click(await screen.findByRole('button', { name: 'Rotate' }));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Rotate' }));
  await screen.findByText(/They still open what was sealed to them/);
  expect(screen.getByTitle(`Copy recipient: ${before}`)).toBeTruthy();
});

it('asks nothing of those who are no administrators', async () => {
  const { stub } = open('/configuration/keys', unexported().enter('vera', [{ role: 'manager', project: null }]));
  await screen.findByText('Keys are open to administrators.');
  expect(screen.queryByText(/was never exported/)).toBeNull();
  expect(stub.requests.some((each) => each.path === '/age-identity')).toBe(false);
});

it('seals what lies in Git anew, tells how far it is, and what could not be sealed', async () => {
  const { user, stub } = open('/configuration/keys', unexported());
  await screen.findByText('It was not asked for yet.');
  await user.click(screen.getByRole('button', { name: 'Seal anew' }));
  await screen.findByText('1 of 2 environments');
  stub.reseal = { total: 2, done: 1, failed: [{ application: 'shop', environment: 'production', deployment: 4, reason: 'The Git host refuses the push.' }], ended: true, requested_by: 'admin', requested_at: new Date().toISOString() };
  await screen.findByText('The Git host refuses the push.', {}, { timeout: 5000 });
  expect(screen.getByText('1 could not be sealed')).toBeTruthy();
  expect(screen.getByRole('link', { name: 'shop' }).getAttribute('href')).toBe('/applications/shop');
});

it('takes in an identity, and keeps nothing of it', async () => {
  const { user } = open('/configuration/keys', unexported());
  await user.click(await screen.findByRole('button', { name: 'Import' }));
  const dialog = await screen.findByRole('dialog');
  await user.type(within(dialog).getByLabelText(/^Identity/), 'age1stub');
  await user.click(within(dialog).getByRole('button', { name: 'Import' }));
  await waitFor(() => expect(within(dialog).getByLabelText(/^Identity/).getAttribute('aria-invalid')).toBe('true'));
  await user.clear(within(dialog).getByLabelText(/^Identity/));
  await user.type(within(dialog).getByLabelText(/^Identity/), 'AGE-SECRET-KEY-1STUB');
  expect(JSON.stringify({ ...localStorage })).not.toContain('AGE-SECRET-KEY');
  await user.click(within(dialog).getByRole('button', { name: 'Import' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
});
