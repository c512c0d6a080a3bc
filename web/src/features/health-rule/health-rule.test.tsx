import { screen, waitFor, within } from '@testing-library/react';
import type { UserEvent } from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { healthRuleOf } from '../../testing/stub-health-rules';

const PAGE = '/configuration/health-rules';
const dialog = async () => within(await screen.findByRole('dialog'));
/** Puts a text into a field, in the place of what is there. */
async function fill(user: UserEvent, field: HTMLElement, text: string) {
  await user.clear(field);
  await user.click(field);
  await user.paste(text);
}

const sent = (stub: Stub, method: string) => stub.requests.filter((each) => each.method === method && each.path !== '/session');

it('makes one, and says at the field what cannot be read', async () => {
  const { user, stub } = open(`${PAGE}?new=true`);
  const form = await dialog();
  await fill(user, form.getByLabelText('API group'), 'acme.dev');
  await fill(user, form.getByLabelText(/^Kind/), 'Widget');
  await fill(user, form.getByLabelText(/^Current/), 'sttaus.ready');
  await user.click(form.getByRole('button', { name: 'Save' }));
  await form.findAllByText(/There is no `sttaus`/);
  expect(form.getByLabelText(/^Current/).getAttribute('aria-invalid')).toBe('true');
  await fill(user, form.getByLabelText(/^Current/), 'status.ready');
  await fill(user, form.getByLabelText('Failed'), 'status.broken');
  await user.click(form.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  const last = sent(stub, 'PUT').at(-1)!;
  expect([last.path, last.headers['if-none-match']]).toEqual(['/health-rules/Widget.acme.dev', '*']);
  expect(last.body).toEqual({ current: 'status.ready', in_progress: null, failed: 'status.broken', message: null });
  const row = within(await screen.findByRole('row', { name: /Widget\.acme\.dev/ }));
  expect(row.getByText('status.broken')).toBeTruthy();
});

it('tries one before it is saved', async () => {
  const { user, stub } = open(`${PAGE}?new=true`);
  const form = await dialog();
  await fill(user, form.getByLabelText(/^Current/), 'sttaus.ready');
  await fill(user, form.getByLabelText('An object to try it with'), 'nothing');
  await user.click(form.getByRole('button', { name: 'Try the rule' }));
  await form.findAllByText(/Paste an object/);
  await fill(user, form.getByLabelText('An object to try it with'), 'kind: Widget');
  await user.click(form.getByRole('button', { name: 'Try the rule' }));
  await form.findAllByText(/There is no `sttaus`/);
  expect(form.getByLabelText(/^Current/).getAttribute('aria-invalid')).toBe('true');
  await fill(user, form.getByLabelText(/^Current/), 'status.ready');
  await user.click(form.getByRole('button', { name: 'Try the rule' }));
  const outcome = within(await form.findByRole('status'));
  expect(outcome.getByText('Progressing')).toBeTruthy();
  expect(outcome.getByText('by this rule')).toBeTruthy();
  expect(outcome.getByText(/^its health rule does not say/)).toBeTruthy();
  expect(sent(stub, 'POST').at(-1)!.body).toMatchObject({ rule: { current: 'status.ready' } });
  expect(sent(stub, 'PUT')).toEqual([]);
});

it('changes one over the version that was seen', async () => {
  const stub = new Stub().enter();
  stub.healthRules.push(healthRuleOf('Pod', { version: 4, message: 'status.message' }));
  const { user } = open(PAGE, stub);
  await user.click(await screen.findByRole('button', { name: /^Edit\s*Pod$/ }));
  const form = await dialog();
  expect(form.queryByLabelText(/^Kind/)).toBeNull();
  await user.clear(form.getByLabelText('Message'));
  await user.click(form.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  const last = sent(stub, 'PUT').at(-1)!;
  expect([last.path, last.headers['if-match'], last.body.message]).toEqual(['/health-rules/Pod', '"4"', null]);
});

it('shows them to everybody, and lets only administrators change them', async () => {
  const stub = new Stub().enter('vera', [{ role: 'viewer', project: 'storefront' }]);
  stub.healthRules.push(healthRuleOf('Widget.acme.dev'));
  open(`${PAGE}?new=true`, stub);
  await screen.findByText('Widget.acme.dev');
  expect([screen.queryByRole('dialog'), screen.queryByRole('button', { name: /^Edit/ }), screen.queryByRole('link', { name: 'New health rule' })]).toEqual([null, null, null]);
});
