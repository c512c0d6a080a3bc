// The form of each provider on the real program with its simulated host: what a token lacks, what works. The
// hosts' reports are pictures of the guide.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api } from './api';
import { Browser, VIEWS } from './browser';
import { PASSWORD, shotFolder, skip, startHost, startProgram, type Host, type Running } from './program';

/** What a token can do that can sign in and look around, and no more. */
const WEAK: Record<string, string> = {
  github: 'public_repo',
  gitlab: 'read_api,read_user',
  'azure-devops': 'vso.code',
  'bitbucket-cloud': 'read:user:bitbucket,read:workspace:bitbucket,read:project:bitbucket,read:repository:bitbucket',
};
/** Tokens as each host makes them. */
const TOKENS: Record<string, [weak: string, good: string]> = {
  github: ['ghp_weakweakweakweakweakweakweakweak0002', 'ghp_goodgoodgoodgoodgoodgoodgoodgood0001'],
  gitlab: ['glpat-weakweakweakweak0002', 'glpat-goodgoodgoodgood0001'],
  'azure-devops': ['weak'.repeat(13), 'good'.repeat(13)],
  'bitbucket-cloud': ['ATATTweakweakweakweak0002', 'ATATTgoodgoodgoodgood0001'],
};
const KINDS = Object.keys(WEAK);
const shots = shotFolder();
const hosts = new Map<string, Host>();
let program: Running;
let served: string[] = [];

beforeAll(async () => {
  for (const kind of KINDS) {
    const [weak, good] = TOKENS[kind]!;
    const host = await startHost(kind, [`${weak}:${WEAK[kind]}`, good]);
    if (host) hosts.set(kind, host);
  }
  // Twenty sign-ins within a minute are more than one person's.
  const often = { TRUELINE_SIGN_IN_ATTEMPTS_PER_NAME: '100', TRUELINE_SIGN_IN_ATTEMPTS_PER_ADDRESS: '100' };
  program = await startProgram(Object.assign(often, ...[...hosts.values()].map((host) => host.settings)));
  const api = await Api.signIn(program.url);
  served = (await api.call<{ items: { kind: string }[] }>('GET', '/providers')).items.map((each) => each.kind);
});

afterAll(async () => {
  await program?.stop();
  await Promise.all([...hosts.values()].map((host) => host.stop()));
});

/** Fills in what the host says is to be entered, and a token. */
async function fill(browser: Browser, host: Host, secret: string) {
  const field = (name: string) => browser.page.locator(`form.account input[name="${name}"]`);
  for (const [name, value] of Object.entries(host.entered)) {
    if ((await field(name).count()) === 0) continue;
    const closed = await field(name).evaluate((input: HTMLInputElement) => input.readOnly);
    const turn = browser.page.locator('form.account [data-field="host"] button.textlink');
    if (closed && (await turn.count()) === 0) continue;
    if (closed) await turn.click();
    await field(name).fill(value);
  }
  await field('secret').fill(secret);
}

describe.each(KINDS)('%s', (kind) => {
  const open = async (view: (typeof VIEWS)[number], path: string) => {
    const browser = await Browser.open(view);
    await browser.signIn(program.url, 'admin', PASSWORD, path);
    await browser.settle();
    await browser.page.locator('form.account').waitFor();
    return browser;
  };
  const host = () => {
    const found = served.includes(kind) ? hosts.get(kind) : undefined;
    if (!found) skip(`browser: the form of ${kind}`, 'the program or the simulated host does not know it yet');
    return found;
  };

  it.each(VIEWS)('tells what a token lacks, at $width pixels, $theme', async (view) => {
    const there = host();
    if (!there) return;
    const browser = await open(view, `/configuration/gitops?provider=${kind}&add=true`);
    try {
      const found = await browser.look(`gitops-form-${kind}`, shots);
      await fill(browser, there, TOKENS[kind]![0]);
      await browser.page.getByRole('button', { name: 'Check only' }).click();
      await browser.see(/\d of \d+ failed/);
      await browser.see('Nothing was saved.');
      expect(await browser.page.locator('.stage.bad .why').allTextContents()).not.toEqual([]);
      found.push(...(await browser.look(`gitops-failed-${kind}`, shots)));
      await browser.shootPart('section[aria-label="Check"]', `${shots}/check-${kind}-${view.width}-${view.theme}.png`);
      expect([...found, ...browser.errors]).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  it('saves what works', async () => {
    const there = host();
    if (!there) return;
    const browser = await open(VIEWS[0]!, `/configuration/gitops?provider=${kind}&add=true`);
    try {
      await fill(browser, there, TOKENS[kind]![1]);
      await browser.page.getByRole('button', { name: 'Save', exact: true }).click();
      if (kind !== KINDS.find((each) => served.includes(each) && hosts.has(each))) {
        await browser.see('for new applications?');
        await browser.page.getByRole('button', { name: 'Save and switch' }).click();
      }
      await browser.see(/Saved\. .* works\./);
      expect(await browser.page.locator(`.provider[data-provider="${kind}"] .tick`).count()).toBe(1);
      expect(await browser.page.locator('.tick').count()).toBe(1);
      await browser.see('last check today');
      expect([...(await browser.look(`gitops-saved-${kind}`, shots)), ...browser.errors]).toEqual([]);
      expect((await browser.page.content()).includes(TOKENS[kind]![1])).toBe(false);
    } finally {
      await browser.close();
    }
  });
});
