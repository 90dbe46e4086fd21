import { describe, expect, it } from 'vitest';
import { compileDefinitions, traitsUnder } from '../../../lib/domain/decide.ts';
import type { Models } from '../../../lib/domain/learned/model.ts';
import { cellOf } from '../../../lib/domain/learned/rfm.ts';
import { openDefinitions } from '../../../lib/pipeline/define/definitions.ts';
import { isSwitching, publishDefinitions } from '../../../lib/pipeline/define/switch-definitions.ts';
import { describePerson } from '../../../lib/pipeline/describe/describe-person.ts';
import { listCards } from '../../../lib/pipeline/learn/cards.ts';
import { readModel } from '../../../lib/pipeline/learn/describe-model.ts';
import { isScoring, loadModels, openModels, readModelsPointer } from '../../../lib/pipeline/learn/models.ts';
import { publishModels } from '../../../lib/pipeline/learn/publish-models.ts';
import type { StateStore } from '../../../lib/pipeline/ports.ts';
import { DAY } from '../../domain/learned/people.ts';
import { openPublishedWorld, versioned } from '../define/published-world.ts';
import { openResolver, seededFate, standingClock } from '../delivering.ts';
import { definitions, NOW } from '../world.ts';
import { bought, customers, learning, openLearningWorld } from './learning-world.ts';

const PEOPLE = 160;
const YESTERDAY = NOW - DAY;
const people = customers(PEOPLE);

async function openTold(fate?: Parameters<typeof openLearningWorld>[0]) {
  const world = openLearningWorld(fate);
  await world.persist(() => publishDefinitions(world.deps, learning));
  await world.tell(people);
  return world;
}

type World = Awaited<ReturnType<typeof openTold>>;

const versionsIn = ({ stores }: World) => stores.living().map(({ id, version }) => [id, version]);

/** Who the champions are, by another way: ranks of all customers, straight from what they bought. */
function championsByHand(asOf: number): string[] {
  const numbers = Array.from({ length: PEOPLE }, (_, who) => {
    const own = people.filter((one) => one.kind === 'activity' && one.fragment === `shop:customer:${who}`);
    const known = own.flatMap((one) => (one.kind === 'activity' && Date.parse(one.at) <= asOf ? [one] : []));
    const revenue = known.map(({ properties }) => Number(properties?.revenue)).reduce((sum, one) => sum + one, 0);
    return [Math.max(...known.map(({ at }) => Date.parse(at))), known.length, revenue] as const;
  });
  const score = (who: number, of: 0 | 1 | 2) => {
    const below = numbers.filter((one) => one[of] < (numbers[who]?.[of] ?? 0)).length;
    return Math.min(5, 1 + Math.floor((5 * below) / (PEOPLE - 1) + 1e-9));
  };
  return numbers
    .map((_, who) => who)
    .filter((who) => cellOf(score(who, 0), score(who, 1), score(who, 2)) === 'Champions')
    .map((who) => `shop:customer:${who}`)
    .sort();
}

const inSegment = ({ stores }: World, segment: string): string[] =>
  stores
    .living()
    .filter(({ memberships }) => memberships[segment] !== undefined)
    .flatMap(({ fragments }) => Object.keys(fragments))
    .sort();

describe('a training', () => {
  it('puts everybody into the segments of what was learned, as counted by hand, and says why', async () => {
    const world = await openTold();
    expect(inSegment(world, 'champions')).toEqual([]);

    await world.train(YESTERDAY);

    const champions = inSegment(world, 'champions');
    expect(champions).toEqual(championsByHand(YESTERDAY));
    expect(champions.length).toBeGreaterThan(10);
    const [line] = world.stores.lines().filter(({ segment }) => segment === 'champions');
    expect(line?.why).toMatchObject({ moved: 'model' });
    const one = world.stores.living().find(({ memberships }) => memberships.champions !== undefined);
    const deps = { ...world.stores, clock: standingClock };
    const page = await describePerson(deps, one ?? expect.fail('nobody'), await world.deps.compiled());
    const cell = page.facets.implicit.find(({ name }) => name === 'learned.rfm.cell');
    expect(cell).toMatchObject({ value: 'Champions', source: 'learned', at: new Date(YESTERDAY).toISOString() });
    expect(cell?.because).toMatch(/^recency [45]: the latest Order Completed [\d.]+ days before; /);
  });

  it('scores everybody as the offline calculation does, and writes nobody whose segments stay', async () => {
    const world = await openTold();
    const before = new Map(world.stores.living().map(({ id, version }) => [id, version]));
    await world.train(YESTERDAY);
    const pointer = await readModelsPointer(world.deps.state);
    const models = await loadModels(world.deps.archive, pointer?.version ?? '');
    const offline = compileDefinitions(learning, { models });

    expect(Object.keys(models.parts).sort()).toEqual(['clusters', 'rfm']);
    for (const profile of world.stores.living()) {
      const traits = traitsUnder(offline, profile, NOW);
      expect(profile.memberships.champions !== undefined).toBe(traits.get('learned.rfm.cell')?.value === 'Champions');
      const moved = Object.keys(profile.memberships).length > 0;
      // A write for the segments, and one that clears what had to follow.
      if (!moved) expect(profile.version).toBe(before.get(profile.id));
    }

    const versions = versionsIn(world);
    await world.train(YESTERDAY + 60_000);
    expect(versionsIn(world)).toEqual(versions);
  });

  it('leaves scores alone until the next night, and moves people then', async () => {
    const world = await openTold();
    await world.train(YESTERDAY);
    const champions = inSegment(world, 'champions');
    const who =
      Array.from({ length: PEOPLE }, (_, at) => at).find((at) => !champions.includes(`shop:customer:${at}`)) ?? 0;

    await world.tell(Array.from({ length: 9 }, (_, nth) => bought(who, `n${nth}`, 0.5 + nth / 100, 900)));
    expect(inSegment(world, 'champions')).toEqual(champions);

    await world.train(NOW);
    expect(inSegment(world, 'champions')).toContain(`shop:customer:${who}`);
    const late = bought(who, 'late', 2, 1);
    await world.tell([late]);
    expect(inSegment(world, 'champions')).toContain(`shop:customer:${who}`);
  });

  it('tells by cards what was learned and what was refused, and by which model people are scored', async () => {
    const world = await openTold();
    await world.train(YESTERDAY);
    await world.train(NOW);
    const { cards, next } = await listCards(world.deps.state, 4);
    const older = await listCards(world.deps.state, 4, next);

    expect(cards.map(({ id }) => id.slice(0, 10))).toEqual(Array(4).fill('2026-11-21'));
    expect(older.cards.map(({ id }) => id.slice(0, 10))).toEqual(Array(4).fill('2026-11-20'));
    const published = await openDefinitions(world.deps)();
    expect(await readModel(world.deps, published, 'propensity.again')).toMatchObject({
      card: { state: 'refused', refusal: { code: 'too-few' } },
      scores: null,
    });
    expect(await readModel(world.deps, published, 'rfm')).toMatchObject({
      card: { state: 'trained', data: { people: PEOPLE, sampled: PEOPLE } },
      scores: { asOf: new Date(NOW).toISOString(), parameters: { kind: 'rfm' } },
    });
    await expect(readModel(world.deps, published, 'rfn')).rejects.toMatchObject({ code: 'api/no-such-model' });
  });

  it('holds pushes back while people are scored', async () => {
    const world = await openTold();
    const worker = world.workerAt(YESTERDAY);
    await worker.start('night');
    for (let step = 0; step < 10 && (await readModelsPointer(world.deps.state)) === undefined; step += 1) {
      await worker.run(world.jobs.next() ?? null);
      if ((await readModelsPointer(world.deps.state)) === undefined) await world.drain();
    }

    expect(await isSwitching(world.deps.state)).toBe(true);
    await world.drain();
    expect(await isSwitching(world.deps.state)).toBe(false);
  });

  it('is not undone by a worker that still holds the former models', async () => {
    const world = await openTold();
    const former = await world.deps.compiled();
    await world.train(YESTERDAY);
    const champions = inSegment(world, 'champions');
    const [id = ''] = world.stores.living().flatMap((one) => (one.memberships.champions === undefined ? [] : [one.id]));
    let asked = 0;
    const resolver = openResolver(world.stores, {
      // What it held when it began, and what is published when it asks again.
      compiled: async () => (asked++ === 0 ? former : world.deps.compiled()),
    });

    await resolver.resolve([{ changes: [], profiles: [id], accounts: [] }]);

    expect(asked).toBe(2);
    expect(inSegment(world, 'champions')).toEqual(champions);
  });

  it('lets a rule that changes have no model until it is trained again', async () => {
    const world = await openTold();
    await world.train(YESTERDAY);
    const { version: _, ...content } = learning;
    const learned = {
      ...learning.learned,
      at: learning.learned?.at ?? expect.fail('no rules'),
      rfm: { did: 'Order Completed', value: 'revenue', withinMs: 100 * DAY },
    };

    await publishDefinitions(world.deps, versioned({ ...content, learned }));
    await world.drain();
    expect(inSegment(world, 'champions')).toEqual([]);
    expect(inSegment(world, 'like-a').length).toBeGreaterThan(0);

    await world.train(NOW);
    expect(inSegment(world, 'champions').length).toBeGreaterThan(5);
  });
});

describe('a training that dies anywhere, and whose messages come twice', () => {
  const undisturbed = (async () => {
    const world = await openTold();
    await world.train(YESTERDAY);
    return { members: world.members(), version: (await readModelsPointer(world.deps.state))?.version };
  })();

  it.each([1, 2, 3])('ends in the same models and the same members (seed %i)', async (seed) => {
    const world = await openTold(seededFate(seed, 0.02));

    await world.train(YESTERDAY, true);

    world.spare();
    expect((await readModelsPointer(world.deps.state))?.version).toBe((await undisturbed).version);
    expect(world.members()).toEqual((await undisturbed).members);
  });

  it('beside another one leaves the models of the later instant, whichever ends last', async () => {
    for (const order of ['earlier first', 'later first'] as const) {
      const world = await openTold();
      const [earlier, later] = [world.workerAt(YESTERDAY - DAY), world.workerAt(YESTERDAY)];
      const [first, second] = order === 'earlier first' ? [earlier, later] : [later, earlier];
      await first.start('one');
      await second.start('two');
      await world.settle(async (body) => {
        const isFirst = JSON.stringify(body).includes('learn.one');
        await (isFirst ? first : second).run(body);
      });

      expect((await readModelsPointer(world.deps.state))?.asOf).toBe(YESTERDAY);
      expect(inSegment(world, 'champions')).toEqual(championsByHand(YESTERDAY));
    }
  });

  it('is one training when its schedule fires twice', async () => {
    const world = await openTold();
    const worker = world.workerAt(YESTERDAY);
    await worker.start('night');
    await worker.start('night');
    await world.settle(worker.run);

    expect((await listCards(world.deps.state, 100)).cards).toHaveLength(4);
    expect((await readModelsPointer(world.deps.state))?.moves).toBe(1);
  });
});

describe('models', () => {
  it('score nobody by messages of a try that failed before whoever held the former ones has written', async () => {
    const world = openPublishedWorld();
    const { deps, clock } = world;
    await publishDefinitions(deps, versioned(definitions));
    const models = { version: 'm', asOf: NOW } as unknown as Models;
    const throttled: StateStore = {
      ...deps.state,
      put: async (kind, ...rest) => {
        if (kind === 'models') throw new Error('throttled');
        return deps.state.put(kind, ...rest);
      },
    };
    await expect(publishModels({ ...deps, state: throttled }, models)).rejects.toThrow('throttled');
    clock.pass(100_000);
    expect(await publishModels(deps, models)).toBe(true);

    for (const body of world.takeFirst(8)) await world.deliver(body);
    expect(await isScoring(deps.state)).toBe(true);
    await world.drain();
    expect(await isScoring(deps.state)).toBe(false);
  });

  it('are read only where a workspace learns', async () => {
    let reads = 0;
    const state = {
      async get() {
        reads += 1;
        return undefined;
      },
    };
    const modelsFor = openModels({ state, archive: { getJson: async () => undefined } });

    expect(await modelsFor(definitions)).toBeUndefined();
    expect(reads).toBe(0);
    expect(await modelsFor(learning)).toBeUndefined();
    expect(reads).toBe(1);
  });
});
