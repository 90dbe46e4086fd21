import { existsSync } from 'node:fs';
import { chromium, type Page } from 'playwright-core';
import { to } from '../console/app/addresses.ts';
import { readConsoleFiles } from '../lib/infra/console-files.ts';
import { firstLoad, type MadeUp, serveMadeUp } from './console-server.ts';
import { type BenchOptions, type Measurement, rounded } from './measurement.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const AUDIENCES = 1_000;
const TYPED = 'segment 9';

/** Bytes of the console's first load, and how soon it answers with a thousand rows, in a browser. */
export async function* bench({ quick, note }: BenchOptions): AsyncIterable<Measurement> {
  const files = await readConsoleFiles();
  const { scripts, styles } = firstLoad(files);
  const bytes = (paths: readonly string[]): number =>
    paths.reduce((sum, path) => sum + Buffer.from(files[path] ?? '', 'base64').length, 0);
  const line = (metric: string, value: number, unit: string, rest: Partial<Measurement> = {}): Measurement => {
    return { job: 'console', metric, value: rounded(value), unit, ...rest };
  };
  yield line('script of the first load, Brotli', bytes(scripts), 'bytes', { target: { most: 200_000 } });
  yield line('style of the first load, Brotli', bytes(styles), 'bytes');
  yield line('all files, Brotli', bytes(Object.keys(files)), 'bytes');
  if (!existsSync(CHROMIUM)) {
    note(`console: no browser at ${CHROMIUM}; name one by CHROMIUM`);
    return;
  }
  const rows = quick ? 50 : AUDIENCES;
  const { url, server } = await serveMadeUp(files, madeUp(rows));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox'] });
  try {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await page.goto(`${url}/#code=once`);
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    const of = { rows };
    const first = await page.evaluate<number>(untilRow(to('/audiences')));
    yield line('from a click to the first row of a list', first, 'ms', { of });
    const sorted = await latencies(page, async () => {
      for (let times = 0; times < 10; times += 1) await page.getByRole('button', { name: 'Wanted' }).click();
    });
    yield line('sorting a list, to the next paint, p95', p95(sorted), 'ms', { of });
    await page.goto(`${url}/${to('/segments')}`);
    const find = page.getByLabel('Name or persona');
    await page.locator('main tbody tr').first().waitFor();
    const typed = await latencies(page, async () => {
      for (let times = 0; times < 5; times += 1) {
        await find.fill('');
        await find.pressSequentially(TYPED);
      }
    });
    yield line('a letter typed into a filter, to the next paint, p95', p95(typed), 'ms', { of });
  } finally {
    await browser.close();
    server.close();
  }
}

/** Goes to an address, and takes the time until a row of a table is there. */
function untilRow(address: string): string {
  return `new Promise((resolve) => {
  const from = performance.now();
  new MutationObserver((_, observer) => {
    if (document.querySelector('main tbody tr') === null) return;
    observer.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - from));
  }).observe(document.body, { childList: true, subtree: true });
  location.hash = ${JSON.stringify(address)};
})`;
}

/**
 * What the browser itself says of each interaction (Event Timing): from the input to the paint after it, to 8 ms. It tells
 * of none that took less than 16 ms; those count as 16.
 */
async function latencies(page: Page, interact: () => Promise<void>): Promise<readonly number[]> {
  await page.evaluate(`window.timed = []; window.timing = new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) if (name === 'keydown' || name === 'pointerup') timed.push(duration);
  }); timing.observe({ type: 'event', durationThreshold: 16 })`);
  await interact();
  await page.waitForTimeout(200);
  const found = await page.evaluate<readonly number[]>('timing.disconnect(), timed');
  return found.length === 0 ? [16] : found;
}

function p95(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? Number.NaN;
}

/** Answers of a workspace with as many segments and audiences. */
function madeUp(rows: number): Readonly<Record<string, MadeUp>> {
  const numbers = Array.from({ length: rows }, (_, n) => n);
  const segments = numbers.map((n) => ({
    ...{ segment: `segment-${n}`, title: `Segment ${n}`, sentence: 'email is known', persona: null, performance: null },
    ...{ members: (n * 7_919) % 100_000, counted: { members: 0, how: 'rows', counted: null }, audiences: [] },
    sizes: Array.from({ length: 14 }, (_, day) => ({ at: `2026-11-${day + 1}T00:00:00.000Z`, members: n + day })),
  }));
  const summary = (n: number) => ({ wanted: (n * 104_729) % 1_000_000, blocked: n, waiting: 0 });
  return {
    '/api/workspace': { workspace: 'bench', version: 'v', timezone: 'Etc/UTC', connections: [] },
    '/api/segments': ({ q = '', most = '50' }) => {
      const found = segments.filter(({ title }) => title.toLowerCase().includes(q));
      return { segments: found.slice(0, Number(most)), total: found.length, next: null };
    },
    '/api/audiences': numbers.map((n) => ({
      ...{
        audience: `audience-${n}`,
        segment: `segment-${n}`,
        connection: 'crm',
        target: {},
        schedule: null,
        run: null,
      },
      summary: summary(n),
    })),
    '/api/alerts': [],
    '/api/reviews': [],
    '/api/duplicates': { suggestions: [] },
    '/api/data': { counted: null, quarantine: [] },
    '/api/day': { from: '2026-11-20T00:00:00.000Z', pulls: [], pushes: [], more: false, sizes: null },
  };
}
