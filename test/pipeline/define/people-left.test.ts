import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import type { Definitions } from '../../../lib/domain/definitions.ts';
import type { JsonObject } from '../../../lib/domain/json.ts';
import { startApply } from '../../../lib/pipeline/define/apply-definitions.ts';
import { readPlanJob, startPlan } from '../../../lib/pipeline/define/plan-definitions.ts';
import { publishDefinitions } from '../../../lib/pipeline/define/switch-definitions.ts';
import { seededFate } from '../delivering.ts';
import { NOW } from '../world.ts';
import { openPublishedWorld, type PublishedWorld, publishable, versioned } from './published-world.ts';

const told = (fragment: string, hours: number, email: string, stage: string): Change => ({
  kind: 'profile',
  fragment,
  at: new Date(NOW + hours * 3_600_000).toISOString(),
  identifiers: [{ type: 'email', value: email }],
  traits: { stage },
});

async function planOf(world: PublishedWorld, to: Definitions) {
  const { id } = await world.persist(() => startPlan(world.deps, JSON.parse(JSON.stringify(to)) as JsonObject, false));
  await world.drain();
  const job = await world.persist(() => readPlanJob(world.deps, id));
  if (job?.plan === undefined) throw new Error('the plan is not ready');
  return job.plan;
}

function tellOf(world: PublishedWorld, id: string, email: string): void {
  const keys = [{ type: 'email', value: email }];
  world.stores.tell('to-tool', id, { in: true, keys, outcome: 'applied', run: 'r', at: NOW });
}

/** So many people of whom the first is a customer, and on the list. */
async function openOneOnList(people: number, fate?: Parameters<typeof openPublishedWorld>[0]): Promise<PublishedWorld> {
  const world = openPublishedWorld(fate);
  await world.persist(() => publishDefinitions(world.deps, publishable));
  for (let nth = 0; nth < people; nth += 1)
    await world.tell([told(`crm:contact:${nth}`, -9, `p${nth}@example.com`, nth === 0 ? 'customer' : 'prospect')]);
  const member = world.stores.living().find(({ wanted }) => wanted['to-tool']?.in === true);
  tellOf(world, member?.id ?? '', 'p0@example.com');
  return world;
}

const without = versioned({ ...publishable, audiences: [] });
const elsewhere = versioned({
  ...publishable,
  audiences: publishable.audiences.map((one) => ({ ...one, target: { tag: 'Other' } })),
});

describe('a plan that leaves a list', () => {
  it.each([
    ['removed', without],
    ['edited', elsewhere],
  ] as const)('counts whoever is on it under the id that they had before a merge: %s', async (change, next) => {
    const world = openPublishedWorld();
    await publishDefinitions(world.deps, publishable);
    await world.tell([told('mail:member:a', -9, 'ann@example.com', 'customer')]);
    const former = world.stores.living()[0]?.id ?? '';
    tellOf(world, former, 'ann@example.com');
    await world.tell([told('crm:contact:1', -20, 'ann.b@example.com', 'prospect')]);
    await world.tell([told('mail:member:a', -2, 'ann.b@example.com', 'prospect')]);
    expect(world.stores.pointers().map(({ id }) => id)).toEqual([former]);

    const plan = await planOf(world, next);

    expect(plan.definitions).toMatchObject([{ kind: 'audience', id: 'to-tool', change, left: 1 }]);
  });

  it('counts strangers, whom no profile is of', async () => {
    const world = await openOneOnList(1);
    const row = { row: 'audience', audience: 'to-tool', profile: 'stranger.1', version: 1 } as const;
    await world.stores.memberships.writeRows([{ ...row, wanted: { in: false, reason: 'not-in-segment' } }]);
    tellOf(world, 'stranger.1', 'zoe@example.com');

    const plan = await planOf(world, without);

    expect(plan.definitions).toMatchObject([{ id: 'to-tool', left: 2 }]);
  });

  it('refuses without --leave also where only a sample of many people is looked at', async () => {
    const world = await openOneOnList(60);
    const at = new Date(NOW).toISOString();
    await world.deps.state.put('recount', at, { at, people: 1_000_000, readUnits: 0 }, 0);

    const plan = await planOf(world, without);

    expect(plan.counted.how).toBe('sample');
    expect(plan.definitions).toMatchObject([{ id: 'to-tool', left: 1 }]);
    await expect(startApply(world.deps, plan.hash, { leave: [] })).rejects.toMatchObject({
      code: 'definitions/people-left',
    });
  });

  it('counts them once, whatever dies on the way', async () => {
    const world = await openOneOnList(12);
    const dying = await openOneOnList(12, seededFate(7, 0.1));

    const plans = [await planOf(world, without), await planOf(dying, without)];

    expect(plans.map(({ definitions }) => definitions.map(({ left }) => left))).toEqual([[1], [1]]);
  });

  it('counts nobody on lists that stay', async () => {
    const world = await openOneOnList(2);
    const [audience] = publishable.audiences;
    const plan = await planOf(
      world,
      versioned({ ...publishable, audiences: [{ ...audience, mode: 'add-only' } as never] }),
    );

    expect(plan.definitions).toMatchObject([{ id: 'to-tool', change: 'edited' }]);
    expect(plan.definitions[0]).not.toHaveProperty('left');
  });
});
