// Every page on the real program: axe finds nothing, nothing sticks out, no error in the console; pictures are
// taken at 1280 and 390 pixels, light and dark, into the folder that TRUELINE_SHOTS names, else target/pictures.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from './api';
import { Browser, VIEWS } from './browser';
import { ChartServer, redis } from './chart-server';
import { PASSWORD, shotFolder, skip, startProgram, type Running } from './program';

const PAGES: Record<string, string> = {
  applications: '/applications',
  'applications-none': '/applications?search=no-such',
  'application-new': '/applications/new',
  overview: '/applications/shop',
  template: '/applications/shop/template',
  'template-effective': '/applications/shop/template?environment=production&view=effective',
  'template-history': '/applications/shop/template?view=history',
  deployments: '/applications/shop/deployments',
  deployment: '/applications/shop/deployments/3',
  diff: '/applications/shop/diff?environment=production&image=registry.acme.dev/shop:1.5.0',
  repository: '/applications/shop/repository',
  deploy: '/applications/shop?deploy=production&image=registry.acme.dev/shop:1.5.0',
  rollback: '/applications/shop?deploy=production&restore=1',
  'deploy-done': '/applications/shop?deploy=production&deployment=4',
  environments: '/environments',
  'environment-new': '/environments?new=true',
  charts: '/charts',
  repositories: '/charts/repositories',
  'chart-repository-new': '/charts/repositories?new=true',
  installed: '/charts/installed',
  compared: '/applications/shop/deployments/4?with=1',
  configuration: '/applications/shop/configuration',
  'secret-values': '/applications/shop/configuration?environment=production',
  'template-change': '/applications/shop/template?change=',
  keys: '/configuration/keys',
  clusters: '/clusters',
  gitops: '/configuration/gitops',
  'gitops-github': '/configuration/gitops?provider=github',
  projects: '/configuration/projects',
  'health-rules': '/configuration/health-rules',
  'health-rule-new': '/configuration/health-rules?new=true',
  users: '/configuration/users',
  audit: '/configuration/audit',
  about: '/configuration/about',
  'not-found': '/no/such/page',
};
/** Pages of a chart that is installed. */
const CHART_PAGES: Record<string, string> = {
  'charts-found': '/charts?search=redis',
  chart: '/charts/acme/redis',
  'chart-values': '/charts/acme/redis?view=values',
  'chart-schema': '/charts/acme/redis?view=schema',
  'chart-versions': '/charts/acme/redis?view=versions',
  install: '/charts/acme/redis?version=20.1.0&install=dev',
  'chart-overview': '/applications/cache',
  'chart-template': '/applications/cache/template?environment=production',
  upgrade: '/applications/cache?deploy=production&version=20.2.0',
};
const WITH_PREVIEW = ['deploy', 'rollback', 'diff', 'install', 'upgrade', 'generate-anew'];
const shots = shotFolder();
let program: Running;
let charts: ChartServer;
let pages = PAGES;

beforeAll(async () => {
  program = await startProgram();
  charts = await ChartServer.start([redis('20.1.0'), redis('20.2.0')]);
  if (!process.env.TRUELINE_URL) {
    const api = await Api.signIn(program.url);
    await api.furnish();
    // What the template does not know would keep every preview from being shown.
    await api.call('PUT', '/applications/shop/secret-values?environment=production', { remove: ['payments.token'], message: '' }, { 'if-match': '"1"' });
    if (await api.knows('/chart-repositories')) await api.stock(charts);
    else skip('pages of charts', 'the program has no chart repositories');
    pages = { ...PAGES, ...((await api.knows('/chart-repositories')) ? CHART_PAGES : {}) };
  }
  console.log(`pictures: ${shots}`);
});

afterAll(() => Promise.all([program?.stop(), charts?.stop()]));

/** What is wrong with the list of the audit: narrow, an entry is a short card whose details unfold; wide, all is in sight. */
async function audit(browser: Browser, narrow: boolean): Promise<string[]> {
  const rows = browser.page.locator('table.audit tbody tr:not(.space)');
  const row = rows.filter({ has: browser.page.locator('.folded li') }).first();
  const details = row.locator('.folded');
  const folds = await row.locator('.fold').isVisible();
  if (!narrow) return folds || !(await details.isVisible()) ? ['audit: something is folded on a wide page'] : [];
  const heights = await rows.evaluateAll((all) => all.map((row) => row.getBoundingClientRect().height));
  const wrong = heights.some((height) => height > 110) ? [`audit: an entry is ${Math.max(...heights)} pixels high`] : [];
  if (!folds || (await details.isVisible())) return [...wrong, 'audit: the details are not folded on a narrow page'];
  await row.locator('.fold').press('Enter');
  return (await details.isVisible()) ? wrong : [...wrong, 'audit: the details do not unfold'];
}

it.each(VIEWS)('is sound at $width pixels, $theme', async (view) => {
  const browser = await Browser.open(view);
  const found: string[] = [];
  const look = async (name: string) => void found.push(...(await browser.look(name, shots)));
  try {
    await browser.page.goto(`${program.url}/sign-in`);
    await browser.see('Sign in');
    await look('sign-in');
    if (!process.env.TRUELINE_URL) await browser.signIn(program.url, 'admin', PASSWORD);
    for (const [name, path] of Object.entries(pages)) {
      await browser.page.goto(program.url + path);
      await browser.settle();
      if (name.startsWith('deploy-') || WITH_PREVIEW.includes(name)) await browser.see(/Committed|What changes/);
      await look(name);
    }
    await browser.page.goto(`${program.url}/configuration/audit`);
    await browser.settle();
    found.push(...(await audit(browser, view.width < 600)));
    await look('audit-open');
    await browser.page.goto(`${program.url}/applications`);
    await browser.settle();
    await browser.press('?');
    await look('shortcuts');
    await browser.press('Escape', '/');
    await browser.type('sho');
    await look('palette');
  } finally {
    await browser.close();
  }
  expect([...found, ...browser.errors]).toEqual([]);
});
