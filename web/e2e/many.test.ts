// A long list of applications: only the rows in sight are drawn, and what one does answers at once. The number
// is TRUELINE_MANY, 1,000 unless it is set.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from './api';
import { Browser } from './browser';
import { PASSWORD, poll, startProgram, type Running } from './program';

const MANY = Number(process.env.TRUELINE_MANY ?? 1000);
/** Far above what is wanted (100 ms): a busy machine must not fail it. */
const LIMIT = 1500;
/** The pause after the last key before a search is sent. */
const PAUSE = 250;
const nameOf = (at: number) => `app-${String(at).padStart(5, '0')}`;
let program: Running;

beforeAll(async () => {
  program = await startProgram();
  if (process.env.TRUELINE_URL) return;
  const api = await Api.signIn(program.url);
  for (const name of ['alpha', 'omega']) await api.call('POST', '/projects', { name });
  let next = 0;
  const work = async () => {
    while (next < MANY) {
      const at = next;
      next += 1;
      await api.call('POST', '/applications', { name: nameOf(at), project: at % 2 === 0 ? 'omega' : 'alpha' });
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
}, 900_000);

afterAll(() => program?.stop());

it(`stays quick with ${MANY} applications`, async () => {
  const browser = await Browser.open();
  const { page } = browser;
  const first = () => page.evaluate(() => document.querySelector('table.lists tbody tr:not(.space) .lead')?.textContent ?? '');
  const drawn = () => page.locator('table.lists tbody tr:not(.space)').count();
  const costs: Record<string, number> = {};
  /** How long it takes from an action until the first row is the wanted one. */
  const time = async (what: string, wanted: string, action: () => Promise<unknown>, less = 0) => {
    const start = performance.now();
    await action();
    await page.waitForFunction((text) => document.querySelector('table.lists tbody tr:not(.space) .lead')?.textContent === text && !document.querySelector('.card.stale'), wanted, { polling: 'raf' });
    costs[what] = Math.round(performance.now() - start - less);
  };
  try {
    await browser.signIn(program.url, 'admin', PASSWORD, '/applications');
    await poll('the list is there', async () => (await first()) === nameOf(0));
    await time('sort downwards', nameOf(MANY - 1), async () => {
      await page.getByRole('button', { name: 'Name' }).click();
      await page.getByRole('button', { name: 'Name' }).click();
    });
    await time('sort by project', nameOf(1), () => page.getByRole('button', { name: 'Project' }).click());
    const wanted = nameOf(MANY - 7);
    const field = page.getByRole('searchbox', { name: 'Search applications' });
    await time('search', wanted, () => field.fill(wanted), PAUSE);
    expect(await drawn()).toBe(1);
    await time('end the search', nameOf(1), () => field.fill(''), PAUSE);
    await time('filter by project', nameOf(0), () => page.getByLabel('Project', { exact: true }).selectOption('omega'));
    await page.goto(`${program.url}/applications`);
    await poll('the list is there', async () => (await first()) === nameOf(0));
    const start = performance.now();
    let most = 0;
    await poll('the end of the list is in sight', async () => {
      await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
      most = Math.max(most, await drawn());
      return page.getByRole('link', { name: nameOf(MANY - 1) }).isVisible();
    }, 300);
    costs['scroll to the end'] = Math.round(performance.now() - start);
    console.log(`${MANY} applications, ms: ${JSON.stringify(costs)}; at most ${most} rows drawn`);
    expect(most).toBeLessThan(120);
    const { 'scroll to the end': _, ...steps } = costs;
    expect(Object.entries(steps).filter(([, cost]) => cost > LIMIT)).toEqual([]);
    expect(browser.errors).toEqual([]);
  } finally {
    await browser.close();
  }
}, 600_000);
