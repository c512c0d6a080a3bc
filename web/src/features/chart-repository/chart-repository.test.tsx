import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { ChartRepository } from '../../api/types';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { repositoryOf } from '../../testing/stub-charts';
import { inputOf, secretNeeded } from './RepositoryDialog';

const acme = (change: Partial<ChartRepository> = {}) => repositoryOf('acme', { username: 'bot', has_secret: true, version: 3, ...change });

describe('rules', () => {
  const value = { name: 'acme', url: 'https://charts.acme.dev/', username: 'bot', secret: '', charts: 'a b', ca: '', clientCertificate: '', clientKey: '', proxy: '', proxyPassword: '' };

  it('asks for the secret again when the address changes', () => {
    expect([value, { ...value, username: 'other' }, { ...value, url: 'https://other.dev' }, { ...value, ca: 'x' }, { ...value, proxy: 'http://p' }].map((each) => secretNeeded(each, acme()))).toEqual([false, true, true, true, true]);
    expect(secretNeeded({ ...value, url: 'https://other.dev' }, acme({ has_secret: false }))).toBe(false);
  });

  it('sends no empty secret, and names of charts only for registries', () => {
    expect(inputOf(value)).toEqual({ url: 'https://charts.acme.dev/', username: 'bot', ca_pem: null, client_certificate_pem: null, proxy: null, charts: [] });
    expect(inputOf({ ...value, url: 'oci://registry.acme.dev', secret: 's' })).toMatchObject({ secret: 's', charts: ['a', 'b'] });
  });
});

describe('the page', () => {
  it('adds one, and explains a refusal without losing what was typed', async () => {
    const { user, stub } = open('/charts/repositories?new=true');
    const dialog = await screen.findByRole('dialog');
    await user.type(within(dialog).getByLabelText(/^Name/), 'acme');
    await user.type(within(dialog).getByLabelText(/^Address/), 'https://acme.dev/html');
    await user.type(within(dialog).getByLabelText(/^Password or token/), 'hidden-one');
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    await within(dialog).findByText(/is a web page, not the index of a chart repository/);
    expect(JSON.stringify({ ...localStorage })).toContain('https://acme.dev/html');
    expect(JSON.stringify({ ...localStorage })).not.toContain('hidden-one');
    await user.click(within(dialog).getByRole('button', { name: 'Use https://acme.dev/charts' }));
    await user.type(within(dialog).getByLabelText(/^Address/), '{Enter}');
    await screen.findByRole('link', { name: 'acme' });
    expect(screen.getByText('3 charts, 41 versions')).toBeTruthy();
    expect(stub.requests.findLast((each) => each.method === 'PUT')?.headers['if-none-match']).toBe('*');
    expect(stub.requests.findLast((each) => each.method === 'PUT')?.body).toMatchObject({ secret: 'hidden-one' });
  });

  it('tells how each one is, refreshes it and removes it', async () => {
    const stub = new Stub().enter();
    stub.chartRepositories.push(acme({ failure: { code: 'not_found', sentence: 'index.yaml is not there (404).' }, left_out: ['a 1 stands twice.'] }));
    const { user } = open('/charts/repositories', stub);
    await screen.findByText(/index.yaml is not there/);
    expect(screen.getByText('failed')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: /^Refresh\s*acme$/ }));
    await screen.findByText('up to date');
    await user.click(screen.getByRole('button', { name: /^Remove\s*acme$/ }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Remove repository' }));
    await screen.findByText('No chart repositories yet');
  });

  it('offers nothing to change to those who may not', async () => {
    const stub = new Stub().enter('vera', [{ role: 'viewer', project: null }]);
    stub.chartRepositories.push(acme());
    open('/charts/repositories?new=true', stub);
    await screen.findByRole('link', { name: 'acme' });
    expect([screen.queryByRole('button', { name: /Refresh|Edit|Remove/ }), screen.queryByRole('dialog')]).toEqual([null, null]);
  });

  it('sends the version that was seen when one is changed', async () => {
    const stub = new Stub().enter();
    stub.chartRepositories.push(acme());
    const { user } = open('/charts/repositories', stub);
    await user.click(await screen.findByRole('button', { name: /^Edit\s*acme$/ }));
    const dialog = await screen.findByRole('dialog');
    await user.type(within(dialog).getByLabelText(/^Address/), '/');
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(stub.requests.findLast((each) => each.method === 'PUT')?.headers['if-match']).toBe('"3"'));
    expect(stub.requests.findLast((each) => each.method === 'PUT')?.body).not.toHaveProperty('secret');
  });
});

const stage = (name: string, state: 'passed' | 'running' | 'failed', code = '', sentence = '') => ({ stage: name, title: `Title of ${name}`, required: true, state, milliseconds: 5, diagnosis: sentence ? { code, sentence, missing: null, link: null } : null });

/** A check of `slow` that outlives its request; what is given tells of a stage, as the server does: by an event. */
function slow(stub: Stub) {
  const check = (last: ReturnType<typeof stage>) => {
    const finished = last.state !== 'running';
    return { id: 'c', repository: 'slow', requested_by: 'admin', created_at: new Date().toISOString(), finished_at: finished ? new Date().toISOString() : null, failed: finished, suggestion: null, stages: [stage('reach', 'passed'), last] };
  };
  const going = { status: 202, body: check(stage('index', 'running')) };
  for (const call of ['PUT /chart-repositories/slow', 'GET /chart-repositories/slow/check', 'GET /chart-repositories/slow/checks/c']) stub.answers.set(call, going);
  return (last: ReturnType<typeof stage>) => stub.emit('chart-repository-check', check(last));
}

async function save(stub: Stub) {
  const { user } = open('/charts/repositories?new=true', stub);
  const dialog = await screen.findByRole('dialog');
  await user.type(within(dialog).getByLabelText(/^Name/), 'slow');
  await user.type(within(dialog).getByLabelText(/^Address/), 'https://charts.slow.dev');
  await user.click(within(dialog).getByRole('button', { name: 'Save' }));
  return { user, dialog };
}

it('follows a check that takes longer than its request to its end, stage by stage', async () => {
  const stub = new Stub().enter();
  const ends = slow(stub);
  const { dialog } = await save(stub);
  await within(dialog).findByText('Title of index');
  const asked = () => stub.requests.filter((each) => each.path.includes('/check')).length;
  await waitFor(() => {
    ends(stage('charts', 'running'));
    expect(within(dialog).getByText('Title of charts')).toBeTruthy();
  });
  const before = asked();
  ends(stage('index', 'failed', 'index_broken', 'The index is broken.'));
  await within(dialog).findByText(/The index is broken\. Nothing was saved\./);
  expect(asked()).toBe(before);
  expect(within(dialog).getByLabelText<HTMLInputElement>(/^Name/).value).toBe('slow');
});

it('does not claim that nothing was saved of a check that was given up, and reads the list again', async () => {
  const stub = new Stub().enter();
  const ends = slow(stub);
  const { user, dialog } = await save(stub);
  await within(dialog).findByText('Title of index');
  // Told again until the page hears: its stream opens at about the same time.
  const alert = await waitFor(() => {
    ends(stage('index', 'failed', 'stopped', 'It may or may not have been saved: look at it.'));
    return within(dialog).getByRole('alert');
  });
  expect(alert.textContent).toContain('may or may not have been saved');
  expect(alert.textContent).not.toContain('Nothing was saved');
  stub.chartRepositories.push(repositoryOf('slow'));
  await user.click(within(dialog).getByRole('button', { name: 'Cancel' }));
  await screen.findByRole('link', { name: 'slow' });
});
