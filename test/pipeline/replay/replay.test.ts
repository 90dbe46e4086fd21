import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import { isJsonObject, type JsonObject } from '../../../lib/domain/json.ts';
import type { Mapping } from '../../../lib/domain/mapping.ts';
import { type ReplayPart, replay, startReplay } from '../../../lib/pipeline/replay/replay.ts';
import { readStream } from '../../../lib/pipeline/sync/sync-run.ts';
import { NOW } from '../world.ts';
import { openReplayRig, type RigStream } from './replay-rig.ts';

const HOUR = 3_600_000;
const signal = new AbortController().signal;

/** The first mapping called the stage `status` and took the office number for the person's own. */
const former: Mapping = {
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
};
const newer: Mapping = {
  ...former,
  version: 2,
  identifiers: [{ type: 'email', from: 'email' }],
  traits: { stage: { from: 'stage' }, name: { from: 'name', as: 'string' }, town: { from: 'town' } },
};

const opened: Mapping = {
  ...{ version: 1, object: 'contact', subject: 'person', id: ['id'], at: ['at'] },
  identifiers: [{ type: 'member', from: 'member' }],
  activity: { id: ['act'], name: { from: 'what', names: { open: 'Opened' } } },
};

const record = (id: string, hour: number, more: JsonObject): JsonObject => ({
  id,
  at: new Date(NOW - 100 * HOUR + hour * HOUR).toISOString(),
  email: `${id}@example.com`,
  office: '+4930111111',
  stage: 'customer',
  name: `Name ${id}`,
  ...more,
});

describe('replay', () => {
  it('of everything after a change of mapping ends as a fresh load does', async () => {
    const records: JsonObject[] = [1, 2, 3, 4, 5].map((one) => record(`${one}`, one, { town: `Town ${one}` }));
    const contacts = { mapping: former, records };
    const rig = openReplayRig({ contacts });
    await rig.pull(true);
    records.push(record('2', 9, { stage: null, town: 'Kiel' }), record('6', 10, {}));
    rig.clock.pass(2 * HOUR);
    await rig.pull(false);
    // The office number made one person of them all.
    expect(rig.people()).toHaveLength(2);

    contacts.mapping = newer;
    rig.clock.pass(HOUR);
    const job = await rig.replay(NOW, NOW + 4 * HOUR);

    const fresh = openReplayRig({ contacts });
    fresh.clock.pass(3 * HOUR);
    await fresh.pull(true);
    expect(rig.people()).toEqual(fresh.people());
    expect(rig.people()).toHaveLength(6);
    expect(rig.people().flatMap(({ traits }) => traits.map(([path]) => path))).not.toContain('status');
    expect(job).toMatchObject({ state: 'finished' });
    expect(job?.parts).toMatchObject([
      { connection: 'crm', stream: 'contacts', objects: 4, changes: 7, rejected: 0, records: ['contact'] },
      { connection: '*', objects: 0, changes: 0, rejected: 0 },
    ]);
  });

  it('takes away who is not there any more, by itself, once a pull had to read all anew', async () => {
    const contacts: RigStream = { mapping: newer, records: [1, 2, 3, 4].map((one) => record(`${one}`, one, {})) };
    const rig = openReplayRig({ contacts });
    await rig.pull(true);
    rig.clock.pass(20 * 24 * HOUR);
    // Two were deleted meanwhile, and no page will ever tell of them again.
    contacts.records = contacts.records.slice(2);
    contacts.forgotSince = new Date(NOW).toISOString();

    await rig.pull(false);
    expect(rig.people()).toHaveLength(4);
    await rig.finishJobs();

    expect(rig.people().flatMap(({ fragments }) => fragments)).toEqual(['crm:contact:3', 'crm:contact:4']);
    const { run, wholeSince } = (await readStream(rig.state, 'crm', 'contacts')).state;
    expect(run).toMatchObject({ state: 'finished', backfill: true, people: 2, anewSince: contacts.forgotSince });
    expect(wholeSince).toBe(run?.startedAt);
  });

  it('of less than everything says so, and does it for what it reads', async () => {
    const rig = openReplayRig({ contacts: { mapping: former, records: [record('1', 1, {}), record('2', 2, {})] } });
    const reasonFor = async (from: number, to: number): Promise<string | undefined> => {
      rig.clock.pass(1);
      return ((await rig.replay(from, to))?.parts[0] as unknown as ReplayPart | undefined)?.partial;
    };
    expect(await reasonFor(NOW, NOW + HOUR)).toMatch(/never read/);
    await rig.pull(true);

    expect(await reasonFor(NOW, NOW + HOUR)).toBeUndefined();
    expect(await reasonFor(NOW + HOUR, NOW + 2 * HOUR)).toMatch(/before the replayed hours/);
    rig.clock.pass(5 * HOUR);
    expect(await reasonFor(NOW, NOW + HOUR)).toMatch(/end before now/);
    rig.clock.pass(100 * 24 * HOUR);
    expect(await reasonFor(NOW, NOW + 3_000 * HOUR)).toMatch(/does not reach back/);
  });

  it.each([1, 2, 3])(
    'of less than everything forgets former identifiers of what it reads, none that an activity stated or that came since (%i)',
    async (when) => {
      const contacts: RigStream = { mapping: former, records: [record('1', 3, {})] };
      const done: RigStream = {
        mapping: opened,
        records: [{ id: '1', act: 'a1', what: 'open', member: 'm1', at: record('1', 1, {}).at as string }],
      };
      const rig = openReplayRig({ contacts, done });
      await rig.pull(true);
      rig.clock.pass(5 * HOUR);
      contacts.records = [...contacts.records, record('2', 4, { office: '+4930222222' })];
      await rig.pull(false);

      contacts.mapping = newer;
      let step = 0;
      const job = await rig.replay(NOW, NOW + HOUR, async () => {
        step += 1;
        if (step !== when) return;
        // The tool goes on meanwhile: what it told since the page that is read again holds.
        rig.clock.pass(1);
        contacts.records = [...contacts.records, record('1', 6, { email: 'new@example.com' })];
        await rig.pull(false);
      });

      expect(job?.parts).toMatchObject([
        { partial: expect.stringMatching(/end before now/) },
        { partial: expect.stringMatching(/end before now/) },
        {},
      ]);
      expect(rig.people().map(({ fragments, identifiers }) => [fragments, identifiers])).toEqual([
        [['crm:contact:1'], ['email\nnew@example.com', 'member\nm1']],
        [['crm:contact:2'], ['email\n2@example.com', 'phone\n+4930222222']],
      ]);
    },
  );

  it('of all of one stream and some of another leaves a record alone that it did not read', async () => {
    const contacts: RigStream = { mapping: former, records: [record('1', 1, {})] };
    const done: RigStream = { mapping: opened, records: [] };
    const rig = openReplayRig({ contacts, done });
    await rig.pull(false, ['contacts']);
    rig.clock.pass(5 * HOUR);
    contacts.records = [...contacts.records, record('2', 2, { office: '+4930222222' })];
    done.records = [
      ...done.records,
      { id: '2', act: 'a1', what: 'open', member: 'm1', at: String(record('2', 1, {}).at) },
    ];
    await rig.pull(false);

    contacts.mapping = newer;
    const job = await rig.replay(NOW + 5 * HOUR, NOW + 7 * HOUR);

    expect(job?.parts[0]).toMatchObject({ stream: 'contacts', partial: expect.stringMatching(/before the replayed/) });
    expect(job?.parts[1]).not.toHaveProperty('partial');
    expect(rig.people().map(({ fragments, identifiers }) => [fragments, identifiers])).toEqual([
      [['crm:contact:1'], ['email\n1@example.com', 'phone\n+4930111111']],
      [['crm:contact:2'], ['email\n2@example.com', 'member\nm1']],
    ]);
  });

  it('of a stream of companies asks nobody whether anything of them is void', async () => {
    const companies: Mapping = { version: 1, object: 'account', subject: 'account', id: ['id'], at: ['at'] };
    const streams = {
      contacts: { mapping: former, records: [record('1', 1, {})] },
      accounts: { mapping: companies, records: [record('a1', 1, {})] },
    };
    const rig = openReplayRig(streams);
    await rig.pull(true);
    rig.clock.pass(HOUR);

    const job = await rig.replay(NOW, NOW + 2 * HOUR);

    expect(job?.parts).toMatchObject([
      { stream: 'contacts', voids: expect.anything() },
      { stream: 'accounts', objects: expect.any(Number) },
      { connection: '*' },
    ]);
    expect(job?.parts[1]).not.toHaveProperty('voids');
    const [person] = rig.stores.living();
    expect(Object.keys(person?.fragments['crm:contact:1']?.voided ?? {})).toEqual(['contacts']);
  });

  it('brings deliveries again that were lost, and keeps each once', async () => {
    const rig = openReplayRig({ contacts: { mapping: former, records: [] } });
    const change: Change = {
      kind: 'profile',
      fragment: 'crm:contact:9',
      at: new Date(NOW - HOUR).toISOString(),
      traits: { name: 'Nine' },
      identifiers: [],
    };
    await rig.tell(change);
    await rig.tell(change);
    const kept = [...rig.archive.objects.keys()];
    expect(kept).toEqual([expect.stringMatching(/^deliveries\/2026-11-21\/12\/[0-9a-f]{32}\.ndjson\.gz$/)]);
    expect(rig.archive.objects.get(kept[0] ?? '')).toEqual([{ of: 'crm:contact:9', connection: 'crm', change }]);

    const again = await rig.replay(NOW, NOW + HOUR);

    expect(again?.parts[1]).toMatchObject({ objects: 1, changes: 1 });
    expect(rig.people()).toHaveLength(1);
    expect([...rig.archive.objects.keys()]).toEqual(kept);
  });

  it('numbers its messages alike when a worker dies between sending and noting', async () => {
    const rig = openReplayRig({
      contacts: { mapping: former, records: [1, 2, 3].map((one) => record(`${one}`, one, {})) },
    });
    await rig.pull(true);
    const id = await startReplay(rig, rig.workspace, { from: NOW, to: NOW + HOUR });
    const job = (await rig.state.get('job', id))?.body;
    rig.clock.pass(10 * 60_000);

    await replay(rig)(id, job as never, signal);
    await replay(rig)(id, job as never, signal);

    const numbers = rig.changes
      .take()
      .map(({ body }) => (isJsonObject(body) && isJsonObject(body.run) ? body.run.number : undefined));
    expect(numbers).toEqual([0, 1, 0, 1]);
  });
});
