import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../lib/domain/json.ts';
import type { Mapping } from '../../../lib/domain/mapping.ts';
import { seededFate } from '../delivering.ts';
import { NOW } from '../world.ts';
import { openReplayRig, type RigStream, unsettledBy } from './replay-rig.ts';
import { doneText } from './replayed-activities.ts';

const RUNS = Math.ceil(Number(process.env.TRIBUTARY_RUNS ?? 300) / 6);
const HOUR = 3_600_000;

const first: Mapping = {
  version: 1,
  object: 'contact',
  subject: 'person',
  id: ['id'],
  at: ['at'],
  identifiers: [
    { type: 'email', from: 'email' },
    { type: 'phone', from: 'office' },
  ],
  traits: { status: { from: 'stage' }, name: { from: 'name' } },
  consent: [
    {
      topic: 'email',
      address: 'email',
      from: 'allows',
      granted: [true],
      denied: [],
      source: 'checkbox',
      by: 'company',
    },
  ],
};
/** Another id, an id that some records lack, no office number, other traits, no consent. */
const mappings: readonly Mapping[] = [
  first,
  { ...first, id: ['code'] },
  { ...first, id: ['code', 'id'] },
  { ...first, identifiers: [{ type: 'email', from: 'email' }] },
  { ...first, id: ['code'], traits: { stage: { from: 'stage' } }, consent: [] },
  { ...first, identifiers: [], traits: { town: { from: 'town' } } },
];

const acts: Mapping = {
  version: 1,
  object: 'contact',
  subject: 'person',
  id: ['id'],
  at: ['at'],
  identifiers: [{ type: 'member', from: 'member' }],
  activity: { id: ['act'], name: { from: 'what', names: { open: 'Opened', click: 'Clicked' } } },
};
const actMappings: readonly Mapping[] = [
  acts,
  { ...acts, id: ['code', 'id'] },
  { ...acts, identifiers: [{ type: 'email', from: 'email' }] },
  { ...acts, identifiers: [] },
  { ...acts, activity: { id: ['act'], name: { from: 'what', names: { click: 'Clicked' } } } },
];

/** What each record has besides its id for as long as it lives: something of its own, the same, nothing. */
const codes: Readonly<Record<string, string | undefined>> = { 1: 'k', 2: 'm', 3: '3', 4: undefined };

/** The latest version of each record: what a source holds now. */
function latestOf(records: readonly JsonObject[]): readonly JsonObject[] {
  const latest = new Map<unknown, JsonObject>();
  for (const record of records) {
    const before = latest.get(record.id);
    if (before === undefined || String(before.at) < String(record.at)) latest.set(record.id, record);
  }
  return [...latest.values()];
}

const stampOf = (hour: number): string => new Date(NOW - hour * HOUR).toISOString();
const aContact = fc
  .record({
    id: fc.constantFrom('1', '2', '3', '4'),
    email: fc.constantFrom('ann@example.com', 'ben@example.com', 'cid@example.com', 'dee@example.com'),
    office: fc.constantFrom('+4930111111', undefined),
    stage: fc.constantFrom('customer', 'lead'),
    name: fc.constantFrom('Ann', 'Ben'),
    town: fc.constantFrom('Kiel', 'Ulm'),
    allows: fc.boolean(),
    hour: fc.integer({ min: 1, max: 900 }),
  })
  .map(({ hour, ...record }): JsonObject => ({ ...defined({ ...record, code: codes[record.id] }), at: stampOf(hour) }));
const anAct = fc
  .record({
    id: fc.constantFrom('1', '2', '3', '5'),
    code: fc.constantFrom('2', 'k', undefined),
    email: fc.constantFrom('ann@example.com', 'eve@example.com'),
    member: fc.constantFrom('m1', 'm2', 'm3'),
    what: fc.constantFrom('open', 'click'),
    hour: fc.integer({ min: 1, max: 900 }),
  })
  .map(({ hour, ...record }): JsonObject => ({ ...defined(record), at: stampOf(hour) }));

function defined(record: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as JsonObject;
}

/** No two versions of a record are of one instant. */
function laterBy(record: JsonObject, ms: number): JsonObject {
  return { ...record, at: new Date(Date.parse(String(record.at)) + ms).toISOString() };
}

const some = (least: number) =>
  fc.record({
    contacts: fc.array(aContact, { minLength: least, maxLength: 5 }),
    acts: fc.array(anAct, { maxLength: 5 }),
  });

describe('a full replay', () => {
  it('ends as a fresh load does, whatever the new mappings take for ids and identifiers', async () => {
    await fc.assert(
      fc.asyncProperty(
        // A stream without a page is taken for one that lost its archive.
        fc.tuple(some(1), some(0), some(0)),
        fc.array(fc.tuple(fc.constantFrom(...mappings), fc.constantFrom(...actMappings)), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.nat({ max: 1e9 }),
        async ([before, since, meanwhile], later, seed) => {
          const contacts: RigStream = { mapping: first, records: [] };
          const done: RigStream = { mapping: acts, records: [] };
          const add = (more: typeof before): void => {
            const first = contacts.records.length;
            contacts.records = [...contacts.records, ...more.contacts.map((one, at) => laterBy(one, first + at))];
            const from = done.records.length;
            done.records = [...done.records, ...more.acts.map((act, at) => ({ ...act, act: `a${from + at}` }))];
          };
          add(before);
          const streams = { contacts, done };
          const rig = openReplayRig(streams, { unsettle: unsettledBy(seed), fate: seededFate(seed + 1, 0.03) });
          const old = await rig.pull(true);
          rig.clock.pass(2 * HOUR);
          add(since);
          old.push(...(await rig.pull(false)));

          for (const [at, [mapping, ofActs]] of later.entries()) {
            contacts.mapping = { ...mapping, version: at + 2 };
            done.mapping = { ...ofActs, version: at + 2 };
            rig.clock.pass(HOUR);
            let step = 0;
            await rig.replay(NOW, rig.clock.now().getTime() + HOUR, async () => {
              step += 1;
              // What was sent before the mapping changed may come again at any time, and the tool goes on.
              await rig.deliver(old.filter((_, at) => (at + step + seed) % 3 === 0));
              if (step !== 2 + (seed % 4)) return;
              rig.clock.pass(1);
              add(meanwhile);
              await rig.pull(false);
            });
            await rig.deliver(old);
          }

          const fresh = openReplayRig({
            contacts: { ...contacts, records: latestOf(contacts.records) },
            done: { ...done },
          });
          fresh.clock.pass(rig.clock.now().getTime() - NOW);
          await fresh.pull(true);
          expect(rig.people()).toEqual(fresh.people());
          expect(doneText(rig.stores.everythingDone(), rig.stores.living())).toBe(
            doneText(fresh.stores.everythingDone(), fresh.stores.living()),
          );
        },
      ),
      { numRuns: RUNS },
    );
  });
});
