// Values on the real program, by keys alone: an override that takes the place of the base values, what the editors
// know of a key, what is wrong with values that are not saved at its line, and an identity from elsewhere. Each is
// looked at narrow and wide, light and dark, as pages.test.ts does.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api } from './api';
import { Browser, VIEWS } from './browser';
import { ChartServer, redis } from './chart-server';
import { PASSWORD, poll, shotFolder, startProgram, type Running } from './program';

const shots = shotFolder();
let program: Running;
let elsewhere: Running;
let charts: ChartServer;
let api: Api;
/** An identity of another installation, as its export gives it. */
let foreign: { recipient: string; identity: string };

beforeAll(async () => {
  [program, elsewhere, charts] = await Promise.all([startProgram(), startProgram(), ChartServer.start([redis('20.1.0'), redis('20.2.0')])]);
  api = await Api.signIn(program.url);
  await api.furnish();
  await api.stock(charts);
  // What the template does not know would keep every preview from being shown.
  await api.call('PUT', '/applications/shop/secret-values?environment=production', { remove: ['payments.token'], message: '' }, { 'if-match': '"1"' });
  const other = await Api.signIn(elsewhere.url);
  const { recipient } = await other.call<{ recipient: string }>('GET', '/age-identity');
  foreign = { recipient, identity: (await other.call<{ identity: string }>('POST', '/age-identity/export', { password: PASSWORD })).identity };
});

afterAll(() => Promise.all([program?.stop(), elsewhere?.stop(), charts?.stop()]));

const UPGRADE = '/applications/cache?deploy=production&version=20.2.0';
const fresh = (browser: Browser) => poll('the preview belongs to what is typed', async () => (await browser.page.locator('dialog .stale, dialog .skeleton').count()) === 0);
const lines = (browser: Browser) => browser.page.locator('.cm-lintRange-error').allInnerTexts();

/** Opens the values in the deploy panel, and goes into the text of the base values or of production. */
async function openValues(browser: Browser, of: 'Base values' | 'production') {
  const summary = browser.page.locator('dialog summary', { hasText: 'Values' }).first();
  await summary.waitFor();
  await summary.focus();
  // It stands open where something is changed already.
  if (!(await summary.evaluate((element) => (element.parentElement as HTMLDetailsElement).open))) await browser.press('Enter');
  await browser.see('They are saved together with the deployment');
  if (of === 'production') {
    await browser.tabTo(/^input Base values/);
    await browser.press('ArrowRight');
  }
  await browser.tabTo(new RegExp(`^div Values of ${of}`));
}

/** Points at a key in the editor that has it. */
const hover = (browser: Browser, key: string) => browser.page.locator('.cm-line span', { hasText: key }).first().hover();

describe('by keys alone', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await Browser.open();
    await browser.signIn(program.url, 'admin', PASSWORD);
  });

  afterAll(async () => {
    expect(browser.errors).toEqual([]);
    await browser.close();
  });

  it('tells what the chart knows of a key in the upgrade panel, by the version that is chosen', async () => {
    await browser.page.goto(program.url + UPGRADE);
    await browser.see('Your values and the new defaults');
    await openValues(browser, 'production');
    await browser.type('me');
    // The version that is there now knows nothing of metrics.
    await browser.page.locator('.cm-tooltip-autocomplete li', { hasText: 'metrics' }).click();
    await browser.type('en');
    await browser.page.locator('.cm-tooltip-autocomplete li', { hasText: 'enabled' }).click();
    await browser.type('true\n');
    await browser.see(/\+\s+enabled: true/);
    await hover(browser, 'metrics');
    await browser.page.locator('.cm-about', { hasText: 'Metrics for Prometheus.' }).waitFor();
    await browser.page.mouse.move(0, 0);
  });

  it('shows what is wrong with values that are not saved at its line, and in which text', async () => {
    await browser.page.locator('dialog .cm-content').first().focus();
    await browser.retype('# as many as it takes\nreplicas: 0\n');
    await browser.see('1 wrong line');
    await poll('the line is marked', async () => (await lines(browser)).join() === '0');
    await browser.see('Override, line 2');
    await browser.retype('replicas: 3\n');
    await browser.unsee('1 wrong line');
    await poll('the mark is gone', async () => (await lines(browser)).length === 0);
    // The same in the other text.
    await browser.page.goto(program.url + UPGRADE);
    await openValues(browser, 'Base values');
    await browser.retype('architecture: cluster\n');
    await browser.see('1 wrong line');
    await poll('the line is marked', async () => (await lines(browser)).join() === 'cluster');
    await browser.page.locator('dialog button', { hasText: 'Discard these changes' }).focus();
    await browser.press('Enter');
    await browser.unsee('1 wrong line');
  });

  it('tells what the template knows of a key in its editor', async () => {
    await browser.page.goto(`${program.url}/applications/shop/template?environment=production`);
    await browser.tabTo(/^div Values of production/);
    await browser.type('autos');
    await browser.page.locator('.cm-tooltip-autocomplete li', { hasText: 'autoscaling' }).click();
    await browser.type('tar');
    await browser.page.locator('.cm-tooltip-autocomplete li', { hasText: 'targetCpuPercent' }).click();
    await browser.type('60\n');
    await hover(browser, 'targetCpuPercent');
    await browser.page.locator('.cm-about', { hasText: 'default 80' }).waitFor();
    await browser.page.mouse.move(0, 0);
  });

  it('lets the values of an environment take the place of the base values, from the editor into Git', async () => {
    await browser.page.locator('.cm-content').first().focus();
    await browser.retype('service:\n  port: 8080\n');
    // Whether Escape closes a list of completions or leaves the editor depends on how far that list is.
    await browser.page.getByLabel('They lie over the base values').focus();
    await browser.press('ArrowDown');
    await browser.page.locator('.cm-content').first().focus();
    await browser.press('Control+s');
    await browser.see('Saving is not deploying.');
    expect(await api.call('GET', '/applications/shop/values?environment=production')).toMatchObject({ merge: 'replace', yaml: expect.stringMatching(/^service:\n {2}port: 8080\n/) });
    await browser.page.goto(`${program.url}/applications/shop?deploy=production&image=registry.acme.dev/shop:1.6.0`);
    await browser.see('The base values do not count in this environment any more: its own take their place.');
    // The base values say two; without them the default of the template holds.
    await browser.see(/-\s+replicas: 2\n\+\s+replicas: 1/);
    await fresh(browser);
    await browser.page.locator('dialog button', { hasText: 'Deploy 1.6.0 to production' }).focus();
    await browser.press('Enter');
    await browser.see(/Committed\s+[0-9a-f]{7}/);
    await poll('all stages have passed', async () => (await browser.page.locator('dialog [data-state="passed"]').count()) === 3);
    const { yaml } = await api.call<{ yaml: string }>('GET', '/applications/shop/effective-values?environment=production&image=registry.acme.dev/shop:1.6.0');
    expect(yaml).toMatch(/^replicas: 1$/m);
    await browser.page.goto(`${program.url}/applications/shop/template?environment=production`);
    await browser.see('They take the place of the base values');
    expect(await browser.page.getByLabel(/^They take the place of the base values/).isChecked()).toBe(true);
  });

  it('takes in an identity of another installation, after saying what is wrong with a text that is none', async () => {
    await browser.page.goto(`${program.url}/configuration/keys`);
    await browser.tabTo(/^button Import$/);
    await browser.press('Enter');
    await browser.see('It opens what was sealed to it elsewhere');
    await browser.type(foreign.recipient);
    await browser.tabTo(/^button Import$/);
    await browser.press('Enter');
    await browser.page.locator('dialog [aria-invalid="true"]').waitFor();
    await browser.page.locator('dialog textarea').focus();
    await browser.press('Control+a', 'Delete');
    // A text is pasted, not typed: one key after the other takes long.
    await browser.page.keyboard.insertText(foreign.identity);
    const kept = () => browser.page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    expect(await kept()).not.toContain('AGE-SECRET-KEY');
    await browser.tabTo(/^button Import$/);
    await browser.press('Enter');
    await browser.page.locator('dialog').waitFor({ state: 'detached' });
    await browser.see('taken in');
    await browser.page.locator(`button[title*="${foreign.recipient}"]`).waitFor();
    const { earlier, recipient } = await api.call<{ recipient: string; earlier: { recipient: string; imported: boolean }[] }>('GET', '/age-identity');
    expect([recipient === foreign.recipient, earlier.find((each) => each.recipient === foreign.recipient)?.imported]).toEqual([false, true]);
    const secret = /AGE-SECRET-KEY-1[A-Z0-9]+/.exec(foreign.identity)![0];
    expect([await kept(), await browser.page.content(), program.log()].map((text) => text.includes(secret))).toEqual([false, false, false]);
  });
});

it.each(VIEWS)('is sound at $width pixels, $theme', async (view) => {
  const browser = await Browser.open(view);
  const found: string[] = [];
  const look = async (name: string) => void found.push(...(await browser.look(name, shots)));
  try {
    await browser.signIn(program.url, 'admin', PASSWORD, UPGRADE);
    await browser.see('Your values and the new defaults');
    await openValues(browser, 'production');
    await browser.type('me');
    await browser.page.locator('.cm-tooltip-autocomplete li', { hasText: 'metrics' }).waitFor();
    await look('upgrade-completion');
    await browser.page.locator('dialog .cm-content').first().focus();
    await browser.retype('replicas: 0\nmetrics:\n  enabled: true\n');
    await browser.see('1 wrong line');
    await poll('the line is marked', async () => (await lines(browser)).length === 1);
    await browser.page.locator('dialog .cm-content').first().scrollIntoViewIfNeeded();
    await look('upgrade-wrong');
    await browser.page.goto(`${program.url}/applications/shop/template?environment=production`);
    await browser.see('They take the place of the base values');
    await browser.page.locator('.cm-line').first().waitFor();
    await look('template-replace');
    await hover(browser, 'port');
    await browser.page.locator('.cm-about').waitFor();
    await look('template-explained');
    await browser.page.mouse.move(0, 0);
    await browser.page.goto(`${program.url}/configuration/keys`);
    await browser.tabTo(/^button Import$/);
    await browser.press('Enter');
    await browser.see('It opens what was sealed to it elsewhere');
    await look('identity-import');
  } finally {
    await browser.close();
  }
  expect([...found, ...browser.errors]).toEqual([]);
});
