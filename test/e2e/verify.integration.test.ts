import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Definitions } from '../../lib/domain/definitions.ts';
import { openStage, type Stage } from '../../lib/local/stage.ts';
import type { PushRun } from '../../lib/pipeline/push-run.ts';
import type { VerifyRun } from '../../lib/pipeline/verify-run.ts';
import { loadWorkspace } from '../../lib/workspace/load.ts';
import { versioned } from '../pipeline/published-world.ts';
import { bundledOnce } from '../setup/bundled-once.ts';
import { startMailchimp } from '../vendors/mailchimp/simulator.ts';
import { approveByClicking } from './approve-by-clicking.ts';
import { canDrive } from './browser.ts';

const LIST = 'a1b2c3';
const TAG = 'Quiet readers';
const AUDIENCE = 'quiet-readers-to-newsletter';
const TITLE = 'Readers <script>document.title = "broken"</script> & others';
const START = Date.parse('2026-11-20T04:00:00.000Z');
const MINUTE = 60_000;
const ending: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

it('pushes when somebody approved it, once and without an echo, and finds and heals what people did to the list', async () => {
  const { definitions } = await loadWorkspace('examples/starter');
  const newsletter = definitions?.connections.newsletter;
  if (definitions === undefined || newsletter === undefined) throw new Error('examples/starter does not load');
  let stage: Stage | undefined;
  const vendor = await startMailchimp({ now: () => new Date(stage?.now() ?? START) });
  ending.push(() => vendor.close());
  vendor.addList({ id: LIST });
  const people = Array.from({ length: 12 }, (_, n) => `p${n}@example.com`);
  for (const email of people) vendor.putMember(LIST, { email, at: new Date(START - 60 * MINUTE) });
  const workspace: Definitions = {
    ...definitions,
    connections: { newsletter: { ...newsletter, endpoint: vendor.url, webhook: false } },
    segments: [
      {
        segment: 'quiet-readers',
        title: TITLE,
        // A segment that asks for what its own audience writes: with echoes it would never come to rest.
        when: { all: [{ subscribed: 'email' }, { not: { trait: 'mailchimp.tags', contains: TAG } }] },
      },
    ],
    guardrails: { ...definitions.guardrails, maxAddCount: 5 },
  };
  const stageFileIn = mkdtempSync(join(tmpdir(), 'tributary-verify-'));
  ending.push(() => rmSync(stageFileIn, { recursive: true, force: true }));
  stage = await openStage({
    from: { workspace, bundle: bundledOnce },
    start: START,
    secrets: { newsletter: JSON.stringify({ api_key: vendor.apiKey, webhook_secret: 'w'.repeat(24) }) },
    handleSignals: false,
    stageFileIn,
  });
  ending.push(() => stage?.close());
  const on = stage;
  const check = async (body: object): Promise<VerifyRun> => {
    await call(on, 'POST', '/api/verify', { audience: AUDIENCE, ...body });
    await on.idle();
    return (await call(on, 'GET', `/api/audiences/${AUDIENCE}/verify`)) as VerifyRun;
  };
  const push = async (): Promise<void> => {
    await call(on, 'POST', '/api/push', { audience: AUDIENCE });
    await on.idle();
  };
  await call(on, 'POST', '/api/definitions', versioned(workspace));
  await call(on, 'POST', '/api/pull', { connection: 'newsletter' });
  await on.idle();
  await push();
  expect(vendor.tagged(LIST, TAG)).toEqual([]);
  await approve(on, people.length);
  await on.idle();
  expect(vendor.tagged(LIST, TAG)).toEqual([...people].sort());
  expect(vendor.calls.filter(({ method, path }) => method === 'POST' && /segments\/\d+$/.test(path))).toHaveLength(1);

  // The scheduled pull reads every member again, because each was tagged.
  await on.runUntil(Date.parse(on.now()) + 16 * MINUTE);
  const runs = (await call(on, 'GET', '/api/runs')) as { what: string; stream?: string; echoes?: number }[];
  expect(runs.filter(({ stream, echoes = 0 }) => stream === 'members' && echoes > 0)).toMatchObject([{ echoes: 12 }]);
  expect(await call(on, 'POST', '/api/push/dry-run', { audience: AUDIENCE })).toMatchObject({
    audiences: [{ add: 0, remove: 0, unchanged: 12 }],
  });
  expect(await check({})).toMatchObject({ state: 'finished', listed: 12, believed: 12, agree: 12, differences: {} });

  vendor.untag(LIST, 'p0@example.com', TAG);
  vendor.setStatus(LIST, 'p1@example.com', 'unsubscribed');
  vendor.untag(LIST, 'p2@example.com', TAG);
  vendor.setStatus(LIST, 'p2@example.com', 'cleaned');
  vendor.deletePermanently(LIST, 'p3@example.com');
  vendor.putMember(LIST, { email: 'stranger@example.org' });
  vendor.tag(LIST, 'stranger@example.org', TAG);
  const differences = { 'removed-by-hand': 1, unsubscribed: 1, cleaned: 1, forgotten: 1, 'added-by-hand': 1 };
  await on.runUntil(Date.parse(on.now()) + MINUTE);
  expect(await check({})).toMatchObject({ state: 'finished', listed: 10, agree: 8, differences, healed: 0 });

  await on.runUntil(Date.parse(on.now()) + MINUTE);
  expect(await check({ heal: 'restore' })).toMatchObject({ state: 'finished', differences, healed: 5 });
  await push();
  const left = people.filter((email) => !['p1@example.com', 'p2@example.com', 'p3@example.com'].includes(email));
  expect(vendor.tagged(LIST, TAG)).toEqual([...left].sort());
  expect(vendor.member(LIST, 'p1@example.com')?.status).toBe('unsubscribed');

  vendor.deleteTag(LIST, TAG);
  await on.runUntil(Date.parse(on.now()) + MINUTE);
  expect(await check({ heal: 'restore' })).toMatchObject({
    state: 'list-missing',
    error: { code: 'verify/list-missing' },
  });
  expect(vendor.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/segments'))).toHaveLength(1);
  expect([on.refusals, on.failures]).toEqual([[], []]);
}, 240_000);

/** Lets the held push go on: in the console where there is a browser, else as the command line does. */
async function approve(stage: Stage, people: number): Promise<void> {
  const says = `${people} would be added; at most 5 may be`;
  if (canDrive) return approveByClicking(stage, { audience: AUDIENCE, title: TITLE, people, says });
  const [run] = (await call(stage, 'GET', `/api/audiences/${AUDIENCE}/runs`)) as readonly PushRun[];
  expect(run).toMatchObject({ state: 'held', holds: [{ guard: 'max-add', says }] });
  await call(stage, 'POST', `/api/runs/${encodeURIComponent(run?.id ?? '')}/approve`, {
    hash: run?.plan?.hash ?? '',
    by: 'ops',
  });
}

async function call(stage: Stage, method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${stage.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${stage.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`);
  return answer.json();
}
