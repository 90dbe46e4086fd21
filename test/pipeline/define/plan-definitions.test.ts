import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import type { Definitions } from '../../../lib/domain/definitions.ts';
import type { JsonObject } from '../../../lib/domain/json.ts';
import type { SegmentDefinition } from '../../../lib/domain/segment.ts';
import { readApplyJob, startApply } from '../../../lib/pipeline/define/apply-definitions.ts';
import type { Plan } from '../../../lib/pipeline/define/compose-plan.ts';
import { type PlanDeps, partsFor, readPlanJob, startPlan } from '../../../lib/pipeline/define/plan-definitions.ts';
import { readRecounts } from '../../../lib/pipeline/define/recount.ts';
import { publishDefinitions } from '../../../lib/pipeline/define/switch-definitions.ts';
import { factsOn } from '../../../lib/pipeline/review/day-facts.ts';
import { NOW } from '../world.ts';
import { openPublishedWorld, type PublishedWorld, publishable, versioned } from './published-world.ts';

const DAY = 86_400_000;
const at = (days: number): string => new Date(NOW - days * DAY).toISOString();

function person(id: number, stage: string, opens = 0): Change[] {
  const fragment = `crm:contact:${id}`;
  const told = { fragment, identifiers: [{ type: 'email', value: `p${id}@example.com` }] };
  return [
    { kind: 'profile', ...told, at: at(60), traits: { stage, size: id } },
    ...Array.from({ length: opens }, (_, nth) => ({
      kind: 'activity' as const,
      ...told,
      at: at(nth + 1),
      id: `${id}-${nth}`,
      name: 'Clicked',
    })),
  ];
}

/** Ten customers and ten prospects; the first five of each clicked twice. */
async function populated(): Promise<PublishedWorld> {
  const world = openPublishedWorld();
  await publishDefinitions(world.deps, publishable);
  for (let id = 0; id < 20; id += 1) {
    await world.tell(person(id, id < 10 ? 'customer' : 'prospect', id % 10 < 5 ? 2 : 0));
  }
  return world;
}

/** The published definitions with some segments in the place of theirs, by name; undefined takes one out. */
function withSegments(
  changed: Readonly<Record<string, SegmentDefinition['when'] | undefined>>,
  over = {},
): Definitions {
  const kept = publishable.segments.filter(({ segment }) => !(segment in changed));
  const added = Object.entries(changed).flatMap(([segment, when]) => (when === undefined ? [] : [{ segment, when }]));
  return versioned({ ...publishable, segments: [...kept, ...added], ...over });
}

async function planOf(world: PublishedWorld, to: Definitions, over: Partial<PlanDeps> = {}): Promise<Plan> {
  const deps = { ...world.deps, ...over };
  const { id } = await startPlan(deps, JSON.parse(JSON.stringify(to)) as JsonObject, false);
  await world.drain();
  const job = await readPlanJob(deps, id);
  if (job?.plan === undefined) throw new Error('the plan is not ready');
  return job.plan;
}

/** The tool was told of everybody, or of the first few, under their addresses. */
function tellTool({ stores }: PublishedWorld, most = Number.POSITIVE_INFINITY): void {
  const wanted = stores.living().flatMap(({ id, wanted: { 'to-tool': side } }) => (side?.in ? [{ id, ...side }] : []));
  for (const { id, keys } of wanted.slice(0, most)) {
    stores.tell('to-tool', id, { in: true, keys, outcome: 'applied', run: 'r', at: NOW });
  }
}

describe('a plan', () => {
  it('counts who enters, leaves and stays, with the leaf that decided, and changes nothing', async () => {
    const world = await populated();
    const before = JSON.stringify([world.stores.living(), world.rowsSaying()]);

    const plan = await planOf(
      world,
      withSegments({
        customers: {
          any: [
            { trait: 'stage', is: 'prospect' },
            { trait: 'size', lt: 3 },
          ],
        },
        both: undefined,
      }),
    );

    expect(plan.definitions).toEqual([
      { kind: 'segment', id: 'both', change: 'removed', entering: 0, leaving: 0, staying: 0, reasons: {} },
      {
        kind: 'segment',
        id: 'customers',
        change: 'edited',
        entering: 10,
        leaving: 7,
        staying: 3,
        reasons: {
          'no longer kept out by: stage is customer': 10,
          'no longer in by: stage is customer': 7,
        },
      },
    ]);
    expect(plan.counted).toEqual({ how: 'everybody', people: 20, of: 20 });
    expect(plan.history).toEqual({ needed: false, people: 0, fragments: 0, activities: 0 });
    expect(JSON.stringify([world.stores.living(), world.rowsSaying()])).toBe(before);
  });

  it('names segments that follow another one, and people of a removed segment', async () => {
    const world = await populated();

    const plan = await planOf(world, withSegments({ active: { trait: 'size', gte: 0 } }));

    expect(plan.definitions).toMatchObject([
      { id: 'active', change: 'edited', entering: 20 },
      { id: 'both', change: 'follows', follows: ['active'], entering: 10, leaving: 0 },
    ]);
    const without = { both: undefined, active: undefined };
    expect((await planOf(world, withSegments(without))).definitions).toMatchObject([
      { id: 'active', change: 'removed' },
      { id: 'both', change: 'removed' },
    ]);
  });

  it('reads history where a segment asks for what profiles do not remember, and says how much', async () => {
    const world = await populated();

    const plan = await planOf(world, withSegments({ clickers: { did: 'Clicked', count: { at_least: 2 } } }));

    expect(plan.definitions).toMatchObject([
      {
        id: 'clickers',
        change: 'added',
        entering: 10,
        leaving: 0,
        reasons: { 'now in by: did Clicked at least 2 times': 10 },
      },
    ]);
    expect(plan.history).toEqual({ needed: true, people: 20, fragments: 20, activities: 20 });
    expect(plan.cost).toMatchObject({ writes: 20, activities: 20 });
  });

  it('tells what the next push would do to each list, by its rows', async () => {
    const world = await populated();
    tellTool(world, 4);

    const plan = await planOf(world, withSegments({ customers: { trait: 'stage', is: 'prospect' } }));
    const same = await planOf(world, publishable);

    expect(plan.audiences).toEqual([{ id: 'to-tool', add: 10, remove: 4, unchanged: 0, blocked: {}, calls: 7 }]);
    expect(same).toMatchObject({
      definitions: [],
      audiences: [{ id: 'to-tool', add: 6, remove: 0, unchanged: 4, blocked: {}, calls: 3 }],
    });
  });

  it('says who would stay on a list that nobody keeps any more', async () => {
    const world = await populated();
    tellTool(world);

    const removed = await planOf(world, versioned({ ...publishable, audiences: [] }));
    const elsewhere = publishable.audiences.map((one) => ({ ...one, target: { tag: 'Other' } }));
    const moved = await planOf(world, versioned({ ...publishable, audiences: elsewhere }));

    expect(removed.definitions).toMatchObject([{ kind: 'audience', id: 'to-tool', change: 'removed', left: 10 }]);
    expect(moved.definitions).toMatchObject([{ kind: 'audience', id: 'to-tool', change: 'edited', left: 10 }]);
    expect(moved.audiences).toMatchObject([{ add: 10, remove: 0 }]);
  });

  it('lists what must be deployed first', async () => {
    const world = await populated();
    const deployed = () => ({
      workspace: 'test',
      'time zone': 'UTC',
      'connection tool': 'mailchimp',
      'pull old/x': 'rate(1 hour)',
    });

    const plan = await planOf(world, publishable, { deployed });

    expect(plan.deploy.map(({ resource, change }) => [resource, change])).toEqual([
      ['archive retention', 'added'],
      ['pull old/x', 'removed'],
      ['push to-tool', 'added'],
      ['time zone', 'edited'],
    ]);
  });

  it('has the same hash for the same change of the same state, and another after a move', async () => {
    const world = await populated();
    const next = withSegments({ customers: { trait: 'stage', is: 'prospect' } });

    const [first, second] = [await planOf(world, next), await planOf(world, next)];
    await publishDefinitions(world.deps, withSegments({ both: undefined }));
    await publishDefinitions(world.deps, publishable);
    const third = await planOf(world, next);

    expect(second.hash).toBe(first.hash);
    expect(third.hash).not.toBe(first.hash);
  });

  it('looks at a sample, with intervals, when the latest recount found very many', async () => {
    expect(partsFor(200_000, false)).toEqual({ parts: 8, of: 8 });
    expect(partsFor(1_000_000, false)).toEqual({ parts: 8, of: 160 });
    expect(partsFor(1_000_000, true)).toEqual({ parts: 8, of: 8 });
    const world = await populated();
    await world.deps.state.put('recount', at(0), { at: at(0), people: 400_000, readUnits: 0 }, 0);

    const plan = await planOf(world, withSegments({ customers: { trait: 'stage', exists: true } }));

    expect(plan.counted).toMatchObject({ how: 'sample', of: 400_000 });
    expect(plan.counted.people).toBeLessThan(20);
    const [customers] = plan.definitions;
    const { count = -1, least = -1, most = -1 } = customers?.intervals?.entering ?? {};
    expect(customers?.entering).toBe(count);
    expect([least <= count, count <= most, most > 1_000]).toEqual([true, true, true]);
  });
});

describe('applying a plan', () => {
  it('does what the plan said, and asked again leads to the same job', async () => {
    const world = await populated();
    const plan = await planOf(world, withSegments({ customers: { trait: 'stage', is: 'prospect' } }));

    const job = await startApply(world.deps, plan.hash, { leave: [] });
    expect(job).toMatchObject({ what: 'apply', state: 'running', phase: 'waiting', done: 0, of: 8 });
    await world.drain();

    expect(await startApply(world.deps, plan.hash, { leave: [] })).toMatchObject({
      id: job.id,
      state: 'finished',
      people: 20,
    });
    const members = world.stores.living().filter(({ memberships }) => memberships.customers !== undefined);
    expect(members).toHaveLength(10);
    expect(members.every(({ fragments }) => Object.values(fragments)[0]?.traits.stage?.[0] === 'prospect')).toBe(true);
  });

  it('refuses when something else was published since', async () => {
    const world = await populated();
    const plan = await planOf(world, withSegments({ customers: { trait: 'stage', is: 'prospect' } }));
    await publishDefinitions(world.deps, withSegments({ both: undefined }));

    await expect(startApply(world.deps, plan.hash, { leave: [] })).rejects.toMatchObject({ code: 'definitions/moved' });
    // There and back again is another state too.
    await publishDefinitions(world.deps, publishable);
    await expect(startApply(world.deps, plan.hash, { leave: [] })).rejects.toMatchObject({ code: 'definitions/moved' });
  });

  it('refuses while the deployed template differs', async () => {
    const world = await populated();
    const plan = await planOf(world, withSegments({ both: undefined }));

    const applying = startApply({ ...world.deps, deployed: () => undefined }, plan.hash, { leave: [] });

    await expect(applying).rejects.toMatchObject({ code: 'definitions/deploy-first' });
  });

  it('never forgets people on a list in silence', async () => {
    const world = await populated();
    tellTool(world);
    const plan = await planOf(world, versioned({ ...publishable, audiences: [] }));

    await expect(startApply(world.deps, plan.hash, { leave: [] })).rejects.toMatchObject({
      code: 'definitions/people-left',
    });
    await startApply(world.deps, plan.hash, { leave: ['to-tool'] });

    expect(await world.deps.state.list('left-list', { most: 9 })).toMatchObject([
      { body: { audience: 'to-tool', connection: 'tool', people: 10 } },
    ]);
  });

  it('tells a way that another publication has overtaken', async () => {
    const world = await populated();
    const plan = await planOf(world, withSegments({ clickers: { did: 'Clicked' } }));
    const { id } = await startApply(world.deps, plan.hash, { leave: [] });

    await publishDefinitions(world.deps, withSegments({ clickers: { did: 'Clicked', within: '7 days' } }));
    await world.drain();

    expect(await readApplyJob(world.deps, id)).toMatchObject({ state: 'failed', phase: 'overtaken' });
    const clickers = world.stores.living().filter(({ memberships }) => memberships.clickers !== undefined);
    expect(clickers).toHaveLength(10);
  });

  it('publishes the very first workspace without a scan', async () => {
    const world = openPublishedWorld();
    const plan = await planOf(world, publishable);

    expect(plan).toMatchObject({ base: null, audiences: [{ id: 'to-tool', add: 0 }] });
    expect(await startApply(world.deps, plan.hash, { leave: [] })).toMatchObject({ state: 'finished' });
    expect(world.waiting()).toEqual([]);
  });
});

describe('a recount', () => {
  it('counts every segment in the profiles themselves, once however often it is asked for', async () => {
    const world = await populated();

    await world.deliver({ recount: true, scheduledAt: '2026-11-21T02:30:00Z' });
    await world.deliver({ recount: true, scheduledAt: '2026-11-21T02:30:00Z' });
    await world.drain();

    const recounts = await readRecounts(world.deps.state, 9);
    expect(recounts.map(({ at, people, readUnits, sizes }) => ({ at, people, readUnits, sizes }))).toEqual([
      { at: new Date(NOW).toISOString(), people: 20, readUnits: 10, sizes: { customers: 10 } },
    ]);
    expect(await factsOn(world.deps.state, 'customers', '2026-11-21')).toMatchObject({ size: 10, people: 20 });
    expect(await factsOn(world.deps.state, 'both', '2026-11-21')).toMatchObject({ size: 0 });
  });
});
