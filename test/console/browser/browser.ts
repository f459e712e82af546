// A real Chromium for the tests of the console: one for a file, a fresh page for each test, and whatever the page complains about is kept.
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((f) => existsSync(f));

export const haveChromium = CHROMIUM !== undefined;
if (!haveChromium) {
  const text = 'Chromium is missing (scripts/test-deps.sh installs it): tests of the console in a browser are left out';
  if (process.env['CI'] === 'true') throw new Error(text);
  console.warn(`\n*** ${text} ***\n`);
}

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM!, headless: true, args: ['--no-sandbox', '--disable-gpu'] });

export interface Seen {
  page: Page;
  /** Errors of the console and of scripts, and dialogs that opened by themselves. */
  complaints: string[];
}

export interface Looks {
  width?: number;
  height?: number;
  dark?: boolean;
  locale?: string;
}

export async function openPage(browser: Browser, url: string, looks: Looks = {}): Promise<Seen> {
  const context = await browser.newContext({
    viewport: { width: looks.width ?? 1280, height: looks.height ?? 800 },
    colorScheme: looks.dark ? 'dark' : 'light',
    locale: looks.locale ?? 'en-US',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  // a busy machine is slow: conditions are waited for, and never short
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  // the browser's own line about an answer of 4xx is no fault of the page: refusals are shown by the page itself
  page.on('console', (m) => {
    if (m.type() === 'error' && !/Failed to load resource: the server responded with a status of 4/.test(m.text()))
      complaints.push(m.text());
  });
  await page.goto(url);
  return { page, complaints };
}
