// The gallery: every component in its states, served by the development server with the stub. Axe finds
// nothing; pictures show what changed.
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser, VIEWS } from './browser';
import { shotFolder } from './program';

let server: ViteDevServer;
let url = '';

beforeAll(async () => {
  const root = new URL('..', import.meta.url).pathname;
  server = await createServer({ root, configFile: `${root}vite.config.ts`, logLevel: 'error', server: { host: '127.0.0.1', port: 0, proxy: {} } });
  await server.listen();
  url = server.resolvedUrls?.local[0] ?? '';
});

afterAll(() => server?.close());

it.each(VIEWS)('is sound at $width pixels, $theme', async (view) => {
  const browser = await Browser.open(view);
  try {
    await browser.page.goto(`${url}gallery`);
    await browser.page.locator('.cm-content').waitFor({ timeout: 120_000 });
    // The skeleton is one of the states: what loads is over once the fonts are there.
    await browser.page.locator('.skeleton').waitFor();
    await browser.page.waitForFunction(() => document.fonts.status === 'loaded');
    expect([...(await browser.look('gallery', shotFolder())), ...browser.errors]).toEqual([]);
  } finally {
    await browser.close();
  }
});
