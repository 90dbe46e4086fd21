import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DayFacts } from '../../../lib/domain/review/facts.ts';
import { readSegmentHistory } from '../../../lib/pipeline/describe/segment-history.ts';
import { factsOn, readFacts } from '../../../lib/pipeline/review/day-facts.ts';
import { readLatestCount, readOverlaps } from '../../../lib/pipeline/review/latest-count.ts';
import { latestReviews, listReviews } from '../../../lib/pipeline/review/reviews.ts';
import { startReview } from '../../../lib/pipeline/review/start-review.ts';
import { writeComment, writeMark } from '../../../lib/pipeline/review/team-words.ts';
import type { Fate } from '../memory-stores.ts';
import { NOW } from '../world.ts';
import { at, DAY, type Done, openReviewedWorld, reviewed, tellOf } from './reviewed-world.ts';

type World = Awaited<ReturnType<typeof openReviewedWorld>>;

interface Raw {
  readonly stage: string;
  readonly size: number;
  readonly loyal: boolean;
  readonly vip: boolean;
  readonly mood: number;
  readonly done: readonly Done[];
}

const did = fc.record({
  name: fc.constantFrom('Ordered', 'Opened', 'Clicked', 'Answered', 'Ignored'),
  daysAgo: fc.integer({ min: 1, max: 60 }),
  properties: fc.record({ total: fc.integer({ min: 1, max: 90 }), score: fc.integer({ min: 0, max: 10 }) }),
});
const raw: fc.Arbitrary<Raw> = fc.record({
  stage: fc.constantFrom('customer', 'prospect'),
  size: fc.integer({ min: 0, max: 20 }),
  loyal: fc.boolean(),
  vip: fc.boolean(),
  mood: fc.constantFrom(-0.5, 0, 0.25, 1),
  done: fc.array(did, { maxLength: 5 }),
});

async function populate(world: World, people: readonly Raw[]): Promise<void> {
  for (const [id, { done, ...traits }] of people.entries()) await world.tell(tellOf(id, traits, done));
}

/** The same numbers by the plainest way, from what was told. */
function recounted(people: readonly Raw[]) {
  const members = people.filter(({ stage, size }) => stage === 'customer' && size < 1_000);
  const lately = (one: Raw, name: string): Done[] => one.done.filter((act) => act.name === name && act.daysAgo < 30);
  const sum = (list: readonly number[]): number => list.reduce((all, one) => all + one, 0);
  const revenue = members.map((one) => sum(lately(one, 'Ordered').map(({ properties }) => properties?.total ?? 0)));
  const scores = members.flatMap((one) => {
    const answers = lately(one, 'Answered').map(({ properties }) => properties?.score ?? 0);
    return answers.length === 0 ? [] : [sum(answers) / answers.length];
  });
  const reached = members.filter((one) => lately(one, 'Ordered').length > 0).length;
  return {
    people: people.length,
    size: members.length,
    engaged: members.filter((one) => lately(one, 'Opened').length + lately(one, 'Clicked').length > 0).length,
    revenue: sum(revenue),
    payers: revenue.filter((one) => one > 0).length,
    objective: {
      metric: 'conversion',
      asked: members.length,
      reached,
      value: members.length === 0 ? null : reached / members.length,
    },
    label: {
      members: members.filter(({ loyal }) => loyal).length,
      everybody: people.filter(({ loyal }) => loyal).length,
    },
    nps: {
      promoters: scores.filter((score) => score >= 9).length,
      passives: scores.filter((score) => score < 9 && score > 6).length,
      detractors: scores.filter((score) => score <= 6).length,
    },
    sentiment: {
      people: members.length,
      mean: members.length === 0 ? null : sum(members.map(({ mood }) => mood * 1_000)) / members.length / 1_000,
    },
  };
}

const today = new Date(NOW).toISOString().slice(0, 10);

async function allKept({ deps }: World): Promise<unknown> {
  const facts = ['customers', 'large'].map((one) => readFacts(deps.state, one, { to: today, most: 9 }));
  return [await Promise.all(facts), await listReviews(deps.state, 'customers', 9), await readLatestCount(deps)];
}

describe('the facts of a day', () => {
  it('equal a recount of what was told, whoever it is told of', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(raw, { minLength: 1, maxLength: 12 }), async (people) => {
        const world = await openReviewedWorld();
        await populate(world, people);

        await world.night('2026-11-21T02:30:00Z');

        expect(await factsOn(world.deps.state, 'customers', today)).toMatchObject(recounted(people));
        const large = people.filter(({ size, vip }) => size >= 10 || vip);
        expect(await factsOn(world.deps.state, 'large', today)).toMatchObject({ size: large.length, objective: null });
        const { pairs } = await readOverlaps(
          world.deps,
          new Map([
            ['customers', ''],
            ['large', ''],
          ]),
          {},
        );
        const both = large.filter(({ stage }) => stage === 'customer').length;
        expect(pairs.map((pair) => pair.both)).toEqual(both === 0 ? [] : [both]);
      }),
      { numRuns: 15 },
    );
  });

  it('are the same when workers die and messages come again', async () => {
    const people: Raw[] = Array.from({ length: 12 }, (_, id) => ({
      stage: id % 3 === 0 ? 'prospect' : 'customer',
      size: id,
      loyal: id % 2 === 0,
      vip: id === 1,
      mood: 0.25,
      done: [{ name: 'Ordered', daysAgo: id + 1, properties: { total: id } }],
    }));
    const calm = await openReviewedWorld();
    await populate(calm, people);
    await calm.night('2026-11-21T02:30:00Z');
    const expected = await allKept(calm);

    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 0, max: 39 })), async (dice) => {
        let mortal = false;
        const fate: Fate = () => {
          const thrown = mortal ? (dice.next().value as number) : 9;
          return thrown === 0 ? 'dies-before' : thrown === 1 ? 'dies-after' : 'lives';
        };
        const world = await openReviewedWorld(fate);
        await populate(world, people);
        mortal = true;
        await world.night('2026-11-21T02:30:00Z');
        await world.night('2026-11-21T02:30:00Z');
        mortal = false;

        expect(await allKept(world)).toEqual(expected);
        expect(new Set(world.digests.map(({ text }) => text)).size).toBe(1);
      }),
      { numRuns: 8 },
    );
  });

  it('are closed by the next night, and the history of a segment reads them', async () => {
    const world = await openReviewedWorld();
    await world.tell(tellOf(1, { stage: 'customer' }, []));
    await world.tell(tellOf(2, { stage: 'customer' }, []));
    await world.night('2026-11-21T02:30:00Z');
    expect(await factsOn(world.deps.state, 'customers', today)).toMatchObject({ size: 2, entered: null, left: null });

    world.clock.pass(DAY);
    await world.tell([{ kind: 'gone', fragment: 'crm:contact:2', at: at(-0.5) }]);
    await world.night('2026-11-22T02:30:00Z');

    const deps = { ...world.stores, state: world.deps.state, clock: world.clock };
    const history = await readSegmentHistory(deps, 'customers', { from: '2026-11-21' });
    expect(await factsOn(world.deps.state, 'customers', today)).toMatchObject({ size: 2, entered: 2, left: 0 });
    expect(history.days).toMatchObject([
      { day: '2026-11-22', entered: 0, left: 1, size: 1 },
      { day: '2026-11-21', entered: 2, left: 0, size: 2 },
    ]);
    expect(history.size).toMatchObject({ how: 'recount + live' });
  });
});

describe('holdouts', () => {
  it('count what both sides did after their first exposure, and nothing that they did before', async () => {
    const world = await openReviewedWorld();
    for (let id = 0; id < 40; id += 1) {
      await world.tell(tellOf(id, { stage: 'customer' }, [{ name: 'Ordered', daysAgo: 3, properties: { total: 5 } }]));
    }
    const sides = new Map(
      world.stores.living().map(({ fragments, exposed }) => [Object.keys(fragments)[0], exposed?.['to-tool']?.heldOut]),
    );
    const heldOut = [...sides.values()].filter((side) => side === true).length;
    await world.night('2026-11-21T02:30:00Z');
    const before = (await factsOn(world.deps.state, 'customers', today)) as DayFacts;

    world.clock.pass(DAY);
    for (let id = 0; id < 10; id += 1) {
      const [, order] = tellOf(id, {}, [{ name: 'Ordered', daysAgo: -0.5, properties: { total: 7 } }]);
      if (order?.kind === 'activity') await world.tell([{ ...order, id: `later-${id}` }]);
    }
    await world.night('2026-11-22T02:30:00Z');
    const [facts] = await readFacts(world.deps.state, 'customers', { to: '2026-11-22', most: 1 });

    const none = { converted: 0, revenue: 0, squares: 0 };
    expect(before.holdouts).toEqual([
      {
        experiment: 'to-tool',
        metric: 'conversion',
        since: 'exposure',
        exposed: { people: 40 - heldOut, asked: 40 - heldOut, ...none },
        heldOut: { people: heldOut, asked: heldOut, ...none },
      },
    ]);
    const later = [...sides].filter(([fragment]) => Number(fragment?.split(':')[2]) < 10);
    const converted = later.filter(([, side]) => side === true).length;
    expect(facts?.holdouts[0]?.heldOut).toEqual({
      people: heldOut,
      asked: heldOut,
      converted,
      revenue: 7 * converted,
      squares: 49 * converted,
    });
    expect(facts?.holdouts[0]?.exposed.converted).toBe(10 - converted);
    expect(heldOut).toBeGreaterThan(5);
  });
});

describe('reviews', () => {
  it('are made of what is due, once for two firings of one schedule, and told in one digest', async () => {
    const world = await openReviewedWorld();
    await world.tell(tellOf(1, { stage: 'customer', size: 12, loyal: true }, []));
    await world.tell(tellOf(2, { stage: 'prospect', vip: true }, []));

    await world.night('2026-11-21T02:30:00Z');
    await world.night('2026-11-21T02:30:00Z');
    world.clock.pass(DAY);
    await world.night('2026-11-22T02:30:00Z');

    const reviews = await listReviews(world.deps.state, 'customers', 9);
    expect(reviews).toHaveLength(1);
    expect(reviews[0]).toMatchObject({
      segment: 'customers',
      title: 'Customers',
      because: 'schedule',
      size: { now: 1, before: null },
      leaves: [
        { path: 'when.all[0]', leaf: 'stage is customer', letsIn: 0, keepsOut: 1 },
        { path: 'when.all[1].not', letsIn: 0, keepsOut: 0 },
      ],
      coverage: [
        { trait: 'stage', members: 1, everybody: 2 },
        { trait: 'size', members: 1, everybody: 1 },
      ],
      overlaps: [{ a: 'customers', b: 'large', both: 1 }],
      accuracy: { label: { members: 1, everybody: 1 }, sample: null },
    });
    expect((await latestReviews(world.deps.state)).map(({ segment }) => segment)).toEqual(['customers']);
    expect(world.digests).toHaveLength(1);
    expect(world.digests[0]?.text).toContain('Customers (customers), 1 person');
  });

  it('come again on their rhythm, compared with the one before, with what the team said meanwhile', async () => {
    const world = await openReviewedWorld();
    await world.tell(tellOf(1, { stage: 'customer' }, []));
    await world.night('2026-11-21T02:30:00Z');
    for (let day = 22; day <= 27; day += 1) {
      world.clock.pass(DAY);
      await world.tell(tellOf(day, { stage: 'customer' }, []));
      await world.night(`2026-11-${day}T02:30:00Z`);
    }
    expect(await listReviews(world.deps.state, 'customers', 9)).toHaveLength(1);
    const team = { state: world.deps.state, clock: world.clock };
    const { compiled } = (await world.deps.compiled()).program;
    await writeComment(team, 'customers', { by: 'mo', text: 'too many resellers' });
    await writeMark(team, 'customers', compiled[0]?.version ?? '', { profile: 'p_1', mark: 'wrong', by: 'mo' });
    await writeMark(team, 'customers', 'of another condition', { profile: 'p_2', mark: 'wrong', by: 'mo' });

    world.clock.pass(DAY);
    await world.night('2026-11-28T02:30:00Z');

    const [review] = await listReviews(world.deps.state, 'customers', 9);
    expect(review).toMatchObject({
      since: '2026-11-21',
      size: { now: 7, before: 1, change: 6 },
      movement: { days: 7, entered: 7, left: 0 },
      accuracy: { sample: { right: 0, wrong: 1 } },
      feedback: { commented: 1, comments: [{ by: 'mo', text: 'too many resellers' }] },
      performance: { standing: 'behind', baseline: 0.1, target: 0.5, value: 0 },
    });
  });

  it('are made when somebody asks, of that segment, and send nothing', async () => {
    const world = await openReviewedWorld();
    await world.tell(tellOf(1, { size: 50 }, []));

    const id = await startReview({ ...world.deps, definitions: async () => reviewed }, 'large');
    await world.drain();

    expect((await world.deps.state.get('job', id))?.body).toMatchObject({
      state: 'finished',
      parts: [{ segment: 'large', state: 'finished', proposal: expect.any(String) as string }],
    });
    expect(await listReviews(world.deps.state, 'large', 9)).toMatchObject([{ because: 'asked', size: { now: 1 } }]);
    expect(world.digests).toEqual([]);
  });
});
