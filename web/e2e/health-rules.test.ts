// A health rule on the real program, by keys alone: what cannot be read is said with its place, what is tried says how it
// came to that, and what is saved is in the list.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser } from './browser';
import { PASSWORD, shotFolder, startProgram, type Running } from './program';

const WIDGET = '{apiVersion: acme.dev/v1, kind: Widget, metadata: {name: a}, status: {level: 2}}';
const shots = shotFolder();
let program: Running;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
  browser = await Browser.open();
  await browser.signIn(program.url, 'admin', PASSWORD);
});

afterAll(async () => {
  await browser?.close();
  await program?.stop();
});

it('is tried and saved by keys alone', async () => {
  await browser.page.goto(`${program.url}/configuration/health-rules?new=true`);
  await browser.see('An object to try it with');
  await browser.tabTo(/^input API group/);
  await browser.type('acme.dev');
  await browser.tabTo(/^input Kind/);
  await browser.type('Widget');
  await browser.tabTo(/^textarea Current/);
  await browser.type('sttaus.level == 3');
  await browser.tabTo(/^textarea An object to try it with/);
  await browser.type(WIDGET);
  await browser.tabTo(/^button Try the rule/);
  await browser.press('Enter');
  await browser.see(/Line 1, column 1: There is no `sttaus`/);
  await browser.tabTo(/^textarea Current/);
  await browser.retype('status.level == 3');
  await browser.tabTo(/^button Try the rule/);
  await browser.press('Enter');
  await browser.see('by this rule');
  await browser.see('its health rule does not say that it is current');
  const found = await browser.look('health-rule-tried', shots);
  await browser.tabTo(/^button Save/);
  await browser.press('Enter');
  await browser.see('status.level == 3');
  await browser.page.goto(`${program.url}/configuration/health-rules`);
  await browser.see('Widget.acme.dev');
  found.push(...(await browser.look('health-rule-saved', shots)));
  expect([...found, ...browser.errors]).toEqual([]);
});
