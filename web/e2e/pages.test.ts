// Every page on the real program: axe finds nothing, nothing sticks out, no error in the console; pictures are
// taken at 1280 and 390 pixels, light and dark, into the folder that TRUELINE_SHOTS names, else target/pictures.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from './api';
import { Browser, VIEWS } from './browser';
import { PASSWORD, shotFolder, startProgram, type Running } from './program';

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
  'deploy-done': '/applications/shop?deploy=production&deployment=4',
  environments: '/environments',
  'environment-new': '/environments?new=true',
  charts: '/charts',
  clusters: '/clusters',
  gitops: '/configuration/gitops',
  'gitops-github': '/configuration/gitops?provider=github',
  projects: '/configuration/projects',
  users: '/configuration/users',
  audit: '/configuration/audit',
  about: '/configuration/about',
  'not-found': '/no/such/page',
};
const shots = shotFolder();
let program: Running;

beforeAll(async () => {
  program = await startProgram();
  if (!process.env.TRUELINE_URL) await (await Api.signIn(program.url)).furnish();
  console.log(`pictures: ${shots}`);
});

afterAll(() => program?.stop());

it.each(VIEWS)('is sound at $width pixels, $theme', async (view) => {
  const browser = await Browser.open(view);
  const found: string[] = [];
  const look = async (name: string) => void found.push(...(await browser.look(name, shots)));
  try {
    await browser.page.goto(`${program.url}/sign-in`);
    await browser.see('Sign in');
    await look('sign-in');
    if (!process.env.TRUELINE_URL) await browser.signIn(program.url, 'admin', PASSWORD);
    for (const [name, path] of Object.entries(PAGES)) {
      await browser.page.goto(program.url + path);
      await browser.settle();
      if (name.startsWith('deploy-') || name === 'deploy' || name === 'diff') await browser.see(/Committed|What changes/);
      await look(name);
    }
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
