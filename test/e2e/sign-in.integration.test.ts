import { createServer, type Server } from 'node:http';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { to } from '../../console/app/addresses.ts';
import { createApi } from '../../lib/api/app.ts';
import { serveConsole } from '../../lib/api/console.ts';
import { readConsoleFiles } from '../../lib/infra/console-files.ts';
import { withApi } from '../api/asking.ts';
import { openSimulatedCognito } from '../api/simulated-cognito.ts';
import { canDrive, openBrowser } from './browser.ts';
import { checkPage, textOf } from './console-browser.ts';

const on = withApi(new Date('2026-11-20T08:00:00Z'));
const users = [
  { name: 'vera', password: 'v', groups: ['viewer'] },
  { name: 'ann', password: 'a', groups: ['viewer', 'approver'] },
];

let browser: Browser;
let server: Server;
let home: string;
let cognito: ReturnType<typeof openSimulatedCognito>;
/** The front door: pages for anybody, `/console/api` for who signed in, as the deployed gateway has it. */
const door = new Hono();
beforeAll(async () => {
  if (!canDrive) return;
  browser = await openBrowser();
  server = await new Promise<Server>((resolve) => {
    const opened = serve(
      { fetch: (request) => door.fetch(request), port: 0, hostname: '127.0.0.1', createServer },
      ({ port }) => {
        home = `http://127.0.0.1:${port}/`;
        resolve(opened as Server);
      },
    );
  });
  cognito = openSimulatedCognito(users, home);
  const api = createApi(on.api.deps);
  door.all('/console/api/*', async ({ req }) => {
    const context = cognito.contextOf(req.header('authorization'));
    if (context === undefined) return Response.json({ message: 'Unauthorized' }, { status: 401 });
    return api.fetch(req.raw, context);
  });
  const files = await readConsoleFiles();
  serveConsole(door, JSON.stringify(cognito.signIn), async () => files);
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** A browser of its own, for which the address of the sign-in leads to the simulation. */
async function openContext(): Promise<BrowserContext> {
  const context = await browser.newContext();
  await context.route(`${cognito.signIn.page}/**`, async (route) => {
    const asked = route.request();
    const body = asked.postData();
    const answer = await cognito.answer(asked.url(), { method: asked.method(), ...(body === null ? {} : { body }) });
    const headers = Object.fromEntries(answer.headers);
    await route.fulfill({ status: answer.status, headers, body: await answer.text() });
  });
  return context;
}

async function signIn(page: Page, name: string, password: string, address = ''): Promise<void> {
  await page.goto(`${home}${address}`);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

describe.skipIf(!canDrive)('signing in to the console, at a simulated Cognito', () => {
  it('leads back to the page that was wanted, shows who it is, and offers a viewer nothing to press', async () => {
    const context = await openContext();
    const page = await context.newPage();
    const problems: string[] = [];
    context.on('console', (message) => message.type() === 'error' && problems.push(message.text()));

    await signIn(page, 'vera', 'v', to('/connections/{connection}', { connection: 'newsletter' }));
    await page.getByRole('heading', { name: 'newsletter', level: 1 }).waitFor();
    expect(page.url()).toBe(`${home}${to('/connections/{connection}', { connection: 'newsletter' })}`);
    expect(await textOf(page.locator('footer'))).toContain('you are vera, viewer');
    expect(await page.getByRole('button', { name: 'Pull now' }).count()).toBe(0);
    await checkPage(page, 'a connection as a viewer sees it');

    await page.goto(`${home}${to('/segments/{segment}/edit', { segment: 'quiet-readers' })}`);
    await page.getByText('publishing is for editors').waitFor();
    await page.goto(`${home}${to('/audiences/{audience}', { audience: 'quiet-readers-to-newsletter' })}`);
    await page.getByRole('button', { name: 'Plan now' }).waitFor();
    expect(await page.getByRole('button', { name: 'Push now' }).count()).toBe(0);
    // What is not offered is refused all the same.
    const status = await page.evaluate<number>(`fetch('/console/api/push', {
      method: 'POST', body: '{}',
      headers: { authorization: 'Bearer ' + JSON.parse(sessionStorage.getItem('tributary-session')).access } }).then(({ status }) => status)`);
    expect(status).toBe(403);
    expect(problems.filter((one) => !one.includes('403'))).toEqual([]);
    await context.close();
  });

  it('lets an approver decide under their own name, and ends at Cognito too', async () => {
    const context = await openContext();
    const page = await context.newPage();
    await signIn(page, 'ann', 'wrong');
    await page.getByText('Incorrect username or password.').waitFor();

    await signIn(page, 'ann', 'a', to('/segments/{segment}', { segment: 'quiet-readers' }));
    const comments = page.getByRole('region', { name: 'Comments' });
    await comments.getByLabel('Comment').fill('Well chosen.');
    expect(await comments.getByLabel('Your name').count()).toBe(0);
    await comments.getByRole('button', { name: 'Say it' }).click();
    expect(await textOf(comments.getByRole('listitem'))).toContain('Well chosen. ann');
    await page.goto(`${home}${to('/connections/{connection}', { connection: 'newsletter' })}`);
    await page.getByRole('button', { name: 'Pull now' }).waitFor();

    const sessions = cognito.refreshes();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Password').waitFor();
    expect([new URL(page.url()).origin, cognito.refreshes()]).toEqual([cognito.signIn.page, sessions - 1]);
    await context.close();
  });
});
