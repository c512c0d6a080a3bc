import { cleanup, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { expect, it } from 'vitest';
import type { User } from '../../api/types';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';

const maria: User = { id: 'u1', name: 'maria', email: 'maria@acme.dev', enabled: true, roles: [{ role: 'viewer', project: null }], version: 1, created_at: '2026-10-02T08:00:00Z' } as never;

function peopled(): Stub {
  const stub = new Stub().enter();
  stub.users.push(maria);
  stub.answers.set('PATCH /users/maria', { status: 200, body: maria });
  return stub;
}

const edit = async (user: ReturnType<typeof open>['user']) => {
  await user.click(await screen.findByRole('button', { name: /^Edit\s*maria$/ }));
  return within(await screen.findByRole('dialog'));
};
const role = (form: Awaited<ReturnType<typeof edit>>) => form.getByLabelText<HTMLSelectElement>('Role').value;

it('forgets what was typed when the dialog is cancelled, by the button and by Esc', async () => {
  const { user, stub } = open('/configuration/users', peopled());
  for (const way of ['Cancel', 'Close', 'Esc']) {
    const form = await edit(user);
    expect([role(form), form.queryByText(/What you had written is back/)]).toEqual(['viewer', null]);
    await user.selectOptions(form.getByLabelText('Role'), 'administrator');
    if (way === 'Esc') screen.getByRole('dialog').dispatchEvent(new Event('cancel', { cancelable: true }));
    else await user.click(form.getByRole('button', { name: way }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  }
  const form = await edit(user);
  await user.clear(form.getByLabelText(/^E-mail/));
  await user.type(form.getByLabelText(/^E-mail/), 'm@acme.dev{Enter}');
  await waitFor(() => expect(stub.requests.find((each) => each.method === 'PATCH')?.body).toMatchObject({ email: 'm@acme.dev', roles: maria.roles }));
}, 30_000);

it('keeps what was typed over a reload, says so, and lets what others saved meanwhile win', async () => {
  const stub = peopled();
  const typed = await edit(open('/configuration/users', stub).user);
  const user = userEvent.setup();
  await user.selectOptions(typed.getByLabelText('Role'), 'administrator');
  // A click beside the dialog loses nothing.
  await user.click(screen.getByRole('dialog'));
  cleanup();

  const again = await edit(open('/configuration/users', stub).user);
  expect(role(again)).toBe('administrator');
  expect(again.getByText(/What you had written is back, but for secrets, which are never kept; it is not saved/)).toBeTruthy();
  cleanup();

  stub.users[0] = { ...maria, email: 'new@acme.dev', version: 2 };
  const newer = await edit(open('/configuration/users', stub).user);
  expect([role(newer), newer.getByLabelText<HTMLInputElement>(/^E-mail/).value]).toEqual(['viewer', 'new@acme.dev']);
  expect(newer.getByText(/this was changed meanwhile/)).toBeTruthy();
}, 30_000);

it('ends the tokens of a user with a new password only when that is chosen', async () => {
  const { user, stub } = open('/configuration/users', peopled());
  const revoked = () => stub.requests.filter((each) => each.method === 'PATCH').map((each) => (each.body as { revoke_tokens?: boolean }).revoke_tokens);
  const END = /^End the API tokens/;
  const form = await edit(user);
  expect(form.queryByLabelText(END)).toBeNull();
  await user.type(form.getByLabelText(/^New password/), 'planted-secret');
  await user.click(form.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(revoked()).toEqual([undefined]));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  const again = await edit(user);
  await user.type(again.getByLabelText(/^New password/), 'planted-secret');
  await user.click(again.getByLabelText(END));
  await user.click(again.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(revoked()).toEqual([undefined, true]));
}, 30_000);
