// The forms of Gitea and of a plain Git server, and the way to a host: a private authority and a proxy with a password,
// entered on the page. The proxy is one of this file's own: it passes on what CONNECT asks for.
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser } from './browser';
import { PASSWORD, startHost, startProgram, type Host, type Running } from './program';

const TOKEN = 'ghp_connectionconnectionconnectionconn01';
const PROXY_PASSWORD = 'correct-horse-proxy';
let program: Running;
let host: Host | null;
let proxy: Server;
const passed: string[] = [];
const sockets = new Set<Socket>();

beforeAll(async () => {
  host = await startHost('github', [TOKEN], ['--tls']);
  program = await startProgram();
  proxy = createServer((_, response) => response.writeHead(400).end());
  proxy.on('connect', (request, client: Socket) => {
    const given = request.headers['proxy-authorization'];
    if (given !== `Basic ${Buffer.from(`bot:${PROXY_PASSWORD}`).toString('base64')}`) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="acme"\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const [name, port] = (request.url ?? '').split(':');
    passed.push(request.url ?? '');
    const target = connect(Number(port), name, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    for (const socket of [target, client]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => [target, client].forEach((each) => each.destroy()));
    }
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
});

afterAll(async () => {
  sockets.forEach((socket) => socket.destroy());
  proxy?.close();
  await program?.stop();
  await host?.stop();
});

async function open(kind: string): Promise<Browser> {
  const browser = await Browser.open();
  await browser.signIn(program.url, 'admin', PASSWORD, `/configuration/gitops?provider=${kind}&add=true`);
  await browser.settle();
  await browser.page.locator('form.account').waitFor();
  return browser;
}

const field = (browser: Browser, name: string) => browser.page.locator(`form.account [name="${name}"]`);
const value = (browser: Browser, name: string) => field(browser, name).inputValue();

/** Checks, and takes what the field suggests. */
async function suggested(browser: Browser, name: string, suggestion: string) {
  await browser.page.getByRole('button', { name: 'Check only' }).click();
  const offered = browser.page.locator(`form.account [data-field="${name}"] button.textlink`).filter({ hasText: suggestion });
  await offered.waitFor();
  await offered.click();
  expect(await value(browser, name)).toBe(suggestion);
}

it('explains what is pasted into the form of Gitea, and offers what was meant', async () => {
  const browser = await open('gitea');
  try {
    await field(browser, 'host').fill('http://127.0.0.1:9/api/v1');
    await field(browser, 'organization').fill('https://git.acme.dev/org/acme/teams');
    await field(browser, 'username').fill('acme-bot');
    await field(browser, 'secret').fill('0123456789abcdef0123456789abcdef01234567');
    await suggested(browser, 'host', 'http://127.0.0.1:9');
    await suggested(browser, 'organization', 'acme');
    await browser.page.getByRole('button', { name: 'Check only' }).click();
    await browser.see('refused the connection');
    await browser.see('Nothing was saved.');
    expect(browser.errors).toEqual([]);
  } finally {
    await browser.close();
  }
});

it('asks a Git server for no organization, and says that applications name their repositories', async () => {
  const browser = await open('git');
  try {
    await browser.see('Applications name their repositories');
    for (const absent of ['organization', 'group', 'project', 'workspace']) expect(await field(browser, absent).count()).toBe(0);
    await field(browser, 'host').fill('git@git.acme.dev:acme/shop.git');
    await field(browser, 'username').fill('bot');
    await field(browser, 'secret').fill('a password');
    await field(browser, 'secret').fill('a-password');
    await suggested(browser, 'host', 'https://git.acme.dev');
    expect(browser.errors).toEqual([]);
  } finally {
    await browser.close();
  }
});

it('takes a private authority and a proxy with a password from the form', async () => {
  if (!host) throw new Error('there is no simulated GitHub');
  const browser = await open('github');
  const check = () => browser.page.getByRole('button', { name: 'Check only' }).click();
  try {
    const other = browser.page.locator('form.account [data-field="host"] button.textlink');
    if (await field(browser, 'host').evaluate((input: HTMLInputElement) => input.readOnly)) await other.click();
    for (const [name, entered] of Object.entries(host.entered)) await field(browser, name).fill(entered);
    await field(browser, 'secret').fill(TOKEN);
    await check();
    await browser.see('Acme Private Root');
    await browser.page.locator('form.account details > summary').first().click();
    await field(browser, 'ca_pem').fill(host.caPem ?? '');
    await field(browser, 'proxy').fill(`http://bot@127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    await field(browser, 'proxy_password').fill('wrong-horse-proxy');
    await check();
    await browser.see(/proxy .*(user name|password|sign)/i);
    expect(passed).toEqual([]);
    await field(browser, 'proxy_password').fill(PROXY_PASSWORD);
    await browser.page.getByRole('button', { name: 'Save', exact: true }).click();
    await browser.see(/Saved\. .* works\./);
    expect(passed.length).toBeGreaterThan(0);
    expect(passed.every((each) => host!.url.endsWith(each))).toBe(true);
    expect((await browser.page.content()).includes(PROXY_PASSWORD)).toBe(false);
    expect(browser.errors).toEqual([]);
  } finally {
    await browser.close();
  }
});
