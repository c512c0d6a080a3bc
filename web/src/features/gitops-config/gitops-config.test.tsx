import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { GitopsConfig } from '../../api/types';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { defaults, providers } from '../../testing/stub-data';
import { addressChanged, draftOf, freeName, inputOf, ownerIn, repositoryExample, secretNeeded, select, slug } from './form';

const [github, builtIn] = providers as [(typeof providers)[0], (typeof providers)[0]];

const acme = (change: Partial<GitopsConfig> = {}): GitopsConfig => ({
  id: '1', name: 'acme', provider: 'github', host: 'https://github.com', organization: 'acme', credential: 'classic-token', username: 'acme-bot',
  has_secret: true, ca_pem: null, repositories: defaults.repositories, active: true, applications: 12, saved_by: 'admin',
  saved_at: new Date().toISOString(), created_at: new Date().toISOString(), version: 3, check: null, ...change,
});

describe('rules of the form', () => {
  it('makes valid, free names', () => {
    expect(['Acme Corp.', '42-things', '--', 'a'.repeat(60)].map(slug)).toEqual(['acme-corp', 'things', '', 'a'.repeat(50)]);
    expect(freeName('Acme', ['acme', 'acme-2'])).toBe('acme-3');
    expect(freeName('', [])).toBe('git');
  });

  it('finds the organization in a pasted address', () => {
    expect(['https://github.com/acme', 'https://github.com/orgs/acme/repositories', 'acme', ' https://git.acme.dev/acme/shop '].map(ownerIn)).toEqual(['acme', 'acme', null, 'acme']);
  });

  it('asks for the secret again when the address changes, and never sends an empty one', () => {
    const draft = draftOf(github, acme());
    expect(secretNeeded(github, draft, acme())).toBe(false);
    expect('secret' in inputOf(github, draft)).toBe(false);
    expect(addressChanged({ ...draft, host: 'https://github.com/' }, acme())).toBe(false);
    expect(secretNeeded(github, { ...draft, host: 'https://git.acme.dev' }, acme())).toBe(true);
    expect(secretNeeded(github, { ...draft, ca: '-----BEGIN' }, acme())).toBe(true);
    expect(secretNeeded(github, draftOf(github, null), null)).toBe(true);
    expect(secretNeeded(builtIn, draftOf(builtIn, null), null)).toBe(false);
  });

  it('shows where a repository will be', () => {
    expect(repositoryExample(github, draftOf(github, acme()), 'shop')).toBe('github.com/acme/gitops-shop');
    expect(repositoryExample(builtIn, draftOf(builtIn, null), 'shop')).toBe('gitops-shop');
  });

  it('selects what the address names, else the active account', () => {
    const legacy = acme({ name: 'legacy', active: false });
    const of = (search: object) => {
      const selection = select(providers, [legacy, acme()], search);
      return [selection?.provider.kind, selection?.config?.name];
    };
    expect(of({})).toEqual(['github', 'acme']);
    expect(of({ account: 'legacy' })).toEqual(['github', 'legacy']);
    expect(of({ provider: 'built-in' })).toEqual(['built-in', undefined]);
    expect(of({ provider: 'github', add: true })).toEqual(['github', undefined]);
    expect(select(providers, [], {})?.provider.kind).toBe('github');
  });
});

const saved = (name: string) => waitFor(() => expect(document.querySelector('.notice.good')?.textContent).toBe(`Saved. ${name} works.`));
const token = () => screen.findByLabelText(/Personal Access Token/);

describe('the page', () => {
  it('shows the cause of a failed check, keeps what was typed and says that nothing was saved', async () => {
    const { user, stub } = open('/configuration/gitops');
    await user.type(await screen.findByLabelText(/GitHub Organization Name/), 'acme');
    await user.type(screen.getByLabelText(/Username/), 'acme-bot');
    await user.type(await token(), 'no-repo{Enter}');
    const report = await screen.findByRole('region', { name: 'Check' });
    await within(report).findByText('1 of 6 failed');
    expect(report.textContent).toContain('Missing: repo');
    expect(within(report).getByRole('link', { name: /github.com\/settings\/tokens/ })).toBeTruthy();
    expect(report.textContent).toContain('Nothing was saved.');
    expect(stub.configs).toEqual([]);
    expect((screen.getByLabelText(/GitHub Organization Name/) as HTMLInputElement).value).toBe('acme');
    expect(JSON.stringify({ ...localStorage })).toContain('acme-bot');
    expect(JSON.stringify({ ...localStorage })).not.toContain('no-repo');
  });

  it('saves, shows the green tick and empties the secret', async () => {
    const { user, stub } = open('/configuration/gitops');
    await user.type(await screen.findByLabelText(/GitHub Organization Name/), 'acme');
    await user.type(screen.getByLabelText(/Username/), 'acme-bot');
    await user.type(await token(), 'ghp_secret{Enter}');
    await saved('acme');
    expect(stub.configs[0]).toMatchObject({ name: 'acme', active: true, has_secret: true });
    const card = document.querySelector('[data-provider="github"]')!;
    await waitFor(() => expect(card.textContent).toContain('acme · active'));
    expect(card.querySelector('.tick')).toBeTruthy();
    const field = (await token()) as HTMLInputElement;
    expect(field.value).toBe('');
    expect(field.placeholder).toContain('stored; leave empty to keep it');
  });

  it('asks once before it switches accounts', async () => {
    const stub = new Stub().enter();
    stub.configs.push(acme());
    const { user } = open('/configuration/gitops?provider=built-in', stub);
    await user.click(await screen.findByRole('button', { name: 'Save' }));
    const question = await screen.findByRole('dialog');
    expect(question.textContent).toContain('12 existing applications stay with acme until moved.');
    await user.click(within(question).getByRole('button', { name: 'Save and switch' }));
    await saved('built-in');
    expect(stub.configs.map((config) => [config.name, config.active])).toEqual([['acme', false], ['built-in', true]]);
  });

  it('tells the second of two people who save, and loses neither work', async () => {
    const stub = new Stub().enter();
    stub.configs.push(acme());
    const { user } = open('/configuration/gitops', stub);
    const name = await screen.findByLabelText(/Username/);
    await user.type(name, '-2');
    stub.configs = [acme({ version: 4, username: 'other-bot', saved_by: 'maria' })];
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await screen.findByText(/maria saved this account while you were editing it/);
    expect((name as HTMLInputElement).value).toBe('acme-bot-2');
    await user.click(screen.getByRole('button', { name: 'Save mine over it' }));
    await saved('acme');
    expect(stub.configs[0]).toMatchObject({ username: 'acme-bot-2', version: 5 });
  });

  it('shows others only how things stand, and whom to ask', async () => {
    const stub = new Stub().enter('dora', [{ role: 'deployer', project: null }]);
    open('/configuration/gitops', stub);
    await screen.findByText(/Ask an administrator to connect a Git account: admin/);
    expect(stub.requests.some((request) => request.path === '/gitops-configs')).toBe(false);
  });
});
