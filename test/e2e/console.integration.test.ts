import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, expect, it } from 'vitest';
import type { Definitions } from '../../lib/domain/definitions.ts';
import { openStage, type Stage } from '../../lib/local/stage.ts';
import { loadWorkspace } from '../../lib/workspace/load.ts';
import { versioned } from '../pipeline/published-world.ts';
import { startMailchimp } from '../vendors/mailchimp/simulator.ts';
import { canDrive, openBrowser } from './browser.ts';

const LIST = 'a1b2c3';
const TAG = 'Quiet readers';
const AUDIENCE = 'quiet-readers-to-newsletter';
const TITLE = 'Readers <script>document.title = "broken"</script> & others';
const START = Date.parse('2026-11-20T04:00:00.000Z');
const ending: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

it.skipIf(!canDrive)(
  'shows a held push in the console, and approves it by clicking, once',
  async () => {
    const { definitions } = await loadWorkspace('examples/starter');
    const newsletter = definitions?.connections.newsletter;
    if (definitions === undefined || newsletter === undefined) throw new Error('examples/starter does not load');
    const vendor = await startMailchimp({ now: () => new Date(START) });
    ending.push(() => vendor.close());
    vendor.addList({ id: LIST });
    const people = Array.from({ length: 12 }, (_, n) => `p${n}@example.com`);
    for (const email of people) vendor.putMember(LIST, { email, at: new Date(START - 3_600_000) });
    vendor.putMember(LIST, { email: 'gone@example.com', status: 'unsubscribed', at: new Date(START - 3_600_000) });
    const workspace: Definitions = {
      ...definitions,
      connections: {
        newsletter: {
          ...newsletter,
          endpoint: vendor.url,
          streams: { members: newsletter.streams.members ?? { expression: '', words: '' } },
          webhook: false,
        },
      },
      segments: [{ segment: 'quiet-readers', title: TITLE, when: { trait: 'email', exists: true } }],
      guardrails: { ...definitions.guardrails, maxAddCount: 5 },
    };
    const stageFileIn = mkdtempSync(join(tmpdir(), 'tributary-console-'));
    ending.push(() => rmSync(stageFileIn, { recursive: true, force: true }));
    const stage = await openStage({
      from: { workspace },
      start: START,
      secrets: { newsletter: JSON.stringify({ api_key: vendor.apiKey, webhook_secret: 'w'.repeat(24) }) },
      handleSignals: false,
      stageFileIn,
    });
    ending.push(() => stage.close());
    await post(stage, '/api/definitions', versioned(workspace));
    await post(stage, '/api/pull', { connection: 'newsletter' });
    await stage.idle();
    await post(stage, '/api/push', { audience: AUDIENCE });
    await stage.idle();
    const browser = await openBrowser();
    ending.push(() => browser.close());
    const context = await browser.newContext({ acceptDownloads: true });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));

    await page.goto(`${stage.url}/#token=${stage.token}`);
    const held = page.getByRole('region', { name: 'Held' });
    expect(await textOf(held)).toContain('12 would be added; at most 5 may be');
    await held.getByRole('link', { name: AUDIENCE }).click();
    const audience = page.getByRole('region', { name: 'What it does' });
    expect(await textOf(audience)).toContain(TITLE);
    expect(await textOf(page.getByRole('region', { name: 'People' }))).toMatch(
      /13 in the segment.*12 wanted.*12 waiting.*1 no-consent without the consent/,
    );
    await page.getByRole('button', { name: 'Plan now' }).click();
    await page.getByText('would be added', { exact: true }).waitFor();
    await page.getByRole('region', { name: 'Held' }).getByRole('link', { name: 'Look at the plan' }).click();
    const plan = await page.locator('dd code.hash').textContent();
    const late = await context.newPage();
    await late.goto(`${stage.url}/#token=${stage.token}`);
    await late.getByRole('link', { name: 'Look at the plan' }).click();
    await late.getByRole('button', { name: 'Approve this plan' }).waitFor();
    expect(vendor.tagged(LIST, TAG)).toEqual([]);

    await fill(page, 'Ops', '00000000');
    await page.getByRole('button', { name: 'Approve this plan' }).click();
    expect(await page.getByRole('alert').textContent()).toContain(`Type ${plan?.slice(0, 8)}`);
    await fill(page, 'Ops', plan?.slice(0, 8) ?? '');
    await page.getByRole('button', { name: 'Approve this plan' }).dblclick();
    await page.getByText('The push is finished.').waitFor();
    await fill(late, 'Somebody else', plan?.slice(0, 8) ?? '');
    await late.getByRole('button', { name: 'Approve this plan' }).click();
    await late.getByText('It was approved before and is finished; nothing more happened.').waitFor();
    await stage.idle();

    expect(vendor.tagged(LIST, TAG)).toEqual([...people].sort());
    expect(vendor.calls.filter(({ method, path }) => method === 'POST' && /segments\/\d+$/.test(path))).toHaveLength(1);
    expect(await textOf(page.getByRole('region', { name: 'Run' }))).toMatch(/finished.*Approved by Ops/);
    await page.getByLabel('Outcome', { exact: true }).selectOption('refused');
    await page.getByText('Nobody has the outcome refused.').waitFor();
    await page.getByLabel('Outcome', { exact: true }).selectOption('applied');
    await page.getByText('12 shown, all of them.').waitFor();
    const file = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download CSV' }).click();
    const lines = readFileSync(await (await file).path(), 'utf8')
      .trim()
      .split('\r\n');
    expect(lines).toHaveLength(13);
    expect(lines[1]).toMatch(/^p_\w+,add,applied,,2026-11-20T04:\S+Z,email,newsletter:member:\w+,\S+Z$/);
    await page.getByRole('link', { name: '← Overview' }).click();
    await page.getByRole('region', { name: 'Segments' }).waitFor();
    expect(await page.getByRole('region', { name: 'Held' }).count()).toBe(0);
    expect([problems, await page.title(), stage.failures, stage.refusals]).toEqual([[], 'Tributary', [], []]);
  },
  120_000,
);

async function fill(page: Page, by: string, hash: string): Promise<void> {
  await page.getByLabel('Your name').fill(by);
  await page.getByLabel('The first 8 letters').fill(hash);
}

async function textOf(part: ReturnType<Page['locator']>): Promise<string> {
  await part.waitFor();
  return (await part.allInnerTexts()).join(' ').replaceAll(/\s+/g, ' ');
}

async function post(stage: Stage, path: string, body: object): Promise<void> {
  const answer = await fetch(`${stage.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`);
}
