import { describe, expect, it } from 'vitest';
import type { MembershipBatch, Outcome } from '../../lib/connectors/contract.ts';
import type { AnyConnector } from '../../lib/connectors/define.ts';
import type { AudienceDefinition, ConnectionDefinition } from '../../lib/domain/definitions.ts';
import { TributaryError } from '../../lib/domain/errors.ts';
import { indexKey } from '../../lib/domain/identifier.ts';
import type { JsonObject } from '../../lib/domain/json.ts';
import { activateAudience, type PushCommand, type PushRun } from '../../lib/pipeline/activate-audience.ts';
import { summariseAudience } from '../../lib/pipeline/summaries.ts';
import { identityKey } from './delivering.ts';
import { openMemoryAudience, unwanted, wantedAs } from './memory-audience.ts';
import { openMemoryLedger } from './memory-ledger.ts';
import { openHandClock, openMemoryQueue, openMemoryState } from './memory-state.ts';
import { definitions, NOW } from './world.ts';

const MINUTE = 60_000;
const anything = { safeParse: (data: unknown) => ({ success: true as const, data }) };
const applied: Outcome = { status: 'applied' };

/** An audience and a tool that holds a set of addresses; `before` may fail or change the world before a batch is applied. */
function openRig(
  given: { maxMembers?: number; mode?: AudienceDefinition['mode']; streams?: Record<string, never> } = {},
) {
  const audience = openMemoryAudience();
  const state = openMemoryState();
  const queue = openMemoryQueue();
  const clock = openHandClock(NOW);
  const ledger = openMemoryLedger();
  const list = new Set<string>();
  const batches: MembershipBatch[] = [];
  const owners = new Map<string, string>();
  const rig = {
    remoteId: 'list',
    before: async (_batch: MembershipBatch): Promise<void> => {},
    outcome: (_id: string): Outcome | undefined => applied,
  };
  const destination = {
    batch: { maxMembers: given.maxMembers ?? 500 },
    ensure: async () => ({ remoteId: rig.remoteId }),
    apply: async (_api: unknown, batch: MembershipBatch) => {
      batches.push(batch);
      await rig.before(batch);
      const outcomes = new Map<string, Outcome>();
      for (const { memberId, keys } of batch.members) {
        const outcome = rig.outcome(memberId);
        if (outcome === undefined) continue;
        outcomes.set(memberId, outcome);
        if (outcome.status !== 'applied') continue;
        for (const { value } of keys) {
          if (batch.op === 'add') list.add(value);
          else list.delete(value);
        }
      }
      return { state: 'done' as const, outcomes, calls: 1 };
    },
  };
  const connector = {
    config: anything,
    secret: anything,
    connect: async () => ({}),
    audiences: destination,
    streams: [],
  };
  const tool: ConnectionDefinition = {
    name: 'tool',
    connector: 'fake',
    streams: {},
    webhook: false,
    quotaShare: 1,
    config: {},
  };
  const [template] = definitions.audiences;
  if (template === undefined) throw new Error('the world has an audience');
  const definition: AudienceDefinition = { ...template, mode: given.mode ?? 'mirror' };
  const crm: ConnectionDefinition = {
    ...tool,
    name: 'crm',
    streams: { contacts: { expression: 'rate(1 day)', words: 'daily' } },
  };
  const activate = activateAudience({
    connectors: { fake: connector as unknown as AnyConnector },
    definitions: async () => ({
      ...definitions,
      audiences: [definition],
      connections: given.streams === undefined ? { tool } : { tool, crm },
    }),
    secrets: async () => ({}),
    secretName: (name) => name,
    state,
    memberships: audience.memberships,
    identities: {
      lookUp: async (keys) => {
        if (new Set(keys).size < keys.length) throw new Error('a key is looked up twice in one request');
        const found = keys.flatMap((key) => (owners.has(key) ? [[key, owners.get(key) ?? ''] as const] : []));
        return { owners: new Map(found), erased: new Map() };
      },
      claim: async () => new Set(),
    },
    key: async () => identityKey,
    ledger,
    push: queue,
    clock,
    log: () => {},
  });
  return {
    ...audience,
    rig,
    state,
    queue,
    clock,
    list,
    batches,
    definition,
    own: (address: string, profile: string) =>
      owners.set(indexKey({ type: 'email', value: address }, identityKey), profile),
    push: (command: Partial<PushCommand> = {}, signal = new AbortController().signal) =>
      activate({ audience: 'to-tool', scheduledAt: clock.now().toISOString(), ...command }, signal),
    run: async () => (await state.get('push', 'to-tool'))?.body.run as unknown as PushRun,
  };
}

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
    await rig.push();

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
    const stop = new AbortController();
    stop.abort();
    await rig.push({ scheduledAt: 'T' }, stop.signal);
    rig.want('p_1', wantedAs('bob@example.com'));
    const [again] = rig.queue.take();
    await rig.push(again?.body as object);

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

    expect([...rig.list]).toEqual(['p_1@example.com']);
    expect([...rig.rows.values()].some(({ pending }) => pending)).toBe(false);
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
    await rig.push();
    let messages = rig.queue.take();
    for (let quarter = 0; quarter < 2; quarter += 1) {
      rig.clock.pass(15 * MINUTE);
      await rig.push();
      for (const { body } of messages) await rig.push(body as JsonObject);
      messages = rig.queue.take();
    }
    expect(calls).toBe(1);
    expect(messages).toHaveLength(1);

    rig.clock.pass(15 * MINUTE);
    await rig.push(messages[0]?.body as JsonObject);

    expect(await rig.run()).toMatchObject({ state: 'finished', tally: { added: 1 } });
  });

  it('waits for its sources with new patience at every firing', async () => {
    const rig = openRig({ streams: {} });
    await rig.push();
    expect(await rig.run()).toMatchObject({ state: 'waiting' });
    rig.queue.take(); // The message that would look again is lost.
    rig.clock.pass(24 * 60 * MINUTE);

    await rig.push();

    expect(await rig.run()).toMatchObject({ state: 'waiting' });
  });

  it('gives up for this time when its sources do not settle', async () => {
    const rig = openRig({ streams: {} });
    await rig.push();
    let [message] = rig.queue.take();
    for (let look = 0; look < 260 && message !== undefined; look += 1) {
      rig.clock.pass(MINUTE / 2);
      await rig.push(message.body as JsonObject);
      [message] = rig.queue.take();
    }

    expect(await rig.run()).toMatchObject({ state: 'stale-source', unsettled: ['crm/contacts'] });
  });
});
