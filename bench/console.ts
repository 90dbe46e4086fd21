import { existsSync } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { chromium, type Page } from 'playwright-core';
import { to } from '../console/app/addresses.ts';
import { openPairs } from '../lib/domain/review/pairs.ts';
import { readConsoleFiles } from '../lib/infra/console-files.ts';
import { startDynamoDbLocal } from '../lib/local/engines/dynamodb-local.ts';
import { startQueuesAndBuckets } from '../lib/local/engines/queues-and-buckets.ts';
import { openRunningApi } from '../test/api/running-api.ts';
import { engineLogin } from '../test/engines.ts';
import { firstLoad, serveApi } from './console-server.ts';
import { FOLDED, fillMembers, fillSegments, LARGE } from './console-tables.ts';
import { type BenchOptions, costOf, type Measurement, median, rounded } from './measurement.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const SEGMENTS = 1_000;
/** Without a number; what is saved is of a million, which takes some minutes to make. */
const MEMBERS = 100_000;
const NOW = new Date('2026-11-21T12:00:00.000Z');
const TYPED = 'segment 9';

const line = (metric: string, value: number, unit: string, rest: Partial<Measurement> = {}): Measurement => {
  return { job: 'console', metric, value: rounded(value), unit, ...rest };
};

/**
 * Bytes of the console's first load; and pages of the API over real tables of 1,000 segments, one of them with as many
 * people as are asked for, each with a profile and rows: how soon a browser has them, and what they read, which must not
 * grow with members.
 */
export async function* bench({ quick, note, people }: BenchOptions): AsyncIterable<Measurement> {
  const files = await readConsoleFiles();
  const { scripts, styles } = firstLoad(files);
  const bytes = (paths: readonly string[]): number =>
    paths.reduce((sum, path) => sum + Buffer.from(files[path] ?? '', 'base64').length, 0);
  yield line('script of the first load, Brotli', bytes(scripts), 'bytes', { target: { most: 200_000 } });
  yield line('style of the first load, Brotli', bytes(styles), 'bytes');
  yield line('all files, Brotli', bytes(Object.keys(files)), 'bytes');
  yield* pairs(quick ? 50 : SEGMENTS);
  if (!existsSync(CHROMIUM)) {
    note(`console: no browser at ${CHROMIUM}; name one by CHROMIUM`);
    return;
  }
  const [local, others] = await Promise.all([startDynamoDbLocal(), startQueuesAndBuckets()]);
  const admin = new DynamoDBClient({ ...engineLogin, endpoint: local.url });
  const reads = countReads();
  const engines = { dynamodbUrl: local.url, queuesUrl: others.url, dynamodb: admin };
  const api = await openRunningApi(engines, NOW, reads.watch);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox'] });
  const { url, server } = await serveApi(files, api);
  try {
    const segments = quick ? 60 : SEGMENTS;
    const all = people ?? (quick ? 2_000 : MEMBERS);
    note(`console: ${segments} segments`);
    await fillSegments(api, segments, all, NOW);
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await page.goto(`${url}/#code=once`);
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    let filled = 0;
    for (const members of [...new Set([Math.max(FOLDED, all / 100), all])]) {
      note(`console: ${members} members`);
      const { milliseconds } = await costOf(() => fillMembers(api, filled, members, NOW));
      note(`console: made in ${Math.round(milliseconds / 1_000)} s`);
      filled = members;
      const of = { segments, members };
      yield* firstRows(page, reads, of);
      yield* pageTurns(page, reads, of);
    }
    yield* keystrokes(page, { segments, members: all });
  } finally {
    await browser.close();
    server.close();
    api.close();
    admin.destroy();
    await Promise.all([local.stop(), others.stop()]);
  }
}

/** What a recount does most where there are many segments: one person's pairs. */
async function* pairs(segments: number): AsyncIterable<Measurement> {
  const counter = openPairs(segments);
  for (const memberships of [10, 50, 200].filter((one) => one <= segments)) {
    const positions = Array.from({ length: memberships }, (_, at) => Math.floor((at * segments) / memberships));
    const times = Math.ceil(2_000_000 / memberships ** 2);
    const { cpu } = await costOf(() => {
      for (let time = 0; time < times; time += 1) counter.see(positions);
    });
    yield line('counting the overlaps of one person', cpu / times, 'µs', { of: { segments, memberships } });
  }
}

/** Items that the API's own client was made to look at: what a page is billed by, whatever their size. */
function countReads() {
  let items = 0;
  return {
    watch(client: DynamoDBClient): void {
      client.middlewareStack.add(
        (next) => async (args) => {
          const answer = await next(args);
          items += itemsIn(answer.output);
          return answer;
        },
        { step: 'initialize', name: 'countReads', priority: 'high' },
      );
    },
    take(): number {
      const taken = items;
      items = 0;
      return taken;
    },
  };
}

/** Of an answer to a query, to a batch, to a look-up. */
function itemsIn(output: unknown): number {
  const { ScannedCount, Responses, Item } = output as {
    readonly ScannedCount?: number;
    readonly Responses?: Readonly<Record<string, readonly unknown[]>>;
    readonly Item?: object;
  };
  if (ScannedCount !== undefined) return ScannedCount;
  if (Responses === undefined) return Item === undefined ? 0 : 1;
  return Object.values(Responses).reduce((sum, found) => sum + found.length, 0);
}

type Reads = Pick<ReturnType<typeof countReads>, 'take'>;
type Of = Readonly<Record<string, number>>;

const PAGES: readonly (readonly [name: string, address: string, row: string])[] = [
  ['the segments', to('/segments'), 'main tbody tr'],
  ['a segment', to('/segments/{segment}', { segment: LARGE.segment }), 'main .figures li'],
  ['the audiences', to('/audiences'), 'main tbody tr'],
  ['an audience', to('/audiences/{audience}', { audience: LARGE.audience }), 'main h3'],
  ['the overlaps', to('/overlaps'), 'main tbody tr'],
];

/** From a click to what the page is about, and what was read for the whole page. */
async function* firstRows(page: Page, reads: Reads, of: Of): AsyncIterable<Measurement> {
  for (const [name, address, row] of PAGES) {
    const times: number[] = [];
    let read = 0;
    for (let time = 0; time < 5; time += 1) {
      // What was kept of an answer would be shown at once.
      await page.goto(new URL('#/cost', page.url()).href);
      await page.reload();
      await page.getByRole('heading', { name: 'Cost', level: 1 }).waitFor();
      await page.waitForLoadState('networkidle');
      reads.take();
      times.push(await page.evaluate<number>(until(`location.hash = ${JSON.stringify(address)}`, row)));
      await page.waitForLoadState('networkidle');
      read = reads.take();
    }
    yield line(`from a click to the first row of ${name}`, median(times), 'ms', { of });
    yield line(`items read for ${name}`, read, 'items', { of });
  }
}

/** Turning the pages of a segment's people. */
async function* pageTurns(page: Page, reads: Reads, of: Of): AsyncIterable<Measurement> {
  await page.goto(new URL(to('/segments/{segment}', { segment: LARGE.segment }), page.url()).href);
  const button = `[...document.querySelectorAll('button')].find((one) => one.textContent === 'Next page')`;
  await page.getByRole('button', { name: 'Next page' }).waitFor();
  await page.waitForLoadState('networkidle');
  const times: number[] = [];
  reads.take();
  const TURNS = 5;
  for (let turn = 0; turn < TURNS; turn += 1) {
    const note = `main section .head .quiet`;
    times.push(
      await page.evaluate<number>(
        until(
          `${button}.click()`,
          note,
          `[...document.querySelectorAll('main section')].some((one) => one.textContent.includes('page ${turn + 2}') && one.querySelector('tbody tr') !== null)`,
        ),
      ),
    );
    await page.waitForLoadState('networkidle');
  }
  yield line('turning a page of its people', median(times), 'ms', { of });
  yield line('items read for a page of its people', reads.take() / TURNS, 'items', { of });
}

/** Typing into the filter of the segments, while the list is asked for anew. */
async function* keystrokes(page: Page, of: Of): AsyncIterable<Measurement> {
  await page.goto(new URL(to('/segments'), page.url()).href);
  await page.locator('main tbody tr').first().waitFor();
  const find = page.getByLabel('Name or persona');
  const typed = await latencies(page, async () => {
    for (let times = 0; times < 5; times += 1) {
      await find.fill('');
      await find.pressSequentially(TYPED, { delay: 60 });
      await page.waitForLoadState('networkidle');
    }
  });
  yield line('a letter typed into a filter, to the next paint, p95', p95(typed), 'ms', { of });
}

/** Does something, and takes the time until it shows. */
function until(does: string, selector: string, more = 'true'): string {
  return `new Promise((resolve) => {
  const from = performance.now();
  new MutationObserver((_, observer) => {
    if (document.querySelector(${JSON.stringify(selector)}) === null || !(${more})) return;
    observer.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - from));
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
  ${does};
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
