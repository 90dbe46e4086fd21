import { describe, expect, it } from 'vitest';
import { TributaryError } from '../../../lib/domain/errors.ts';
import type { JsonObject } from '../../../lib/domain/json.ts';
import { publishDefinitions } from '../../../lib/pipeline/define/switch-definitions.ts';
import { rowsAtOnce } from '../../../lib/pipeline/ports.ts';
import { summariseAudience } from '../../../lib/pipeline/push/summaries.ts';
import { unwanted, wantedAs } from '../memory-audience.ts';
import { openMemoryQueue } from '../memory-state.ts';
import { definitions } from '../world.ts';
import { openRig } from './push-rig.ts';

const MINUTE = 60_000;

describe('activateAudience', () => {
  it('takes off who left after an addition whose answer was lost', async () => {
    const rig = openRig();
    rig.want('p_1', wantedAs('ann@example.com'));
    // The worker dies when the tool has taken the batch and before anything is settled.
    const settle = rig.memberships.settle;
    let settled = 0;
    Object.assign(rig.memberships, {
      settle: async (...given: Parameters<typeof settle>) => {
        settled += 1;
        if (settled === 2) throw new TributaryError('transient', 'test/died', 'gone');
        return settle(...given);
      },
    });
    await expect(rig.push()).rejects.toThrow('gone');
    expect([...rig.list]).toEqual(['ann@example.com']);
    Object.assign(rig.memberships, { settle });
    rig.want('p_1', unwanted);

    rig.clock.pass(24 * 60 * MINUTE);
    // The firing finishes the former run, and then has its own.
    await rig.push();
    await rig.drain();

    expect([...rig.list]).toEqual([]);
    expect(rig.told('p_1')).toMatchObject({ in: false });
  });

  it('does not send who stopped being wanted since the row was read', async () => {
    const rig = openRig();
    rig.want('p_1', wantedAs('ann@example.com'));
    rig.want('p_2', wantedAs('bob@example.com'));
    const read = rig.memberships.readAudienceRows;
    let reads = 0;
    Object.assign(rig.memberships, {
      readAudienceRows: async (...given: Parameters<typeof read>) => {
        const rows = await read(...given);
        reads += 1;
        // The first read looks for removals, the second for additions.
        if (reads === 2) rig.want('p_1', unwanted);
        return rows;
      },
    });

    await rig.push();

    expect([...rig.list]).toEqual(['bob@example.com']);
  });

  it('fills its batches with those who are due, however they lie in the index', async () => {
    const rig = openRig({ maxMembers: 10 });
    for (let at = 0; at < 30; at += 1) rig.want(`p_${at}`, wantedAs(`${at}@example.com`));
    await rig.push();
    rig.batches.length = 0;
    for (let at = 0; at < 60; at += 1) {
      rig.want(`p_${at}`, at % 6 === 0 ? unwanted : wantedAs(`${at}@example.com`));
    }
    rig.clock.pass(MINUTE);

    await rig.push();

    expect(rig.batches.map(({ op, members }) => `${op} ${members.length}`)).toEqual([
      'remove 5',
      'add 10',
      'add 10',
      'add 5',
    ]);
  });

  it.each([10, 5_000])(
    'looks at everybody once more, as many as a store reads at once, in batches of %i',
    async (most) => {
      const rig = openRig({ maxMembers: most });
      for (let at = 0; at < 250; at += 1) rig.want(`p_${at}`, wantedAs(`${at}@example.com`));
      const { readAudienceRows } = rig.memberships;
      const looks: number[] = [];
      rig.memberships.readAudienceRows = async (audience, ids) => {
        looks.push(ids.length);
        return readAudienceRows(audience, ids);
      };

      await rig.push();

      expect(rig.list.size).toBe(250);
      expect(Math.max(...looks)).toBe(rowsAtOnce);
      // Once for the plan, once before they are sent.
      expect(looks.reduce((sum, one) => sum + one, 0)).toBe(2 * 250);
    },
  );

  it('sends nobody again whom the index still shows', async () => {
    const rig = openRig();
    rig.rig.outcome = () => ({ status: 'refused', code: 'cleaned' });
    rig.want('p_1', wantedAs('ann@example.com'));
    await rig.push();
    rig.lagging.add('p_1');
    rig.clock.pass(MINUTE);

    await rig.push();

    expect(rig.batches).toHaveLength(1);
    expect(rig.told('p_1')).toMatchObject({ outcome: 'refused', in: false });
  });

  it('leaves an address on the list that now belongs to somebody else who is wanted', async () => {
    const rig = openRig();
    rig.want('p_1', wantedAs('ann@example.com', 'old@example.com'));
    await rig.push();
    rig.want('p_1', unwanted);
    rig.want('p_2', wantedAs('ann@example.com'));
    rig.own('ann@example.com', 'p_2');
    rig.own('old@example.com', 'p_1');
    rig.clock.pass(MINUTE);

    await rig.push();

    expect([...rig.list]).toEqual(['ann@example.com']);
    expect(rig.told('p_1')).toMatchObject({ in: false });
  });

  it('takes two people off the list who were told under one address', async () => {
    const rig = openRig();
    for (const id of ['p_1', 'p_2']) rig.want(id, wantedAs('ann@example.com'));
    await rig.push();
    for (const id of ['p_1', 'p_2']) rig.want(id, unwanted);
    rig.clock.pass(MINUTE);

    await rig.push();

    expect(await rig.run()).toMatchObject({ state: 'finished' });
    expect(rig.list.size).toBe(0);
  });

  it('keeps its counts when the worker dies between two batches', async () => {
    const rig = openRig({ maxMembers: 1 });
    for (const id of ['p_1', 'p_2', 'p_3']) rig.want(id, wantedAs(`${id}@example.com`));
    let calls = 0;
    rig.rig.before = async () => {
      calls += 1;
      // The answer of the second is lost with the worker; nobody writes anything for it.
      if (calls === 2) await new Promise(() => {});
    };
    void rig.push({ scheduledAt: 'T' });
    while (calls < 2) await new Promise((done) => setImmediate(done));

    rig.clock.pass(12 * MINUTE);
    await rig.push({ scheduledAt: 'T' });

    const { summary, run } = await summariseAudience(
      { memberships: rig.memberships, state: rig.state },
      rig.definition,
    );
    expect(run).toMatchObject({ state: 'finished', tally: { added: 3, calls: 3 } });
    expect(summary).toMatchObject({ wanted: 3, added: 3, waiting: 0, retry: 0 });
  });

  it('gives a batch another key when its members are others', async () => {
    const rig = openRig();
    rig.want('p_1', wantedAs('ann@example.com'));
    rig.rig.outcome = () => undefined;
    await rig.push();
    rig.want('p_1', wantedAs('bob@example.com'));
    rig.clock.pass(MINUTE);
    await rig.push();

    expect(new Set(rig.batches.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(rig.batches.length);
    expect(rig.batches.length).toBeGreaterThan(1);
  });

  it('fills a new list when the former one is gone', async () => {
    const rig = openRig();
    for (const id of ['p_1', 'p_2']) rig.want(id, wantedAs(`${id}@example.com`));
    await rig.push();
    rig.want('p_2', unwanted);
    rig.list.clear();
    rig.rig.remoteId = 'another list';
    rig.clock.pass(MINUTE);

    await rig.push();
    await rig.drain();
    expect(await rig.run()).toMatchObject({
      state: 'held',
      holds: [{ guard: 'list-replaced' }],
      plan: { add: 1, remove: 0 },
    });
    expect(rig.batches).toHaveLength(1);
    await rig.approve();
    await rig.drain();
    rig.clock.pass(MINUTE);
    await rig.push();

    expect([...rig.list]).toEqual(['p_1@example.com']);
    expect([...rig.rows.values()].some(({ pending }) => pending)).toBe(false);
  });

  it('fills a new list from the beginning when the former one goes in the middle of a run', async () => {
    const rig = openRig({ maxMembers: 2 });
    for (const id of ['p_1', 'p_2', 'p_3', 'p_4']) rig.want(id, wantedAs(`${id}@example.com`));
    rig.rig.outcome = (id) => (id === 'p_2' ? { status: 'refused', code: 'test/not-here' } : { status: 'applied' });
    const stop = new AbortController();
    rig.rig.before = async () => stop.abort();
    await rig.push({}, stop.signal);
    expect(await rig.run()).toMatchObject({ state: 'running', tally: { added: 1, refused: 1 } });
    rig.rig.before = async () => {};
    rig.rig.outcome = () => ({ status: 'applied' });
    rig.list.clear();
    rig.rig.remoteId = 'another list';

    await rig.drain();
    expect(await rig.run()).toMatchObject({ state: 'held', holds: [{ guard: 'list-replaced' }], plan: { add: 4 } });
    await rig.approve();
    const [goesOn] = rig.queue.take();
    const again = new AbortController();
    rig.rig.before = async () => again.abort();
    await rig.push(goesOn?.body as JsonObject, again.signal);
    expect(rig.list.size).toBe(2);
    rig.rig.before = async () => {};
    rig.list.clear();
    rig.rig.remoteId = 'a third list';
    await rig.drain();

    expect(rig.list.size).toBe(4);
    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { added: 4, refused: 0 } });
  });

  it('waits as long as the tool asks, and one message carries the run on', async () => {
    const rig = openRig();
    rig.want('p_1', wantedAs('ann@example.com'));
    let calls = 0;
    rig.rig.before = async () => {
      calls += 1;
      if (calls === 1)
        throw new TributaryError('rate-limited', 'test/quota', 'too many', { retryAfterMs: 40 * MINUTE });
    };
    await rig.push({ scheduledAt: 'T' });
    let messages = rig.queue.take();
    for (let quarter = 0; quarter < 2; quarter += 1) {
      rig.clock.pass(15 * MINUTE);
      for (const { body } of messages) await rig.push(body as JsonObject);
      messages = rig.queue.take();
    }
    expect(calls).toBe(1);
    expect(messages).toHaveLength(1);

    rig.clock.pass(15 * MINUTE);
    await rig.push(messages[0]?.body as JsonObject);

    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { added: 1 } });
  });

  it.each([
    ['waits for its quota', new TributaryError('rate-limited', 'test/quota', 'x', { retryAfterMs: 40 * MINUTE }), 1],
    ['is being sent', undefined, 1],
    ['does not end in this invocation', undefined, 12 * MINUTE],
  ])('has a run of its own for a firing that meets one that %s', async (_words, error, passes) => {
    const rig = openRig();
    rig.want('p_1', wantedAs('ann@example.com'));
    let calls = 0;
    rig.rig.before = async () => {
      calls += 1;
      if (calls > 1) return;
      if (error !== undefined) throw error;
      await new Promise(() => {});
    };
    const first = rig.push({ scheduledAt: '2026-11-21T02:00:00.000Z' });
    while (calls === 0) await new Promise((done) => setImmediate(done));
    if (error !== undefined) await first;
    rig.want('p_2', wantedAs('bob@example.com'));
    rig.clock.pass(passes);
    const late = new AbortController();
    if (passes > 1) late.abort();
    const scheduledAt = '2026-11-22T02:00:00.000Z';

    await rig.push({ scheduledAt }, late.signal);
    await rig.drain();

    expect(await rig.run()).toMatchObject({ id: `to-tool.${scheduledAt}`, state: 'finished', tally: { added: 1 } });
    expect([...rig.list].sort()).toEqual(['ann@example.com', 'bob@example.com']);
  });

  it('waits for its sources with new patience at every firing', async () => {
    const rig = openRig({ sources: true });
    await rig.push();
    expect(await rig.run()).toMatchObject({ state: 'waiting' });
    rig.queue.take(); // The message that would look again is lost.
    rig.clock.pass(24 * 60 * MINUTE);

    await rig.push();

    expect(await rig.run()).toMatchObject({ state: 'waiting' });
  });

  it('gives up although a later firing comes again and again', async () => {
    const rig = openRig({ sources: true });
    await rig.push();
    rig.clock.pass(MINUTE);
    const scheduledAt = rig.clock.now().toISOString();
    let looks = 0;
    for (; looks < 260 && (await rig.run()).state === 'waiting'; looks += 1) {
      await rig.push({ scheduledAt });
      rig.clock.pass(MINUTE / 2);
    }

    expect(await rig.run()).toMatchObject({ state: 'held', holds: [{ guard: 'stale-source' }] });
    expect(looks).toBeGreaterThan(240);
  });

  it('waits for a change of definitions also when realtime, so that guardrails see all of it', async () => {
    const rig = openRig();
    const publishing = { ...rig.deps, archive: rig.archive, recompute: openMemoryQueue() };
    await publishDefinitions(publishing, { ...definitions, version: 'former' });
    await publishDefinitions(publishing, { ...definitions, version: 'next' });
    rig.want('p_1', wantedAs('ann@example.com'));

    await rig.push({ touched: true });

    expect(await rig.run()).toMatchObject({ state: 'waiting', unsettled: ['definitions'] });
    expect(rig.batches).toEqual([]);
  });

  it('gives up for this time when its sources do not settle', async () => {
    const rig = openRig({ sources: true });
    await rig.push();
    let [message] = rig.queue.take();
    for (let look = 0; look < 260 && message !== undefined; look += 1) {
      rig.clock.pass(MINUTE / 2);
      await rig.push(message.body as JsonObject);
      [message] = rig.queue.take();
    }

    expect(await rig.run()).toMatchObject({
      state: 'held',
      holds: [{ guard: 'stale-source' }],
      unsettled: ['crm/contacts'],
    });
  });
});
