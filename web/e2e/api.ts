// The API as another person or program uses it, to furnish an installation and to act beside the browser.
import type { ChartServer } from './chart-server';
import { PASSWORD, poll } from './program';

/** A signed-in user of the API. */
export class Api {
  private constructor(
    private readonly url: string,
    private readonly cookie: string,
    private readonly csrf: string,
  ) {}

  static async signIn(url: string, name = 'admin', password = PASSWORD): Promise<Api> {
    const response = await fetch(`${url}/api/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, password }) });
    if (!response.ok) throw new Error(`${name} cannot sign in: ${await response.text()}`);
    const { csrf } = (await response.json()) as { csrf: string };
    const cookie = response.headers.getSetCookie().map((each) => each.split(';')[0]).join('; ');
    return new Api(url, cookie, csrf);
  }

  /** Calls and gives the answer's JSON; anything but success throws. */
  async call<T = unknown>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { cookie: this.cookie, 'x-csrf-token': this.csrf, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  /** Reads a text, such as a log; of a refusal too. */
  async read(path: string): Promise<string> {
    return (await fetch(`${this.url}/api/v1${path}`, { headers: { cookie: this.cookie } })).text();
  }

  /** Makes an installation with something to see: an account, a project, environments, a deployed application. */
  async furnish() {
    await this.call('PUT', '/gitops-configs/built-in', { provider: 'built-in' }, { 'if-none-match': '*' });
    await this.call('POST', '/projects', { name: 'storefront', description: 'What customers see' });
    for (const name of ['dev', 'staging', 'production']) await this.call('POST', '/environments', { name });
    await this.call('POST', '/applications', { name: 'shop', project: 'storefront' });
    await this.call('POST', '/applications', { name: 'billing', project: 'storefront' });
    await this.call('PUT', '/applications/shop/values', { yaml: 'replicas: 2\n', message: 'Two of each' }).catch(async () => {
      const current = await this.call<{ number: number } | null>('GET', '/applications/shop/values');
      await this.call('PUT', '/applications/shop/values', { yaml: 'replicas: 2\n', message: 'Two of each' }, { 'if-match': `"${current?.number ?? 0}"` });
    });
    await this.deploy('production', '1.4.0', '');
    await this.deploy('dev', '1.4.1', '');
    await this.deploy('dev', '1.5.0-rc.3', 'Try the new basket');
    await this.deploy('production', '1.4.1', 'Fix rounding of totals');
    await this.call('PUT', '/applications/shop/secret-values?environment=production', { set: '{"payments": {"token": "kept"}}', message: '' }, { 'if-match': '"0"' });
    await this.call('PUT', '/applications/shop/environments/staging/hold', { reason: 'The new basket loses items' });
    await this.call('POST', '/tokens', { name: 'pipeline', role: 'deployer', project: 'storefront', expires_in_days: 90 });
    await this.call('POST', '/users', { name: 'maria', email: 'maria@acme.dev', password: PASSWORD, roles: [{ role: 'deployer', project: 'storefront' }] });
  }

  /** Whether the program has an address, such as `/chart-repositories`. */
  async knows(path: string): Promise<boolean> {
    return JSON.stringify(await this.call('GET', '/openapi.json')).includes(`"/api/v1${path}"`);
  }

  /** Makes charts to see: a repository, and an installed chart that is a version behind. */
  async stock(charts: ChartServer) {
    await this.call('PUT', '/chart-repositories/acme', { url: `${charts.url}/charts` }, { 'if-none-match': '*' });
    const { deployment } = await this.call<{ deployment: { number: number } }>('POST', '/charts/install', {
      name: 'cache', project: 'storefront', repository: 'acme', chart: 'redis', version: '20.1.0', environment: 'production', values: 'replicas: 2\narchitecture: standalone\nlegacy: false\n', message: 'For the basket',
    });
    await poll('the chart is installed', async () => (await this.call<{ end: string | null }>('GET', `/applications/cache/deployments/${deployment.number}`)).end);
  }

  /** Deploys the shop and waits for the end. */
  async deploy(environment: string, tag: string, message: string) {
    const { number } = await this.call<{ number: number }>('POST', '/applications/shop/deployments', { environment, image: `registry.acme.dev/shop:${tag}`, message });
    await poll(`deployment ${number} ends`, async () => (await this.call<{ end: string | null }>('GET', `/applications/shop/deployments/${number}`)).end);
  }
}
