import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import type { JsonObject } from '../../../lib/domain/json.ts';
import type { SegmentDefinition } from '../../../lib/domain/segment.ts';
import { readApplyJob, startApply } from '../../../lib/pipeline/define/apply-definitions.ts';
import { openDefinitions } from '../../../lib/pipeline/define/definitions.ts';
import { readPlanJob, startPlan } from '../../../lib/pipeline/define/plan-definitions.ts';
import { publishDefinitions } from '../../../lib/pipeline/define/switch-definitions.ts';
import { seededFate } from '../delivering.ts';
import { anyEvidence, tight } from '../world.ts';
import { openPublishedWorld, type PublishedWorld, publishable, versioned } from './published-world.ts';

const old = versioned({ ...publishable, identity: tight.identity });

const condition = fc.constantFrom<SegmentDefinition['when']>(
  { trait: 'stage', is: 'customer' },
  { trait: 'stage', is_not: 'customer' },
  { did: 'Opened', count: { at_least: 1 }, within: '30 days' },
  { did: 'Clicked', count: { at_least: 2 }, within: '39 days' },
  { any: [{ did: 'Clicked' }, { trait: 'size', gt: 1 }] },
);

/** Other segments under the same names: edited, removed, added, and with other references. */
const anyNext = fc
  .record({
    customers: condition,
    active: fc.option(condition, { nil: undefined }),
    fresh: fc.option(condition, { nil: undefined }),
  })
  .map(({ customers, active, fresh }) =>
    versioned({
      ...old,
      segments: [
        { segment: 'customers', when: customers },
        ...(active === undefined ? [] : [{ segment: 'active', when: active }]),
        ...(fresh === undefined ? [] : [{ segment: 'fresh', when: { any: [fresh, { segment: 'customers' }] } }]),
      ],
    }),
  );

describe('applying definitions', () => {
  it('ends in the same memberships wherever it dies, with traffic on the way', { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        anyEvidence,
        anyEvidence,
        anyNext,
        fc.integer({ min: 1, max: 1e9 }),
        async (before, live, next, seed) => {
          const world = openPublishedWorld(seededFate(seed, 0.03));
          await world.persist(() => publishDefinitions(world.deps, old));
          await world.tell(before);

          await applyKilled(world, next);
          const [first, ...others] = live;
          if (first !== undefined) await world.tell([first], staleWorker(world));
          let left: readonly Change[] = others;
          await world.drain(async () => {
            const [change, ...rest] = left;
            left = rest;
            if (change !== undefined) await world.tell([change]);
          });
          await world.tell(left);
          world.spare();
          await world.deliver({ profiles: owing(world) });
          await world.drain();

          const fresh = openPublishedWorld(undefined, undefined, world.clock);
          await publishDefinitions(fresh.deps, next);
          await fresh.tell([...before, ...live]);
          expect(membershipsIn(world)).toEqual(membershipsIn(fresh));
          expect(rowsIn(world)).toEqual(rowsIn(fresh));
        },
      ),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 40) },
    );
  });
});

/** Plans and applies as an operator does who tries again until it works. */
async function applyKilled({ deps, persist, deliver, waiting, takeFirst }: PublishedWorld, next: typeof old) {
  const job = await persist(() => startPlan(deps, next as unknown as JsonObject, false));
  while (waiting().length > 0) for (const body of takeFirst(1)) await deliver(body);
  const plan = (await persist(() => readPlanJob(deps, job.id)))?.plan;
  const hash = plan?.hash ?? '';
  const started = await persist(() => startApply(deps, hash, { leave: [] }));
  expect(await persist(() => readApplyJob(deps, started.id))).toMatchObject({ what: 'apply' });
}

/** An invocation that read the pointer before it moved. */
function staleWorker({ deps, openWorker }: PublishedWorld): ReturnType<PublishedWorld['openWorker']> {
  const current = openDefinitions(deps);
  let asked = 0;
  return openWorker(async () => {
    asked += 1;
    return asked === 1 ? old : current();
  });
}

/** What the sweep finds: whoever's rows a death left unwritten. */
function owing({ stores }: PublishedWorld): string[] {
  return [...stores.living(), ...stores.pointers()].filter(({ outbox }) => outbox.length > 0).map(({ id }) => id);
}

function membershipsIn({ stores }: PublishedWorld): string[] {
  return stores
    .living()
    .map((one) => `${Object.keys(one.fragments).sort().join(' ')}: ${Object.keys(one.memberships).sort().join(' ')}`)
    .filter((line) => !line.startsWith(':'))
    .sort();
}

/** Rows by the records of the person instead of the profile's id. */
function rowsIn({ stores, rowsSaying }: PublishedWorld): string[] {
  const records = new Map(stores.living().map(({ id, fragments }) => [id, Object.keys(fragments).sort().join(' ')]));
  return rowsSaying()
    .map((row) => row.replace(/\S+$/, (id) => records.get(id) ?? `stranger ${id}`))
    .sort();
}
