// The whole main job, with key presses alone: no clicks, no focus set by the test.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Browser } from './browser';
import { PASSWORD, poll, startProgram, type Running } from './program';

let program: Running;
let browser: Browser;

beforeAll(async () => {
  program = await startProgram();
});

afterEach(async () => {
  expect(browser.errors).toEqual([]);
  await browser.close();
});

afterAll(() => program?.stop());

const selected = () => browser.page.evaluate(() => (document.activeElement as HTMLSelectElement).value);

it('signs in, connects Git, makes an application, deploys it twice and follows it to the commit', async () => {
  browser = await Browser.open();
  await browser.signIn(program.url, 'admin', PASSWORD);

  // The gate is closed: the banner says so and its button leads to the page that opens it.
  await browser.see('Connect a Git account to deploy.');
  await browser.tabTo(/^a Connect$/);
  await browser.press('Enter');
  await browser.see('Everything you deploy is kept in Git.');
  // One provider behind *Other* is a card of its own; several fold out.
  await browser.tabTo(/^(a .*Built-in|summary .*Other)/);
  await browser.press('Enter');
  if ((await browser.focused()).startsWith('summary')) {
    await browser.tabTo(/^a .*Built-in/);
    await browser.press('Enter');
  }
  await browser.see('New Built-in account');
  await browser.tabTo(/^button Save$/);
  await browser.press('Enter');
  await browser.see('Saved. built-in works.');
  await browser.see('Everything passed');
  expect(await browser.page.locator('.provider .tick').count()).toBe(1);

  await browser.jump('New project');
  await browser.see('Lower-case letters, digits and hyphens.');
  await browser.type('storefront');
  await browser.press('Enter');
  await browser.see('storefront');

  await browser.jump('New environment');
  await browser.see('It is a folder in every repository');
  await browser.type('production');
  await browser.press('Enter');
  await browser.see('none: stored in Git only');

  await browser.jump('New application');
  await browser.see('Who may see and deploy it');
  await browser.tabTo(/^input Name/);
  await browser.type('shop');
  await browser.press('Enter');
  await browser.see('Nothing was deployed yet');

  // Values: a wrong one is told at its line, the right one is saved.
  await browser.tabTo(/^a Edit values$/);
  await browser.press('Enter');
  await browser.see('They lie over the defaults of the chart.');
  await browser.tabTo(/^div Values of Base values/);
  await browser.type('replicas: many\n');
  await browser.press('Control+s');
  await browser.see(/One line is wrong. Nothing was saved./);
  await browser.see(/line 1/);
  await browser.press('Control+a', 'Delete');
  await browser.type('replicas: 2\n');
  await browser.press('Control+s');
  await browser.see('Saving is not deploying.');
  await browser.press('Escape', 'Tab');
  expect(await browser.focused()).toMatch(/^input Message/);

  await deploy('registry.acme.dev/shop:1.4.2', 'First one');
  await browser.press('Escape');
  await browser.see('In Git');

  // The second one changes only what changed.
  await deploy('registry.acme.dev/shop:1.5.0', 'Faster');
  expect(await browser.text()).toContain('Deploy shop to production');
  await browser.press('Escape');

  // The history leads to the commit.
  await browser.tabTo(/^a Deployments$/);
  await browser.press('Enter');
  await browser.at(/\/applications\/shop\/deployments/);
  await browser.see('1.4.2 → 1.5.0');
  await browser.tabTo(/^a 2$/);
  await browser.press('Enter');
  await browser.see('Deployment 2 · production');
  await browser.see(/[0-9a-f]{40}/);
  await browser.see('manifests/');

  await browser.tabTo(/^a Repository$/, true);
  await browser.press('Enter');
  await browser.see('Clone address');
  await browser.see(/gitops-shop/);
});

async function deploy(image: string, message: string) {
  await browser.tabTo(/^a Overview$/, true);
  await browser.press('Enter');
  await browser.at(/\/applications\/shop($|\?)/);
  await browser.press('d');
  await poll('the panel is open', async () => (await browser.focused()).startsWith('select Environment'));
  await browser.press('ArrowDown');
  expect(await selected()).toBe('production');
  await browser.tabTo(/^input Image/);
  await browser.retype(image);
  await browser.tabTo(/^input Message/);
  await browser.type(message);
  await browser.see('What changes');
  await browser.see(new RegExp(`\\+.*image: .*${image.split(':')[1]?.replaceAll('.', '\\.')}`));
  await browser.see(`Deploy ${image.split(':')[1]} to production`);
  await browser.press('Enter');
  await browser.see(/Committed\s+[0-9a-f]{7}/);
  await poll('all stages have passed', async () => (await browser.page.locator('dialog [data-state="passed"]').count()) === 3);
}
