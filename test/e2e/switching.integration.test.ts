import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Change } from '../../lib/domain/change.ts';
import { type Definitions, versionOf } from '../../lib/domain/definitions.ts';
import type { Json } from '../../lib/domain/json.ts';
import type { SegmentDefinition } from '../../lib/domain/segment.ts';
import { openStageQueues } from '../../lib/local/host/stage-queues.ts';
import { openStage, type Stage } from '../../lib/local/stage.ts';
import type { ScanJob } from '../../lib/pipeline/define/plan-definitions.ts';
import type { Explanation } from '../../lib/pipeline/describe/explain-membership.ts';
import type { SegmentHistory } from '../../lib/pipeline/describe/segment-history.ts';

const start = Date.parse('2031-05-01T12:00:00.000Z');
const DAY = 86_400_000;
const MINUTE = 60_000;
const ending: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

function workspace(segments: readonly SegmentDefinition[]): Definitions {
  const content = {
    workspace: 'switching',
    timezone: 'Europe/Berlin',
    connections: {},
    segments,
    personas: [],
    audiences: [],
    identity: {
      priorities: {},
      blocked: [],
      limits: { '*': { most: 5, per: 'ever' as const } },
      sharedAt: 3,
      countries: {},
    },
    guardrails: { maxAdd: 1, maxRemove: 1, minSource: 0 },
    privacy: { activitiesKeptMs: 400 * DAY, archiveKeptMs: 90 * DAY },
    collection: { writeKeys: {} },
  };
  return { version: versionOf(content), ...content };
}

const before = workspace([
  { segment: 'customers', when: { trait: 'stage', is: 'customer' } },
  { segment: 'old', when: { trait: 'size', lt: 10 } },
]);
/** Edited so that small ones leave and prospects who ordered enter; one removed; one that asks for history. */
const after = workspace([
  {
    segment: 'customers',
    when: {
      any: [
        {
          all: [
            { trait: 'stage', is: 'customer' },
            { trait: 'size', gte: 5 },
          ],
        },
        { did: 'Order Completed' },
      ],
    },
  },
  { segment: 'buyers', when: { did: 'Order Completed', count: { at_least: 2 }, within: '30 days' } },
]);

const PEOPLE = 60;

function person(id: number, over: Readonly<Record<string, Json>> = {}): Change[] {
  const told = { fragment: `crm:contact:${id}`, identifiers: [{ type: 'email', value: `p${id}@example.com` }] };
  const traits = { stage: id % 2 === 0 ? 'customer' : 'prospect', size: id % 20, ...over };
  const orders = id % 3 === 0 ? [1, 2] : [];
  return [
    { kind: 'profile', ...told, at: new Date(start - 40 * DAY + Object.keys(over).length).toISOString(), traits },
    ...orders.map((days) => ({
      kind: 'activity' as const,
      ...told,
      at: new Date(start - days * DAY).toISOString(),
      id: `o${id}-${days}`,
      name: 'Order Completed',
    })),
  ];
}

const isCustomerBefore = (id: number) => id % 2 === 0;
const isCustomerAfter = (id: number) => (id % 2 === 0 && id % 20 >= 5) || id % 3 === 0;
const count = (holds: (id: number) => boolean) => Array.from({ length: PEOPLE }, (_, id) => id).filter(holds).length;

async function aStage(): Promise<Stage> {
  const stageFileIn = mkdtempSync(join(tmpdir(), 'switching-'));
  ending.push(() => rmSync(stageFileIn, { recursive: true, force: true }));
  const from = { workspace: before };
  const stage = await openStage({ from, start, port: 0, stageFileIn, environment: {} });
  ending.push(() => stage.close());
  return stage;
}

function openCaller(stage: Stage) {
  const headers = { authorization: `Bearer ${stage.token}`, 'content-type': 'application/json' };
  const call = async <Answer>(path: string, body?: unknown): Promise<Answer> => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${stage.url}${path}`, { method, headers, ...sent });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Answer;
  };
  const url = String(stage.resolve('CHANGES_QUEUE_URL'));
  const queues = openStageQueues(new URL(url).origin);
  ending.push(() => queues.close());
  const tell = (changes: readonly Change[]) => queues.send(url, JSON.stringify({ connection: 'crm', changes }));
  const members = async (segment: string): Promise<Set<string>> => {
    const page = await call<{ members: { profile: string }[] }>(`/api/segments/${segment}/members?most=1000`);
    return new Set(page.members.map(({ profile }) => profile));
  };
  return { call, tell, members };
}

describe('a change of definitions on the stage', () => {
  it('is planned exactly and applied without anybody falling out, with traffic on the way', {
    timeout: 600_000,
  }, async () => {
    const stage = await aStage();
    const { call, tell, members } = openCaller(stage);
    await call('/api/definitions', before);
    for (let id = 0; id < PEOPLE; id += 10) await tell(Array.from({ length: 10 }, (_, at) => person(id + at)).flat());
    await stage.idle();
    const atFirst = await members('customers');
    expect(atFirst.size).toBe(count(isCustomerBefore));

    const asked = await call<ScanJob>('/api/plans', { definitions: after });
    await stage.idle();
    const planned = await call<ScanJob>(`/api/jobs/${asked.id}`);

    const entering = count((id) => isCustomerAfter(id) && !isCustomerBefore(id));
    const leaving = count((id) => isCustomerBefore(id) && !isCustomerAfter(id));
    const staying = count((id) => isCustomerBefore(id) && isCustomerAfter(id));
    expect(planned.plan).toMatchObject({
      deploy: [],
      definitions: [
        { id: 'buyers', change: 'added', entering: count((id) => id % 3 === 0), leaving: 0, staying: 0 },
        { id: 'customers', change: 'edited', entering, leaving, staying },
        { id: 'old', change: 'removed', entering: 0, leaving: count((id) => id % 20 < 10), staying: 0 },
      ],
      audiences: [],
      history: { needed: true, people: PEOPLE, activities: 2 * count((id) => id % 3 === 0) },
    });

    const seen: Set<string>[] = [];
    const job = await call<ScanJob>('/api/apply', { plan: planned.plan?.hash });
    expect(job).toMatchObject({ what: 'apply', state: 'running', phase: 'waiting' });
    for (let step = 1; step <= 24; step += 1) {
      stage.addTimer(Date.parse(stage.now()) + step * 10_000, async () => {
        seen.push(await members('customers'));
        // Somebody is always being written to: a trait that no segment reads, of everybody in turn.
        await tell(person((step * 7) % PEOPLE, { note: `n${step}` }));
      });
    }
    await stage.runUntil(Date.parse(stage.now()) + 5 * MINUTE);

    const done = await call<ScanJob>(`/api/jobs/${job.id}`);
    expect(done).toMatchObject({ state: 'finished', done: 8, people: PEOPLE });
    const atLast = await members('customers');
    expect(atLast.size).toBe(count(isCustomerAfter));
    const stayers = [...atFirst].filter((id) => atLast.has(id));
    expect(stayers).toHaveLength(staying);
    expect(seen).toHaveLength(24);
    expect(seen.map((now) => stayers.filter((id) => !now.has(id)))).toEqual(seen.map(() => []));
    expect((await members('buyers')).size).toBe(count((id) => id % 3 === 0));

    const history = await call<SegmentHistory>('/api/segments/customers/history');
    expect(history.days[0]).toMatchObject({ entered: count(isCustomerBefore) + entering, left: leaving });
    expect(history.size).toEqual({ members: atLast.size, how: 'rows', counted: null });
    const why = await call<Explanation>('/api/people/p2%40example.com/segments/customers');
    expect(why).toMatchObject({
      member: false,
      history: [
        { entered: false, why: { moved: 'definition' } },
        { entered: true, why: { moved: 'data' } },
      ],
    });

    await stage.runUntil(Date.parse('2031-05-02T03:00:00.000Z'));
    expect(await call<SegmentHistory>('/api/segments/customers/history?from=2031-05-02')).toMatchObject({
      size: { members: atLast.size, how: 'recount + live' },
      days: [{ size: atLast.size, counted: expect.stringMatching(/^2031-05-02T01:30/) as string }],
    });
    expect([stage.refusals, stage.troubles, stage.failures]).toEqual([[], [], []]);
  });
});
