// Charts on the real program, by keys alone: a repository is added, a chart found, installed, upgraded and rolled
// back, the last two while the repository is gone. A secret value is planted, and looked for where it must not be.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Api } from './api';
import { Browser } from './browser';
import { ChartServer, redis } from './chart-server';
import { PASSWORD, poll, skip, startProgram, type Running } from './program';

const PLANTED = 'planted-secret-7f3c';
let program: Running;
let charts: ChartServer;
let browser: Browser;
let api: Api;
let ready = false;

beforeEach((test) => {
  if (!ready) test.skip();
});

beforeAll(async () => {
  [program, charts] = await Promise.all([startProgram(), ChartServer.start([redis('20.1.0'), redis('20.2.0')])]);
  api = await Api.signIn(program.url);
  ready = await api.knows('/chart-repositories');
  if (!ready) return skip('charts in the browser', 'the program has no chart repositories');
  await api.call('PUT', '/gitops-configs/built-in', { provider: 'built-in' }, { 'if-none-match': '*' });
  await api.call('POST', '/projects', { name: 'storefront' });
  await api.call('POST', '/environments', { name: 'production' });
  browser = await Browser.open();
  await browser.signIn(program.url, 'admin', PASSWORD, '/charts');
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([program?.stop(), charts?.stop()]);
});

const passed = (count: number) => poll(async () => `${count} stages have passed; the page shows:\n${(await browser.text()).slice(0, 3000)}`, async () => (await browser.page.locator('dialog [data-state="passed"]').count()) === count);

it('adds a repository, saying what is wrong with a wrong address first', async () => {
  await browser.see('No charts yet');
  await browser.tabTo(/^a Add a repository/);
  await browser.press('Enter');
  await browser.see('Saving reads the repository first.');
  await browser.type('acme');
  await browser.tabTo(/^input Address/);
  await browser.type(charts.url);
  await browser.press('Enter');
  await browser.page.locator('dialog .notice.bad').waitFor();
  expect(await browser.page.locator('dialog input[name="name"]').inputValue()).toBe('acme');
  await browser.page.locator('dialog input[name="url"]').focus();
  await browser.retype(`${charts.url}/charts`);
  await browser.press('Enter');
  await browser.see('up to date');
  await browser.see('1 chart, 2 versions');
});

it('finds a chart as one types, and shows what is in it without its HTML', async () => {
  await browser.jump('acme/redis');
  await browser.at(/\/charts\/acme\/redis/);
  await browser.see('An in-memory store');
  expect(await browser.page.title()).toBe('redis · Trueline');
  expect(await browser.page.locator('.markdown script').count()).toBe(0);
  await browser.page.goto(`${program.url}/charts`);
  await browser.tabTo(/^input Search charts/);
  await browser.type('basket');
  await browser.at(/search=basket/);
  await browser.see('redis');
});

it('tells what the chart knows of a key, while typing and under the pointer', async () => {
  await browser.page.goto(`${program.url}/charts/acme/redis?version=20.1.0&install=production`);
  await browser.see(/3 of 3 objects change|2 of 2 objects change/);
  await browser.tabTo(/^div Values/);
  const content = () => browser.page.locator('dialog .editor .cm-content').first().innerText();
  await browser.type('au');
  // A completion that has just appeared takes no key yet, so that nobody takes it unseen.
  await browser.page.locator('.cm-tooltip-autocomplete li', { hasText: 'auth' }).click();
  await poll('a key that holds others goes on below', async () => (await content()) === 'auth:\n  ');
  await browser.type('p');
  await browser.page.locator('.cm-completionInfo', { hasText: 'made at random when it is empty' }).waitFor();
  await browser.press('Control+a', 'Delete');
  await browser.type('architecture: ');
  await browser.press('Control+Space');
  await browser.page.locator('.cm-tooltip-autocomplete li', { hasText: 'replication' }).click();
  expect(await content()).toBe('architecture: replication');
  await browser.page.locator('dialog .cm-line span', { hasText: 'architecture' }).first().hover();
  await browser.page.locator('.cm-about', { hasText: 'How it runs.' }).waitFor();
  expect(await browser.page.locator('.cm-about').innerText()).toContain('one of standalone, replication');
  await browser.page.mouse.move(0, 0);
  await browser.page.locator('dialog .cm-content').first().focus();
  await browser.press('Control+a', 'Delete');
  expect((await content()).trim()).toBe('');
});

it('installs it with a secret value that no storage of the browser holds', async () => {
  await browser.page.goto(`${program.url}/charts/acme/redis?version=20.1.0&install=production`);
  await browser.see(/3 of 3 objects change|2 of 2 objects change/);
  await browser.tabTo(/^div Values/);
  await browser.type('repl');
  await browser.page.locator('.cm-tooltip-autocomplete').waitFor();
  await browser.type('icas: 2');
  // Whether Escape closes a list of completions or leaves the editor depends on how far that list is.
  await browser.page.locator('dialog button', { hasText: 'Add a secret value' }).focus();
  await browser.press('Enter');
  await browser.page.getByLabel('Name of secret value 1').fill('auth.password');
  await browser.page.getByLabel('Secret value of auth.password').fill(PLANTED);
  await browser.see(/replicas: 2/);
  await poll('the preview belongs to what is typed', async () => (await browser.page.locator('dialog .stale').count()) === 0);
  await browser.page.locator('dialog button', { hasText: 'Install redis 20.1.0 to production' }).focus();
  await browser.press('Enter');
  await passed(3);
  expect(await browser.page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain(PLANTED);
  expect(await browser.page.content()).not.toContain(PLANTED);
});

it('shows the newer version, what an upgrade changes, and upgrades', async () => {
  await browser.page.goto(`${program.url}/charts/installed`);
  await browser.see('20.2.0 available');
  await browser.tabTo(/^a Upgrade production to 20.2.0/);
  await browser.press('Enter');
  await browser.see('Your values and the new defaults');
  await browser.see('legacy');
  await browser.see('metrics');
  await browser.see('standalone → replication');
  await browser.see('7.4.2');
  expect(await browser.page.content()).not.toContain(PLANTED);
  await browser.tabTo(/^summary Values/);
  await browser.press('Enter');
  await browser.tabTo(/^div Values of Base values/);
  await browser.retype('replicas: 3\n');
  await browser.see('+   replicas: 3');
  await browser.see('saved with the deployment');
  await poll('the preview belongs to what is typed', async () => (await browser.page.locator('dialog .stale').count()) === 0);
  const saved = async () => (await api.call<{ yaml: string }>('GET', '/applications/redis/values')).yaml;
  expect(await saved()).toContain('replicas: 2');
  await browser.page.locator('dialog button', { hasText: 'Upgrade production to 20.2.0' }).focus();
  await browser.press('Enter');
  await passed(3);
  await browser.press('Escape');
  await browser.see('20.2.0');
  expect(await saved()).toBe('replicas: 3\n');
  expect(await api.call<{ keys: string[] }>('GET', '/applications/redis/secret-values?environment=production')).toMatchObject({ keys: ['auth.password'] });
});

it('rolls back while the chart repository is gone; a hold follows, and is released', async () => {
  await charts.stop();
  await browser.page.goto(`${program.url}/applications/redis/deployments`);
  await browser.see('20.1.0 → 20.2.0');
  await browser.tabTo(/^a Roll back to this/);
  await browser.press('Enter');
  await browser.see('A hold follows');
  await browser.see('What changes');
  await browser.tabTo(/^button Roll production back to deployment 1/);
  await browser.press('Enter');
  await passed(3);
  await browser.press('Escape');
  await browser.see('production is on hold');
  await browser.page.goto(`${program.url}/applications/redis/deployments/3?with=2`);
  await browser.see('What differs');
  await browser.see('7.4.2');
  await browser.tabTo(/^button Release production/);
  await browser.press('Enter');
  await browser.see('From then on it can be deployed there again');
  await browser.tabTo(/^button Release production/);
  await browser.press('Enter');
  await browser.unsee('production is on hold');
  expect([browser.errors, program.log().includes(PLANTED)]).toEqual([[], false]);
});

it('generates anew what the chart makes itself, after asking once, and not otherwise', async () => {
  await browser.page.goto(`${program.url}/applications/redis?deploy=production`);
  await browser.see('Generated values');
  const generated = async () => (await browser.page.locator('dialog section[aria-label="Generated values"] li').allInnerTexts()).join(' ');
  expect(await generated()).toMatch(/cookie\s+kept/);
  await browser.tabTo(/^button Generate anew/);
  await browser.press('Enter');
  await browser.see('Generate passwords, keys and certificates anew?');
  expect(new URL(browser.page.url()).search).not.toContain('anew');
  await browser.press('Enter');
  await browser.see('Generated values are made anew by this deployment.');
  await poll('the preview shows what is new', async () => /cookie\s+new/.test(await generated()));
  await browser.page.locator('dialog button', { hasText: 'Deploy redis 20.1.0 to production' }).focus();
  await browser.press('Enter');
  await passed(3);
  expect(await api.call<{ anew: boolean }>('GET', '/applications/redis/deployments/4')).toMatchObject({ anew: true, end: 'stored' });
  // The next one keeps what was made then.
  await browser.page.goto(`${program.url}/applications/redis?deploy=production`);
  await browser.see('Generated values');
  expect(await generated()).toMatch(/cookie\s+kept/);
  expect(browser.errors).toEqual([]);
});
