// A real browser, worked by key presses alone.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { poll } from './program';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export interface View {
  width: number;
  theme: 'light' | 'dark';
}

/** How every page is looked at. */
export const VIEWS: View[] = [1280, 390].flatMap((width) => [{ width, theme: 'light' as const }, { width, theme: 'dark' as const }]);

/** A browser with a profile of its own. */
export class Browser {
  readonly errors: string[] = [];
  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly profile: string,
    private readonly view: View,
  ) {}

  static async open(view: View = { width: 1280, theme: 'light' }): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), 'trueline-chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: FLAGS,
      viewport: { width: view.width, height: view.width < 600 ? 844 : 900 },
      colorScheme: view.theme,
      reducedMotion: 'reduce',
    });
    const page = context.pages()[0] ?? (await context.newPage());
    const browser = new Browser(context, page, profile, view);
    page.on('pageerror', (error) => browser.errors.push(error.message));
    page.on('console', (message) => {
      // A refusal of the API is part of the tests; the browser tells it as an error of its own.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) browser.errors.push(message.text());
    });
    return browser;
  }

  async close() {
    await this.context.close();
    rmSync(this.profile, { recursive: true, force: true });
  }

  /** Presses keys one after the other, such as `g`, `Enter`, `Control+s`. */
  async press(...keys: string[]) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** Types a text where the focus is. */
  async type(text: string) {
    await this.page.keyboard.type(text);
  }

  /** Empties the field that has the focus, and types. */
  async retype(text: string) {
    await this.press('Control+a', 'Delete');
    await this.type(text);
  }

  /** What has the focus, as a screen reader would name it. Only reads. */
  focused(): Promise<string> {
    return this.page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      if (!element) return '';
      const labels = (element as HTMLInputElement).labels;
      const label = labels && labels.length > 0 ? [...labels].map((each) => each.textContent).join(' ') : '';
      const name = element.getAttribute('aria-label') ?? (label || element.textContent || '');
      return `${element.tagName.toLowerCase()} ${name.trim().replaceAll(/\s+/g, ' ')}`;
    });
  }

  /** Presses Tab (or Shift+Tab) until the focus is on what matches. */
  async tabTo(wanted: RegExp, back = false) {
    const seen: string[] = [];
    for (let presses = 0; presses < 150; presses += 1) {
      await this.press(back ? 'Shift+Tab' : 'Tab');
      const focused = await this.focused();
      if (wanted.test(focused)) return;
      seen.push(focused);
    }
    throw new Error(`Tab does not reach ${wanted}; it reached:\n${seen.slice(0, 60).join('\n')}`);
  }

  /** Waits for a text on the page. */
  async see(text: string | RegExp, seconds = 60) {
    await poll(async () => `the page shows ${text}; it shows:\n${(await this.text()).slice(0, 4000)}`, async () => {
      const shown = await this.text();
      return typeof text === 'string' ? shown.includes(text) : text.test(shown);
    }, seconds);
  }

  /** Waits until a text is gone. */
  async unsee(text: string, seconds = 60) {
    await poll(`the page no longer shows ${text}`, async () => !(await this.text()).includes(text), seconds);
  }

  /** All text that is shown. */
  text(): Promise<string> {
    return this.page.evaluate(() => document.body.innerText).catch(() => '');
  }

  /** Waits for an address. */
  async at(path: RegExp) {
    await poll(async () => `the address is ${path}, not ${this.page.url()}`, async () => path.test(new URL(this.page.url()).pathname + new URL(this.page.url()).search));
  }

  /** Goes somewhere by the palette: `/`, the words, Enter. */
  async jump(words: string) {
    await this.press('/');
    await poll('the palette is open', async () => /input Search/.test(await this.focused()));
    await this.type(words);
    await poll(`the palette offers ${words}`, async () =>
      (await this.page.evaluate(() => document.querySelector('[role="option"][aria-selected="true"]')?.textContent ?? '')).toLowerCase().includes(words.toLowerCase()),
    );
    await this.press('Enter');
    await poll('the palette is closed', async () => !(await this.page.evaluate(() => document.querySelector('.palette') !== null)));
  }

  /** What axe finds wrong, one line each. */
  async axe(): Promise<string[]> {
    // The page's policy refuses foreign scripts, as it should: axe comes in by the debugger.
    await this.page.evaluate(readFileSync(AXE, 'utf8'));
    return this.page.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run: (options: object) => Promise<{ violations: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }[] }> } };
      const { violations } = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
      return violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 160)} (${node.failureSummary.replaceAll('\n', ' ').slice(0, 200)})`));
    });
  }

  /** Waits until nothing is loading any more. */
  async settle() {
    await this.page.waitForLoadState('load');
    await poll(`the page ${this.page.url()} has settled`, async () =>
      this.page.evaluate(() => {
        const main = document.querySelector('main');
        return main !== null && main.textContent !== '' && !document.querySelector('.skeleton') && document.fonts.status === 'loaded';
      }),
      20,
    );
  }

  /** Takes a picture of the whole page, or of what is in sight while a dialog is open. */
  async shoot(path: string) {
    const dialog = await this.page.evaluate(() => {
      // What sticks to the window would else stand in the middle of the picture.
      window.scrollTo(0, 0);
      return document.querySelector('dialog[open]') !== null;
    });
    await this.page.screenshot({ path, fullPage: !dialog });
  }

  /** Takes a picture of one part, without what sticks to the window and would lie over it. */
  async shootPart(selector: string, path: string) {
    await this.page.evaluate(() => window.scrollTo(0, 0));
    const clip = await this.page.locator(selector).boundingBox();
    if (clip) await this.page.screenshot({ path, fullPage: true, clip });
  }

  /** Words that have so little room that they stand letter below letter, one line each; and a tab that is covered. */
  private squeezed(): Promise<string[]> {
    return this.page.evaluate(() => {
      const words = [...document.querySelectorAll('main *, dialog[open] *')].filter((each) => each.children.length === 0 && (each.textContent ?? '').trim().length > 3);
      // The tab that is open does not lie under the shadow of those that follow.
      const covered = [...document.querySelectorAll('.tabs')].filter((row) => {
        const room = row.getBoundingClientRect().right - (row.querySelector('[aria-current]')?.getBoundingClientRect().right ?? 0);
        return row.scrollWidth - row.clientWidth - row.scrollLeft > 1 && room < 16;
      });
      const squeezed = words.flatMap((each) => {
        const { width, height } = each.getBoundingClientRect();
        const letter = Number.parseFloat(getComputedStyle(each).fontSize);
        // What only a screen reader reads is a pixel wide.
        return width > 2 && width < 2 * letter && height > 3 * letter ? [`has no room: ${each.outerHTML.slice(0, 160)}`] : [];
      });
      return [...squeezed, ...covered.map(() => 'the tab that is open is covered')];
    });
  }

  /** Takes a picture into a folder; gives what axe finds wrong, what has no room, and by how much the page is too wide. */
  async look(name: string, folder: string): Promise<string[]> {
    const wide = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    const found = [...(await this.axe()), ...(await this.squeezed())].map((each) => `${name}: ${each}`);
    await this.shoot(`${folder}/${name}-${this.view.width}-${this.view.theme}.png`);
    return wide > 0 ? [`${name}: sticks out by ${wide} pixels`, ...found] : found;
  }

  /** Signs in at the page that shows. */
  async signIn(url: string, name: string, password: string, path = '/') {
    await this.page.goto(url + path);
    await poll('the sign-in page has the focus', async () => /input User name/.test(await this.focused()));
    await this.type(name);
    await this.press('Tab');
    await this.type(password);
    await this.press('Enter');
    await poll('the sign-in is over', async () => !this.page.url().includes('/sign-in'));
  }
}
