// What is kept secret, on the real program and by keys alone: secret values are written and never read, the age
// identity is exported once, an environment is held and released.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from './api';
import { Browser } from './browser';
import { PASSWORD, skip, startProgram, type Running } from './program';

const PLANTED = 'planted-secret-91ab';
let program: Running;
let api: Api;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  api = await Api.signIn(program.url);
  await api.furnish();
  browser = await Browser.open();
  await browser.signIn(program.url, 'admin', PASSWORD, '/applications/shop/configuration?environment=dev');
});

afterAll(async () => {
  await browser?.close();
  await program?.stop();
});

const stored = () => browser.page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));

it('makes a Secret whose text is sealed, and shown nowhere', async (test) => {
  const { schema } = await api.call<{ schema: { properties: object } }>('GET', '/templates/deployment');
  if (!('secrets' in schema.properties)) {
    skip('a Secret in the browser', 'the template has no Secrets of its own');
    return test.skip();
  }
  await browser.see('No Secret yet');
  await browser.tabTo(/^button New Secret/);
  await browser.press('Enter');
  await browser.see('Given to the pods as');
  await browser.type('database');
  await browser.tabTo(/^button Add an entry/);
  await browser.press('Enter');
  await browser.tabTo(/^input Key 1/);
  await browser.type('PASSWORD');
  await browser.tabTo(/^input Text of PASSWORD/);
  await browser.type(PLANTED);
  expect(await stored()).not.toContain(PLANTED);
  await browser.press('Enter');
  await browser.page.locator('dialog').waitFor({ state: 'detached' });
  await browser.see('database');
  await browser.see('PASSWORD');
  const { keys } = await api.call<{ keys: string[] }>('GET', '/applications/shop/secret-values?environment=dev');
  expect(keys).toEqual(['secrets.database.data.PASSWORD']);
  expect([await stored(), await browser.page.content(), program.log()].filter((text) => text.includes(PLANTED))).toEqual([]);
});

it('sets another secret value anew', async () => {
  await browser.page.goto(`${program.url}/applications/shop/configuration?environment=production`);
  await browser.see('payments.token');
  await browser.tabTo(/^button Set anew payments.token/);
  await browser.press('Enter');
  await browser.tabTo(/^input Secret value of payments.token/);
  await browser.type(PLANTED);
  await browser.press('Enter');
  await browser.unsee('Save secret values');
  const { number, keys } = await api.call<{ number: number; keys: string[] }>('GET', '/applications/shop/secret-values?environment=production');
  expect([number, keys]).toEqual([2, ['payments.token']]);
});

it('exports the age identity after the password, once', async () => {
  await browser.see('was never exported');
  await browser.tabTo(/^a Export it/, true);
  await browser.press('Enter');
  await browser.see('Age identity');
  await browser.tabTo(/^button Export$/);
  await browser.press('Enter');
  await browser.see('To be sure that it is you.');
  await browser.type('not the password');
  await browser.press('Enter');
  await browser.page.locator('dialog .notice.bad').waitFor();
  await browser.page.locator('dialog input[name="password"]').focus();
  await browser.retype(PASSWORD);
  await browser.press('Enter');
  await browser.see('AGE-SECRET-KEY-1');
  await browser.tabTo(/^button I have kept it/);
  await browser.press('Enter');
  await browser.unsee('AGE-SECRET-KEY-1');
  await browser.unsee('was never exported');
  expect(await stored()).not.toContain('AGE-SECRET-KEY-1');
});

it('rotates the identity, and seals what lies in Git anew', async () => {
  await browser.tabTo(/^button Rotate$/);
  await browser.press('Enter');
  await browser.see('A new identity takes its place');
  await browser.press('Enter');
  await browser.see('never: keep a copy outside');
  await browser.see('They still open what was sealed to them.');
  await browser.tabTo(/^button Seal anew$/);
  await browser.press('Enter');
  await browser.see(/2 of 2 environments/);
  expect((await api.call<{ failed: unknown[]; ended: boolean }>('GET', '/age-identity/reseal')).failed).toEqual([]);
});

it('holds an environment with a reason, and releases it', async () => {
  await browser.page.goto(`${program.url}/applications/shop`);
  await browser.see('The new basket loses items');
  await browser.tabTo(/^button Hold production/);
  await browser.press('Enter');
  await browser.see('Whoever wants to deploy reads it.');
  await browser.type('Audit until noon');
  await browser.press('Enter');
  await browser.see('production is on hold');
  await browser.see('Audit until noon');
  await browser.tabTo(/^button Release production/, true);
  await browser.press('Enter');
  await browser.see('From then on it can be deployed there again');
  await browser.press('Enter');
  await browser.unsee('production is on hold');
  expect(browser.errors).toEqual([]);
});

it('sets an empty text in a list, and takes no part of it in the panel that deploys', async () => {
  const enter = async (row: number, name: string, text: string) => {
    await browser.tabTo(/^button Add a secret value/);
    await browser.press('Enter');
    await browser.tabTo(new RegExp(`^input Name of secret value ${row}$`), true);
    await browser.type(name);
    await browser.press('Tab');
    await browser.type(text);
  };
  await browser.page.goto(`${program.url}/applications/shop/configuration?environment=dev`);
  await browser.see('Other secret values');
  await enter(1, 'hosts[0]', PLANTED);
  await enter(2, 'hosts[1]', '');
  await browser.see('this entry of it needs a text too, or is said to be empty');
  await browser.tabTo(/^input Set an empty text\. hosts\[1\]/);
  await browser.press('Space');
  await browser.unsee('or is said to be empty');
  await browser.tabTo(/^button Save secret values/);
  await browser.press('Enter');
  await browser.unsee('Save secret values');
  const { keys } = await api.call<{ keys: string[] }>('GET', '/applications/shop/secret-values?environment=dev');
  expect(keys.filter((key) => key.startsWith('hosts'))).toEqual(['hosts[0]', 'hosts[1]']);
  const deployments = async () => (await api.call<{ items: unknown[] }>('GET', '/applications/shop/deployments?environment=dev')).items.length;
  const before = await deployments();
  await browser.page.goto(`${program.url}/applications/shop?deploy=dev&image=registry.acme.dev/shop:1.6.0`);
  await browser.tabTo(/^summary Values/);
  await browser.press('Enter');
  await browser.see(/\d are stored in dev/);
  await enter(1, 'hosts[0]', PLANTED);
  await browser.see('more of this one is stored than is entered here');
  await browser.see('not entered here');
  await browser.press('Enter');
  await browser.tabTo(/^button Set the list anew hosts\[1\]/);
  await browser.press('Enter');
  await browser.unsee('not entered here');
  expect([await deployments(), await stored().then((text) => text.includes(PLANTED)), browser.errors]).toEqual([before, false, []]);
});
