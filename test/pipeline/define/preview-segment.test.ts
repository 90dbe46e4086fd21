import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import type { Condition } from '../../../lib/domain/segment.ts';
import { openPublished } from '../../../lib/pipeline/define/definitions.ts';
import { readPlanJob, startPlan } from '../../../lib/pipeline/define/plan-definitions.ts';
import { previewSegment, type SegmentPreview, withSegment } from '../../../lib/pipeline/define/preview-segment.ts';
import { publishDefinitions } from '../../../lib/pipeline/define/switch-definitions.ts';
import { NOW } from '../world.ts';
import { openPublishedWorld, type PublishedWorld, publishable, versioned } from './published-world.ts';

const DAY = 86_400_000;
const at = (days: number): string => new Date(NOW - days * DAY).toISOString();

/** Who has an even number is a customer, who has a number below ten opened as often as it says. */
function person(id: number): Change[] {
  const fragment = `crm:contact:${id}`;
  const told = { fragment, identifiers: [{ type: 'email', value: `p${id}@example.com` }] };
  const opens = Array.from({ length: id < 10 ? id : 0 }, (_, nth): Change => {
    return { kind: 'activity', ...told, at: at(nth + 1), id: `${id}-${nth}`, name: 'Opened' };
  });
  const traits = { stage: id % 2 === 0 ? 'customer' : 'prospect', size: id };
  return [{ kind: 'profile', ...told, at: at(60), traits }, ...opens];
}

async function populated(people: number): Promise<PublishedWorld> {
  const world = openPublishedWorld();
  await publishDefinitions(world.deps, publishable);
  for (let id = 0; id < people; id += 1) await world.tell(person(id));
  return world;
}

async function preview(
  world: PublishedWorld,
  segment: string,
  when: Condition,
  most = 10_000,
): Promise<SegmentPreview> {
  const deps = { ...world.deps, ...world.stores, ...openPublished(world.deps) };
  return previewSegment(deps, await deps.compiled(), { segment, when }, { most, signal: new AbortController().signal });
}

const exactly = (count: number) => ({ count, least: count, most: count });

describe('previewSegment', () => {
  it('counts for how many each part of the condition holds, who would move, and who is in others too', async () => {
    const world = await populated(30);
    const before = JSON.stringify([world.stores.living(), world.rowsSaying(), world.waiting()]);

    const found = await preview(world, 'customers', {
      all: [
        {
          any: [
            { trait: 'stage', is: 'customer' },
            { trait: 'size', lt: 3 },
          ],
        },
        { not: { did: 'Opened', count: { at_least: 4 }, within: '30 days' } },
      ],
    });

    expect(found).toMatchObject({
      counted: { how: 'everybody', people: 30, of: 30 },
      // 15 customers and number 1, less 4, 6 and 8 who opened four times or more.
      total: exactly(13),
      moves: { enters: exactly(1), leaves: exactly(3), stays: exactly(12) },
      parts: {
        when: exactly(13),
        'when.all[0]': exactly(16),
        'when.all[0].any[0]': exactly(15),
        'when.all[0].any[1]': exactly(3),
        'when.all[1]': exactly(24),
        'when.all[1].not': exactly(6),
      },
      // Number 2 and, as it is in both, `both`.
      overlap: [
        { segment: 'active', both: exactly(1) },
        { segment: 'both', both: exactly(1) },
      ],
    });
    expect(found.sample.columns).toEqual(['id', 'email', 'stage', 'size']);
    expect(found.sample.people[0]).toMatchObject({
      move: 'enters',
      cells: [expect.any(String), 'p1@example.com', 'prospect', 1],
    });
    expect(JSON.stringify([world.stores.living(), world.rowsSaying(), world.waiting()])).toBe(before);
  });

  it.each<readonly [string, Condition]>([
    ['active', { did: 'Opened', count: { at_least: 3 }, within: '5 days' }],
    ['both', { all: [{ segment: 'active' }, { trait: 'size', gt: 4 }] }],
    ['new-one', { all: [{ segment: 'customers' }, { trait: 'size', between: [5, 12] }] }],
  ])('says of %s what a plan says', async (segment, when) => {
    const world = await populated(20);
    const candidate = versioned({ ...publishable, segments: withSegment(publishable.segments, { segment, when }) });

    const found = await preview(world, segment, when);
    const { id } = await startPlan(world.deps, JSON.parse(JSON.stringify(candidate)), false);
    await world.drain();
    const planned = (await readPlanJob(world.deps, id))?.plan?.definitions.find((one) => one.id === segment);

    expect(found.moves).toEqual({
      enters: exactly(planned?.entering ?? -1),
      leaves: exactly(planned?.leaving ?? -1),
      stays: exactly(planned?.staying ?? -1),
    });
  });

  it('reads stored activities of who does not remember enough', async () => {
    const world = await populated(12);

    const found = await preview(world, 'active', { did: 'Opened', count: { at_least: 7 }, within: '30 days' });

    expect(found.total).toEqual(exactly(3));
    expect(found.filled).toBe(12);
  });

  it('looks at nothing that is learned unless the segment is about it', async () => {
    const world = await populated(12);
    const schedule = { expression: 'rate(1 day)', words: 'every day' };
    const learned = { at: schedule, rfm: { did: 'Opened', value: 'amount', withinMs: 100 * DAY } };
    // Published, and nobody is decided by it yet: what is asked of learned traits is in nobody's memory.
    await publishDefinitions(world.deps, versioned({ ...publishable, learned }));

    const plain = await preview(world, 'customers', { trait: 'size', lt: 3 });
    const scored = await preview(world, 'customers', {
      any: [
        { trait: 'size', lt: 3 },
        { trait: 'learned.rfm.score', exists: true },
      ],
    });

    expect([plain.total, scored.total]).toEqual([exactly(3), exactly(3)]);
    expect([plain.filled, scored.filled]).toEqual([0, 12]);
  });

  it('says what was seen when nobody knows how many people there are, and how certain it is when somebody counted', async () => {
    const world = await populated(60);
    const customers: Condition = { trait: 'size', lt: 40 };

    const unknown = await preview(world, 'customers', customers, 1);
    await world.deps.state.put('recount', at(0), { at: at(0), people: 100, readUnits: 0 }, 0);
    const known = await preview(world, 'customers', customers, 1);

    expect(unknown.counted).toEqual({ how: 'sample', people: 16, of: null });
    expect(unknown.total.least).toBe(unknown.total.most);
    expect(known.counted).toEqual({ how: 'sample', people: 16, of: 100 });
    expect(known.moves).not.toEqual(unknown.moves);
    expect(known.total.least).toBeLessThan(known.total.count);
    expect(known.total.most).toBeGreaterThan(known.total.count);
    expect(known.sample).toEqual(unknown.sample);
  });
});
