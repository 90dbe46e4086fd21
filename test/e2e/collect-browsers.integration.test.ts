import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledOnce } from '../setup/bundled-once.ts';
import { canDrive, openBrowser } from './browser.ts';
import { type CollectingStage, openCollectingStage, writeKeys } from './collecting-stage.ts';

const patient = { timeout: 60_000, interval: 100 };

/** Pages of a shop that load a client from npm and are told nothing but the key and where the stage is. */
const scripts = {
  segment: `import { AnalyticsBrowser } from '@segment/analytics-next';
    window.analytics = AnalyticsBrowser.load({ writeKey: KEY, cdnURL: STAGE });`,
  batching: `import { AnalyticsBrowser } from '@segment/analytics-next';
    window.analytics = AnalyticsBrowser.load({ writeKey: KEY, cdnURL: STAGE }, { integrations: { 'Segment.io': {
      deliveryStrategy: { strategy: 'batching', config: { size: 2, timeout: 500 } } } } });`,
  rudder: `import { RudderAnalytics } from '@rudderstack/analytics-js/bundled';
    window.analytics = new RudderAnalytics();
    window.analytics.load(KEY, STAGE, { configUrl: STAGE, polyfillIfRequired: false });`,
};

let site: CollectingStage;
let shop: Server;
let browser: Browser;

beforeAll(async () => {
  if (!canDrive) return;
  site = await openCollectingStage({ bundle: bundledOnce });
  shop = await serveShop(site.url);
  browser = await openBrowser();
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await new Promise((resolve) => shop?.close(resolve) ?? resolve(undefined));
  await site?.close();
});

describe.skipIf(!canDrive)('the clients for browsers, in a browser, from another origin', () => {
  it('@segment/analytics-next: anonymous pages become the history of the person who says who they are', async () => {
    const { page, problems } = await visit('segment', '/prices?utm_source=letter&utm_campaign=autumn');

    await run(page, "await analytics.page('Prices'); await analytics.track('Calculator Used', { seats: 4 });");
    const anonymous = String(await run(page, 'return (await analytics.user()).anonymousId();'));
    await expect.poll(async () => (await site.person(`anonymous_id=${anonymous}`))?.activities.total, patient).toBe(2);
    await page.goto(`${addressOf(shop)}/contact?client=segment`);
    await run(
      page,
      "await analytics.page(); await analytics.identify('shopper-1', { email: 'shopper@example.com', firstName: 'Sue' });",
    );
    await run(page, "await analytics.group('company-1', { name: 'Acme' }); await analytics.track('Demo Asked');");

    await expect.poll(async () => (await site.person('shopper@example.com'))?.activities.total, patient).toBe(4);
    const person = await site.person('user_id=shopper-1');
    expect(person).toMatchObject({
      segments: ['readers'],
      fragments: [`web:anonymous:${anonymous}`, 'web:user:shopper-1'],
      traits: {
        first_name: 'Sue',
        company: { name: 'Acme' },
        browser: { name: 'Chrome' },
        device: { type: 'desktop' },
        first_touch: { campaign: { name: 'autumn', source: 'letter' } },
        page: { path: '/contact' },
        sessions: { count: 1 },
      },
    });
    expect(person?.activities.latest.map(({ name }) => name).sort()).toEqual([
      ...['Calculator Used', 'Demo Asked', 'Page Viewed', 'Page Viewed'],
    ]);
    expect(problems).toEqual([]);
  });

  it('@segment/analytics-next in batches', async () => {
    const { page, problems } = await visit('batching', '/');

    await run(
      page,
      "analytics.identify('batcher', { email: 'batcher@example.com' }); analytics.track('One'); analytics.track('Two');",
    );

    await expect.poll(async () => (await site.person('batcher@example.com'))?.activities.total, patient).toBe(2);
    expect(problems).toEqual([]);
  });

  it('@rudderstack/analytics-js, with its own session', async () => {
    const { page, problems } = await visit('rudder', '/plans');

    await run(page, "await new Promise((ready) => analytics.ready(ready)); analytics.page('Plans');");
    await run(
      page,
      "analytics.identify('rudder-web', { email: 'rudder-web@example.com' }); analytics.track('Plan Seen', { plan: 'team' });",
    );

    await expect.poll(async () => (await site.person('rudder-web@example.com'))?.activities.total, patient).toBe(2);
    const [latest] = (await site.person('rudder-web@example.com'))?.activities.latest ?? [];
    expect(latest?.properties.context).toMatchObject({
      source: 'site',
      session_id: expect.stringMatching(/^\d+$/) as unknown,
    });
    expect(problems).toEqual([]);
  });

  it('keep their messages while the stage is down, and send each once', async () => {
    const { page: segment } = await visit('segment', '/');
    const { page: rudder } = await visit('rudder', '/');
    await run(rudder, 'await new Promise((ready) => analytics.ready(ready));');
    for (const [page, name] of [[segment, 'waiting'] as const, [rudder, 'waiting-rudder'] as const]) {
      await run(page, `analytics.identify('${name}', { email: '${name}@example.com' });`);
      await expect.poll(async () => (await site.person(`${name}@example.com`))?.id, patient).toBeDefined();
    }

    await site.stop();
    for (const page of [segment, rudder]) {
      await run(page, "analytics.track('Meanwhile One'); analytics.track('Meanwhile Two');");
    }
    await site.start();

    for (const name of ['waiting', 'waiting-rudder']) {
      await expect.poll(async () => (await site.person(`${name}@example.com`))?.activities.total, patient).toBe(2);
    }
  });
});

async function visit(client: keyof typeof scripts, path: string): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(`${addressOf(shop)}${path}${path.includes('?') ? '&' : '?'}client=${client}`);
  return { page, problems };
}

/** Runs code on the page; it may await and return. */
function run(page: Page, code: string): Promise<unknown> {
  return page.evaluate(`(async () => { const { analytics } = window; ${code} })()`);
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serveShop(stageUrl: string): Promise<Server> {
  const bundles = new Map<string, string>();
  for (const [name, contents] of Object.entries(scripts)) {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: process.cwd() },
      define: { KEY: JSON.stringify(writeKeys.site), STAGE: JSON.stringify(stageUrl) },
      bundle: true,
      write: false,
      format: 'iife',
      platform: 'browser',
      logLevel: 'silent',
    });
    bundles.set(name, outputFiles[0]?.text ?? '');
  }
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://shop');
    const script = bundles.get(/^\/(\w+)\.js$/.exec(url.pathname)?.[1] ?? '');
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
    const client = url.searchParams.get('client') ?? '';
    response.end(
      script ??
        `<!doctype html><link rel="icon" href="data:,"><title>Shop</title><script src="/${client}.js"></script>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
