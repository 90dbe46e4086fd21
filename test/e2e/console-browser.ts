import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Stage } from '../../lib/local/stage.ts';

/** A desk and a phone. */
export const widths = [1280, 390] as const;

/** A page of the console that is walked to, and what must be seen there. */
export interface Visit {
  readonly name: string;
  /** What stands after the # of the address. */
  readonly address: string;
  see(page: Page): Promise<void>;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Opens the console in a context of its own. `problems` collects what the browser complains of, the page's policy too. */
export async function openConsole(
  browser: Browser,
  stage: Pick<Stage, 'consoleLink'>,
  width: number,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<{ readonly context: BrowserContext; readonly page: Page; readonly problems: string[] }> {
  const context = await browser.newContext({ acceptDownloads: true, viewport: { width, height: 800 }, colorScheme });
  const problems: string[] = [];
  context.on('weberror', (thrown) => problems.push(thrown.error().message));
  context.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  const page = await context.newPage();
  await page.goto(stage.consoleLink());
  await page.getByRole('heading', { name: 'Home', level: 1 }).waitFor();
  return { context, page, problems };
}

/** Walks to each page, sees what it must show, and that it is fit for everybody: no serious finding of axe, no overflow. */
export async function walk(page: Page, visits: readonly Visit[]): Promise<void> {
  for (const { name, address, see } of visits) {
    await page.evaluate(`location.hash = ${JSON.stringify(address)}`);
    await see(page);
    await checkPage(page, name);
  }
}

/** What axe finds serious or critical, and whether the page is wider than the screen. */
export async function checkPage(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle');
  // By the debugger: the page's own policy allows no other script, and stays in force.
  await page.evaluate(axe);
  const found = await page.evaluate<readonly string[]>(
    `axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ' at ' + target.join(' '))))`,
  );
  const wide = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
  expect({ name, found, wide }).toEqual({ name, found: [], wide: false });
}

/** The text as it is shown, in one line. */
export async function textOf(part: Locator): Promise<string> {
  await part.waitFor();
  return (await part.allInnerTexts()).join(' ').replaceAll(/\s+/g, ' ');
}
