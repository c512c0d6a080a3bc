import { render, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { GitopsConfig } from '../../api/types';
import { open } from '../../testing/page';
import { Stub } from '../../testing/stub';
import { defaults } from '../../testing/stub-data';
import { providerOf, providers } from '../../testing/stub-providers';
import { stagesOf } from './CheckReport';
import { addressChanged, draftOf, freeName, inputOf, keyNeeded, misfit, nameOf, repositoryExample, secretNeeded, select, slug } from './form';

const github = providerOf('github');
const builtIn = providerOf('built-in');

const acme = (change: Partial<GitopsConfig> = {}): GitopsConfig => ({
  id: '1', name: 'acme', provider: 'github', host: 'https://github.com', organization: 'acme', group: '', project: '', workspace: '', project_key: null, credential: 'classic-token', username: 'acme-bot',
  has_secret: true, ca_pem: null, client_certificate_pem: null, proxy: null, repositories: defaults.repositories, active: true, applications: 12, saved_by: 'admin',
  saved_at: new Date().toISOString(), created_at: new Date().toISOString(), version: 3, check: null, credential_state: 'ok', expires_at: null, rate: null, ...change,
});

describe('rules of the form', () => {
  it('makes valid, free names', () => {
    expect(['Acme Corp.', '42-things', '--', 'a'.repeat(60)].map(slug)).toEqual(['acme-corp', 'things', '', 'a'.repeat(50)]);
    expect(freeName('Acme', ['acme', 'acme-2'])).toBe('acme-3');
    expect(freeName('', [])).toBe('git');
  });

  it('asks for the secret again when the address changes, and never sends an empty one', () => {
    const draft = draftOf(github, acme());
    expect(secretNeeded(github, draft, acme())).toBe(false);
    expect('secret' in inputOf(github, draft)).toBe(false);
    expect(addressChanged({ ...draft, host: 'https://github.com/' }, acme())).toBe(false);
    expect(secretNeeded(github, { ...draft, host: 'https://git.acme.dev' }, acme())).toBe(true);
    expect(secretNeeded(github, { ...draft, ca: '-----BEGIN' }, acme())).toBe(true);
    expect(secretNeeded(github, { ...draft, proxy: 'http://proxy.acme.dev:3128' }, acme())).toBe(true);
    expect(secretNeeded(github, { ...draft, clientCertificate: '-----BEGIN' }, acme())).toBe(true);
    expect(secretNeeded(github, { ...draft, credential: 'fine-grained-token' }, acme())).toBe(true);
    expect(secretNeeded(github, draftOf(github, null), null)).toBe(true);
    expect(secretNeeded(builtIn, draftOf(builtIn, null), null)).toBe(false);
  });

  it('asks for the key of a client certificate, and sends it only when it was typed', () => {
    const stored = acme({ client_certificate_pem: '-----BEGIN A' });
    const draft = draftOf(github, stored);
    expect([keyNeeded(draftOf(github, acme()), acme()), keyNeeded(draft, stored), keyNeeded({ ...draft, clientCertificate: '-----BEGIN B' }, stored), keyNeeded({ ...draft, host: 'https://git.acme.dev' }, stored)]).toEqual([false, false, true, true]);
    expect(inputOf(github, draft)).toMatchObject({ client_certificate_pem: '-----BEGIN A', proxy: null });
    expect(['client_key_pem', 'proxy_password'].filter((name) => name in inputOf(github, draft))).toEqual([]);
    expect(inputOf(github, { ...draft, clientKey: 'key', proxyPassword: 'word' })).toMatchObject({ client_key_pem: 'key', proxy_password: 'word' });
  });

  it('warns of a secret that begins as another kind does', () => {
    const of = (kind: string, credential: string, secret: string) => {
      const provider = providerOf(kind);
      return misfit(providers, provider, { ...draftOf(provider, null), credential, secret });
    };
    expect(of('github', 'classic-token', 'ghp_abc')).toBeNull();
    expect(of('github', 'classic-token', 'no prefix at all')).toBeNull();
    expect(of('github', 'classic-token', 'github_pat_abc')).toEqual({ looks: 'Fine-grained token', kind: 'fine-grained-token' });
    expect(of('github', 'classic-token', 'glpat-abc')).toEqual({ looks: 'GitLab: Personal access token', kind: null });
    expect(of('gitlab', 'group-token', 'glpat-abc')).toBeNull();
    expect(of('bitbucket-cloud', 'api-token', 'ATCTTabc')).toEqual({ looks: 'Access token', kind: 'access-token' });
  });

  it('calls what owns the repositories by the word of each provider', () => {
    const words = { github: 'organization', gitlab: 'group', 'azure-devops': 'project', 'bitbucket-cloud': 'workspace' };
    for (const [kind, word] of Object.entries(words)) {
      const provider = providerOf(kind);
      const draft = { ...draftOf(provider, null), fields: { [word]: ' Platform ', username: 'bot' } };
      expect(inputOf(provider, draft)).toMatchObject({ provider: kind, [word]: 'Platform' });
      expect(nameOf(provider, draft, [])).toBe('platform');
    }
    const gitlab = providerOf('gitlab');
    const draft = { ...draftOf(gitlab, null), fields: { group: 'platform', username: 'bot' } };
    expect([inputOf(gitlab, draft).username, inputOf(gitlab, { ...draft, credential: 'group-token' }).username]).toEqual(['bot', '']);
    expect(inputOf(providerOf('git'), draftOf(providerOf('git'), null)).repositories?.source).toBe('ask');
  });

  it('shows where a repository will be', () => {
    const azure = providerOf('azure-devops');
    expect(repositoryExample(azure, { ...draftOf(azure, null), host: 'https://dev.azure.com/acme', fields: { project: 'Shop' } }, 'shop')).toBe('dev.azure.com/acme/Shop/_git/gitops-shop');
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

/** Labels of the fields that are shown, with a star where one has to be filled in. */
const labels = () => [...document.querySelectorAll('form.account > .body > .field .label, form.account .two .field .label')].map((label) => label.textContent).filter((label) => !/PEM|roxy|refix|branch|deleted|ommitter|New repositories/.test(label));

describe('the form of each provider', () => {
  it.each([
    ['github', ['Git host', 'GitHub Organization Name *', 'Credential', 'Username *', 'Personal Access Token *', 'Repositories', 'Name of this account *'], ['repo', 'delete_repo', 'admin:org'], 'https://github.com/settings/tokens/new?scopes=repo,delete_repo'],
    ['gitlab', ['Git host *', 'GitLab Group ID *', 'Credential', 'Username *', 'Personal Access Token *', 'Repositories', 'Name of this account *'], ['api', 'write_repository'], 'https://gitlab.com/settings/tokens'],
    ['azure-devops', ['Azure DevOps Organisation Url *', 'Azure DevOps Project Name *', 'Username *', 'Personal Access Token *', 'Repositories', 'Name of this account *'], ['Code: manage'], 'https://dev.azure.com/settings/tokens'],
    ['bitbucket-cloud', ['Git host', 'Bitbucket Workspace ID *', 'Bitbucket Project Key', 'Credential', 'Atlassian e-mail *', 'API token *', 'Repositories', 'Name of this account *'], ['read:repository:bitbucket'], 'https://bitbucket.org/settings/tokens'],
    ['git', ['Git host *', 'Username *', 'Password *', 'Try it on a repository', 'Name of this account *'], [], null],
    ['built-in', ['Repositories', 'Name of this account *'], [], null],
  ])('asks for %s what its description says', async (kind, wanted, scopes, create) => {
    open(`/configuration/gitops?provider=${kind}`);
    await screen.findByRole('button', { name: 'Save' });
    expect(labels()).toEqual(wanted);
    expect([...document.querySelectorAll('.scopes code')].map((code) => code.textContent)).toEqual(scopes);
    expect(screen.queryByRole('link', { name: /Create token/ })?.getAttribute('href') ?? null).toBe(create);
    expect(document.querySelectorAll('.providers > li').length).toBe(5);
  });

  it('asks for a user name only where the kind of credential needs one', async () => {
    const { user } = open('/configuration/gitops?provider=gitlab');
    await screen.findByLabelText(/Username/);
    await user.click(screen.getByLabelText('Group access token', { selector: 'input[type=radio]' }));
    expect(screen.queryByLabelText(/Username/)).toBeNull();
    expect([...document.querySelectorAll('.scopes code')].map((code) => code.textContent)).toEqual(['api']);
    await user.type(screen.getByLabelText(/Group access token \*/), 'ghp_x');
    await screen.findByText(/begins like another kind: GitHub: Personal access token/);
  });

  it('offers what was meant, and takes it by a click', async () => {
    const { user, stub } = open('/configuration/gitops');
    await user.type(await screen.findByLabelText(/GitHub Organization Name/), 'https://github.com/acme');
    await user.type(screen.getByLabelText(/Username/), 'acme-bot');
    await user.type(await token(), 'ghp_secret{Enter}');
    await user.click(await screen.findByRole('button', { name: 'Use acme' }));
    expect((screen.getByLabelText(/GitHub Organization Name/) as HTMLInputElement).value).toBe('acme');
    expect(screen.queryByRole('button', { name: 'Use acme' })).toBeNull();
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await saved('acme');
    expect(stub.configs[0]?.organization).toBe('acme');
  });

  it('says which project an empty key means, once a check has seen it', async () => {
    const { user } = open('/configuration/gitops?provider=bitbucket-cloud');
    await user.type(await screen.findByLabelText(/Workspace/), 'acme');
    await screen.findByText('Empty: your oldest project.');
    await user.type(screen.getByLabelText(/Atlassian e-mail/), 'bot@acme.dev');
    await user.type(screen.getByLabelText(/API token \*/), 'ATATTx');
    await user.click(screen.getByRole('button', { name: 'Check only' }));
    await screen.findByText('Empty: PLAT, your oldest project.');
  });

  it('never keeps keys and passwords in the browser', async () => {
    const { user } = open('/configuration/gitops');
    await user.type(await screen.findByLabelText(/Its private key/), 'THEKEY');
    await user.type(screen.getByLabelText(/Password of the proxy/), 'THEWORD');
    await user.type(screen.getByLabelText('Proxy'), 'http://proxy.acme.dev');
    const kept = JSON.stringify({ ...localStorage });
    expect([kept.includes('proxy.acme.dev'), kept.includes('THEKEY'), kept.includes('THEWORD')]).toEqual([true, false, false]);
  });

  it('chooses between several accounts of a provider, and adds one', async () => {
    const stub = new Stub().enter();
    // The newest check tried another token: its facts say nothing of the stored one.
    const facts = { ...defaults.facts({ provider: 'github', secret: 'x' }), expires_at: new Date(Date.now() + 3.5 * 86_400_000).toISOString(), rate_left: { left: 1, limit: 60 } };
    const stands = { expires_at: new Date(Date.now() + 41 * 86_400_000).toISOString(), rate: { left: 4812, limit: 5000, resets_at: null, waiting_until: null } };
    const check = { id: 'c', config: 'acme', requested_by: 'admin', created_at: new Date().toISOString(), finished_at: new Date().toISOString(), failed: false, stages: [], facts };
    stub.configs.push(acme({ check, ...stands }), acme({ name: 'legacy', organization: 'old-acme', active: false, applications: 7 }));
    const { user } = open('/configuration/gitops', stub);
    const accounts = await screen.findByRole('group', { name: 'Account' });
    expect(accounts.textContent).toContain('acme Active 12 applications');
    await screen.findByText((_, element) => element?.className === 'block' && /^last check today \d\d:\d\d · token ends in 41 days · 4,812 of 5,000 calls left$/.test(element.textContent ?? ''));
    await user.click(within(accounts).getByLabelText(/legacy/));
    await waitFor(() => expect((screen.getByLabelText(/GitHub Organization Name/) as HTMLInputElement).value).toBe('old-acme'));
    await user.click(screen.getByRole('link', { name: 'Add account' }));
    await screen.findByRole('heading', { name: 'New GitHub account' });
  });
});

const standing = (words: RegExp) => screen.findByText((_, element) => element?.className === 'block' && words.test(element.textContent ?? ''));

describe('how the stored credential stands', () => {
  const at = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

  it.each([
    [{ credential_state: 'failing', expires_at: at(-2) }, /^token failing · token ended 2 days ago$/],
    [{ credential_state: 'ending', expires_at: at(5) }, /^token ends in 5 days$/],
    [{ rate: { left: 0, limit: 5000, resets_at: null, waiting_until: at(0.0006) } }, /^0 of 5,000 calls left · Waiting until (today|\d+ \w+) \d\d:\d\d$/],
    [{ rate: { left: null, limit: null, resets_at: null, waiting_until: at(0.0006) } }, /^Waiting until (today|\d+ \w+) \d\d:\d\d$/],
    [{ rate: { left: null, limit: 1000, resets_at: null, waiting_until: null } }, /^limit of 1,000 calls$/],
    [{ rate: { left: 7, limit: 5000, resets_at: null, waiting_until: at(-0.1) } }, /^7 of 5,000 calls left$/],
  ] as [Partial<GitopsConfig>, RegExp][])('%o', async (stands, words) => {
    const stub = new Stub().enter();
    stub.configs.push(acme(stands));
    open('/configuration/gitops', stub);
    await standing(words);
  });
});

describe('a repository to try the account on', () => {
  it('is asked for where repositories are, and sent with the check only', async () => {
    const { user, stub } = open('/configuration/gitops?provider=github');
    await screen.findByRole('button', { name: 'Save' });
    expect(screen.queryByLabelText(/Try it on a repository/)).toBeNull();
    await user.click(screen.getByLabelText(/Ask for a repository/));
    await user.type(screen.getByLabelText(/Try it on a repository/), 'https://github.com/acme/shop');
    await screen.findByText(/pushes a branch of its own there and removes it/);
    await user.type(screen.getByLabelText(/GitHub Organization Name/), 'acme');
    await user.type(screen.getByLabelText(/Username/), 'acme-bot');
    await user.type(await token(), 'ghp_secret');
    await user.click(screen.getByRole('button', { name: 'Check only' }));
    await waitFor(() => expect(stub.requests.find((request) => request.path.endsWith('/check'))?.body).toMatchObject({ check_repository: 'https://github.com/acme/shop' }));
  });

  it('is left out where they are created, and when it is empty', () => {
    const draft = { ...draftOf(github, null), checkRepository: 'https://github.com/acme/shop' };
    const sent = (change: Partial<typeof draft>, provider = github) => inputOf(provider, { ...draft, ...change }).check_repository;
    expect([sent({}), sent({ source: 'ask' }), sent({ source: 'ask', checkRepository: ' ' }), sent({}, providerOf('git'))]).toEqual([undefined, 'https://github.com/acme/shop', undefined, 'https://github.com/acme/shop']);
  });
});

describe('the report', () => {
  it('says why a stage was not tried', () => {
    const diagnosis = { code: 'not_tried', sentence: 'Not tried: it could not be deleted again.', missing: null, link: null };
    const stage = { stage: 'create', title: 'Create', required: true, state: 'skipped' as const, milliseconds: 0, diagnosis };
    render(stagesOf({ stages: [stage, { ...stage, diagnosis: null }] }).map((each) => <p key={each.why ? 'with' : 'without'}>{each.aside}: {each.why}</p>));
    expect([...document.querySelectorAll('p')].map((line) => line.textContent)).toEqual(['not tried: Not tried: it could not be deleted again.', 'not tried: ']);
  });
});

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
    expect(field.placeholder).toContain('stored');
    await screen.findByText(/Leave the field empty to keep the stored one/);
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
