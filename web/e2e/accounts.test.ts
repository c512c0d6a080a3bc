// Git accounts on the real program with a simulated GitHub: what a token lacks, two people at once, drafts.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { Api } from './api';
import { Browser } from './browser';
import { PASSWORD, poll, startHost, startProgram, type Host, type Running } from './program';

const TOKENS = { good: 'ghp_goodgoodgoodgoodgoodgoodgoodgood0001', weak: 'ghp_weakweakweakweakweakweakweakweak0002' };
const [ORGANIZATION, USERNAME] = ['acme', 'acme-bot'];
let program: Running;
let github: Host;
let browser: Browser;

beforeAll(async () => {
  const [running, host] = await Promise.all([startProgram(), startHost('github', [`${TOKENS.good}:repo,delete_repo`, `${TOKENS.weak}:public_repo`])]);
  program = running;
  github = host!;
});

beforeEach(async () => {
  browser = await Browser.open();
});

afterEach(async () => {
  expect(browser.errors).toEqual([]);
  await browser.close();
});

afterAll(() => Promise.all([program?.stop(), github?.stop()]));

/** Fills in the form of a GitHub account by keys alone, the cursor being before it. */
async function fill(secret: string) {
  await browser.tabTo(/^button Use GitHub Enterprise Server/);
  await browser.press('Enter', 'Tab');
  expect(await browser.focused()).toMatch(/^input Git host/);
  await browser.type(github.url);
  await browser.tabTo(/^input GitHub Organization Name/);
  await browser.type(ORGANIZATION);
  await browser.tabTo(/^input Username/);
  await browser.type(USERNAME);
  await browser.tabTo(/^input Personal Access Token/);
  await browser.type(secret);
}

const value = (name: string) => browser.page.evaluate((wanted) => document.querySelector<HTMLInputElement>(`input[name="${wanted}"]`)?.value, name);

it('shows what a token lacks, saves nothing, and saves once the token is right', async () => {
  await browser.signIn(program.url, 'admin', PASSWORD, '/configuration/gitops?provider=github');
  await browser.see('New GitHub account');
  await fill(TOKENS.weak);
  await browser.press('Enter');
  await browser.see(/\d of \d+ failed/);
  await browser.see('Nothing was saved.');
  await browser.see('repo');
  expect(await browser.page.locator('.stage.bad .why code').allTextContents()).toContain('repo');
  expect(await browser.page.locator('.tick').count()).toBe(0);

  // Nothing that was typed is lost; only the token is entered again.
  expect([await value('organization'), await value('username'), await value('host')]).toEqual([ORGANIZATION, USERNAME, github.url]);
  await browser.tabTo(/^input Username/, true);
  await browser.tabTo(/^input Personal Access Token/);
  await browser.retype(TOKENS.good);
  await browser.press('Enter');
  await browser.see('Saved. acme works.');
  expect(await browser.page.locator('.provider .tick').count()).toBe(1);
  expect(await value('secret')).toBe('');
  const shown = await browser.page.content();
  expect(shown.includes(TOKENS.good) || shown.includes(TOKENS.weak)).toBe(false);
});

it('keeps what was typed over sign-out and reload, but never the secret', async () => {
  await browser.signIn(program.url, 'admin', PASSWORD, '/configuration/gitops?provider=github&add=true');
  await browser.see('New GitHub account');
  await browser.tabTo(/^input GitHub Organization Name/);
  await browser.type('half-typed');
  await browser.tabTo(/^input Personal Access Token/);
  await browser.type(TOKENS.good);
  await browser.tabTo(/^button You: admin/, true);
  await browser.press('Enter');
  await browser.tabTo(/^button Sign out/);
  await browser.press('Enter');
  await browser.see('User name');
  const kept = await browser.page.evaluate(() => JSON.stringify({ ...localStorage }));
  expect(kept).toContain('half-typed');
  expect(kept).not.toContain(TOKENS.good);
  await browser.signIn(program.url, 'admin', PASSWORD, '/configuration/gitops?provider=github&add=true');
  await browser.see('New GitHub account');
  expect([await value('organization'), await value('secret')]).toEqual(['half-typed', '']);
});

it('tells the second of two people who save, and overwrites nothing', async () => {
  await browser.signIn(program.url, 'admin', PASSWORD, '/configuration/gitops?account=acme');
  await browser.see('Saved by');
  await browser.tabTo(/^summary TLS/);
  await browser.press('Enter');
  await browser.tabTo(/^input Committer name/);
  await browser.retype('Trueline of the platform team');

  const other = await Api.signIn(program.url);
  const before = await other.call<{ version: number }>('GET', '/gitops-configs/acme');
  const theirs = { provider: 'github', host: github.url, organization: ORGANIZATION, username: USERNAME, activate: false, repositories: { committer_name: 'Someone else' } };
  await other.call('PUT', '/gitops-configs/acme', theirs, { 'if-match': `"${before.version}"` });

  await browser.press('Enter');
  await browser.see('admin saved this account while you were editing it.');
  expect(await value('committer_name')).toBe('Trueline of the platform team');
  await browser.tabTo(/^button Save mine over it/, true);
  await browser.press('Enter');
  await browser.see('Saved. acme works.');
  const stored = await poll('it is stored', () => other.call<{ repositories: { committer_name: string } }>('GET', '/gitops-configs/acme'));
  expect(stored.repositories.committer_name).toBe('Trueline of the platform team');
});
