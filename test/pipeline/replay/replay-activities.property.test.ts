import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import type { Mapping } from '../../../lib/domain/mapping.ts';
import { seededFate } from '../delivering.ts';
import { NOW } from '../world.ts';
import { openReplayRig, type RigStream, unsettledBy } from './replay-rig.ts';
import { actsBy, anAct, doneText } from './replayed-activities.ts';

const RUNS = Math.ceil(Number(process.env.TRIBUTARY_RUNS ?? 300) / 6);
const HOUR = 3_600_000;

const first = actsBy(1, { open: 'Opened', click: 'Clicked', look: 'Opened' });
/** Drops a kind, gives two kinds each other's names, takes another field for the id, drops everything. */
const mappings: readonly Mapping[] = [
  first,
  actsBy(2, { open: 'Opened', look: 'Opened' }),
  actsBy(2, { open: 'Clicked', click: 'Opened', look: 'Opened' }),
  actsBy(2, { open: 'Opened', click: 'Clicked', look: 'Opened' }, 'other'),
  actsBy(2, {}),
];
type Rig = ReturnType<typeof openReplayRig>;
const doneIn = ({ stores }: Rig): string => doneText(stores.everythingDone(), stores.living());

/** What a fresh load of the sources holds, by the mapping as it is now. */
async function freshly(acts: RigStream, like: Rig): Promise<string> {
  const fresh = openReplayRig({ acts: { ...acts } });
  fresh.clock.pass(like.clock.now().getTime() - NOW);
  await fresh.pull(true);
  return doneIn(fresh);
}

const anyAct = fc.record({
  id: fc.constantFrom('1', '2', '3'),
  what: fc.constantFrom('open', 'click', 'look'),
  hour: fc.integer({ min: 1, max: 900 }),
});
const anyActs = fc.array(anyAct, { minLength: 1, maxLength: 9 });

describe('a full replay of a stream of activities', () => {
  it('ends as a fresh load does: in any order, with deaths, late messages and live traffic', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(anyActs, anyActs, anyActs),
        fc.array(fc.constantFrom(...mappings), { minLength: 1, maxLength: 3 }),
        fc.nat({ max: 1e9 }),
        fc.boolean(),
        async ([before, since, meanwhile], later, seed, pullsAgain) => {
          let count = 0;
          const named = (acts: typeof before) =>
            acts.map((one) => {
              count += 1;
              return anAct(`a${count}`, one);
            });
          const acts: RigStream = { mapping: first, records: named(before) };
          const rig = openReplayRig({ acts }, { unsettle: unsettledBy(seed), fate: seededFate(seed + 1, 0.03) });
          const old = await rig.pull(true);
          rig.clock.pass(2 * HOUR);
          acts.records = [...acts.records, ...named(since)];
          old.push(...(await rig.pull(false)));

          for (const mapping of later) {
            acts.mapping = mapping;
            rig.clock.pass(HOUR);
            if (pullsAgain) old.push(...(await rig.pull(true)));
            rig.clock.pass(HOUR);
            let step = 0;
            await rig.replay(NOW, rig.clock.now().getTime() + HOUR, async () => {
              step += 1;
              // What was sent before the mapping changed may come again at any time, and the tool goes on.
              await rig.deliver(old.filter((_, at) => (at + step + seed) % 3 === 0));
              if (step !== 2) return;
              rig.clock.pass(1);
              acts.records = [...acts.records, ...named(meanwhile)];
              await rig.pull(false);
            });
            await rig.deliver(old);
          }

          expect(doneIn(rig)).toBe(await freshly(acts, rig));
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('a replay', () => {
  const acts = (): RigStream => ({
    mapping: first,
    records: [anAct('a1'), anAct('a2', { what: 'click' }), anAct('a3', { hour: 2 }), anAct('a4', { hour: 3 })],
  });

  it('of everything takes away what only the former mapping made, and the membership that stood on it', async () => {
    const stream = acts();
    const rig = openReplayRig({ acts: stream });
    await rig.pull(true);
    expect(rig.people()).toMatchObject([{ segments: ['active'] }]);
    stream.mapping = actsBy(2, { click: 'Clicked' });
    rig.clock.pass(HOUR);

    const job = await rig.replay(NOW, NOW + 2 * HOUR);

    expect(job?.parts[0]).toMatchObject({ stream: 'acts', changes: 1, rejected: 3 });
    expect(job?.parts[0]).not.toHaveProperty('partial');
    expect(rig.stores.everythingDone().map(({ name }) => name)).toEqual(['Clicked']);
    expect(rig.people()).toMatchObject([{ segments: [] }]);
  });

  it('of a part says that what it did not read stays, and leaves it', async () => {
    const stream = acts();
    const rig = openReplayRig({ acts: stream });
    await rig.pull(true);
    stream.mapping = actsBy(2, {});
    rig.clock.pass(5 * HOUR);

    const job = await rig.replay(NOW, NOW + HOUR);

    expect(job?.parts[0]).toHaveProperty(
      'partial',
      'the replayed hours end before now; what only a former mapping made stays',
    );
    expect(rig.stores.everythingDone()).toHaveLength(4);
  });

  it('keeps what was delivered, and what it read no page of', async () => {
    const stream = acts();
    const rig = openReplayRig({ acts: stream });
    await rig.pull(true);
    const told: Change = {
      kind: 'activity',
      fragment: 'crm:contact:1',
      at: new Date(NOW - HOUR).toISOString(),
      id: 'delivered',
      name: 'Opened',
    };
    await rig.tell(told);
    stream.records = stream.records.slice(1);
    rig.clock.pass(2 * HOUR);
    await rig.pull(true);
    stream.mapping = actsBy(2, {});
    rig.clock.pass(HOUR);

    const job = await rig.replay(NOW + 2 * HOUR, NOW + 4 * HOUR);

    expect(job?.parts[0]).not.toHaveProperty('partial');
    expect(
      rig.stores
        .everythingDone()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['a1', 'delivered']);
  });

  it('that cannot map a stream takes nothing away', async () => {
    const stream = acts();
    const rig = openReplayRig({ acts: stream });
    await rig.pull(true);
    rig.clock.pass(HOUR);
    const broken = { ...rig, connectors: {} };

    const job = await rig.replay(NOW, NOW + 2 * HOUR, async () => {}, broken);

    expect(job?.parts[0]).toHaveProperty('partial', expect.stringMatching(/can be mapped now; what/));
    expect(rig.stores.everythingDone()).toHaveLength(4);
  });

  it('that knows no mapping of that name any more takes nothing away', async () => {
    const stream = acts();
    const rig = openReplayRig({ acts: stream });
    await rig.pull(true);
    stream.mapping = { ...actsBy(2, { open: 'Opened', click: 'Clicked' }), object: 'person' };
    rig.clock.pass(HOUR);

    const job = await rig.replay(NOW, NOW + 2 * HOUR);

    expect(job?.parts[0]).toHaveProperty(
      'partial',
      'this release has no mapping called contact; what only a former mapping made stays',
    );
    expect(rig.stores.everythingDone()).toHaveLength(4);
  });
});
