import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';

const END = /^End the API tokens as well/;

async function dialog(stub: Stub) {
  const { user } = open('/applications', stub);
  const form = async () => {
    await user.click(await screen.findByRole('button', { name: 'You: admin' }));
    await user.click(screen.getByRole('button', { name: 'Change password' }));
    return within(await screen.findByRole('dialog', { name: 'Change password' }));
  };
  const fill = async (fields: Awaited<ReturnType<typeof form>>, again: string) => {
    await user.type(fields.getByLabelText(/^Current password/), 'planted-old');
    await user.type(fields.getByLabelText(/^New password(?! again)/), 'planted-new');
    await user.type(fields.getByLabelText(/^New password again/), again);
  };
  return { user, form, fill };
}

const sent = (stub: Stub) => stub.requests.filter((each) => each.path === '/session/password').map((each) => each.body);

it('ends one’s own tokens with a new password only when the box says so, each time anew', async () => {
  const stub = new Stub().enter();
  stub.answers.set('POST /session/password', { status: 204, body: undefined });
  const { user, form, fill } = await dialog(stub);
  const plain = { current: 'planted-old', new: 'planted-new' };
  const first = await form();
  await fill(first, 'planted-new');
  expect(first.getByLabelText<HTMLInputElement>(END).checked).toBe(false);
  await user.click(first.getByRole('button', { name: 'Change password' }));
  await waitFor(() => expect(sent(stub)).toEqual([plain]));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  const second = await form();
  await fill(second, 'planted-new');
  await user.click(second.getByLabelText(END));
  await user.click(second.getByRole('button', { name: 'Change password' }));
  await waitFor(() => expect(sent(stub)).toEqual([plain, { ...plain, revoke_tokens: true }]));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  // What was chosen once is not chosen for the next time, and no password is kept.
  const third = await form();
  expect([third.getByLabelText<HTMLInputElement>(END).checked, third.getByLabelText<HTMLInputElement>(/^Current password/).value]).toEqual([false, '']);
}, 30_000);

it('sends nothing while the two entries differ, and says at the field what the server refuses', async () => {
  const stub = new Stub().enter();
  stub.answers.set('POST /session/password', { status: 422, body: { code: 'invalid', status: 422, title: '', type: '', detail: 'The input is wrong.', errors: [{ field: 'current', code: 'wrong', message: 'This is not your password.' }] } });
  const { user, form, fill } = await dialog(stub);
  const fields = await form();
  await fill(fields, 'planted-other');
  await user.click(fields.getByRole('button', { name: 'Change password' }));
  await fields.findByText('The two entries differ.');
  expect(sent(stub)).toEqual([]);
  await user.clear(fields.getByLabelText(/^New password again/));
  await user.type(fields.getByLabelText(/^New password again/), 'planted-new');
  await user.click(fields.getByRole('button', { name: 'Change password' }));
  await waitFor(() => expect(fields.getByLabelText(/^Current password/).getAttribute('aria-invalid')).toBe('true'));
  expect(fields.queryByText('The two entries differ.')).toBeNull();
}, 30_000);
