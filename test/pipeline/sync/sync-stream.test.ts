import { describe, expect, it } from 'vitest';
import type { ConnectorIo, Page } from '../../../lib/connectors/contract.ts';
import { TributaryError } from '../../../lib/domain/errors.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { functions } from '../../../lib/infra/functions.ts';
import type { ChangesMessage } from '../../../lib/pipeline/changes-message.ts';
import type { QueueMessage } from '../../../lib/pipeline/ports.ts';
import { LEASE_MS } from '../../../lib/pipeline/run-list.ts';
import { markFolded } from '../../../lib/pipeline/sync/sync-run.ts';
import type { SyncCommand } from '../../../lib/pipeline/sync/sync-work.ts';
import { NOW } from '../world.ts';
import { change, openContacts as openRig, page } from './sync-rig.ts';

const MINUTE = 60_000;

async function* pages(...list: readonly Page[]): AsyncIterable<Page> {
  yield* list;
}

function numberedAs(message: QueueMessage | undefined) {
  const run = (message?.body as unknown as ChangesMessage | undefined)?.run;
  if (run === undefined) throw new Error('a message of a page has a number');
  return run;
}

describe('syncStream', () => {
  it('is free again when the message of a worker that died comes back', () => {
    for (const { timeoutSeconds } of [functions['sync-stream'], functions['activate-audience']]) {
      const timeout = timeoutSeconds * 1_000;
      expect(LEASE_MS).toBeGreaterThan(timeout);
      expect(timeout + LEASE_MS).toBeLessThan(6 * timeout); // The queue hides a message for six timeouts.
    }
  });

  it('goes on from the last checkpoint after a death, and counts only what was stored with one', async () => {
    let died = false;
    const rig = openRig((_api, _name, from) =>
      (async function* () {
        if (from === undefined) yield page(1, change('1'));
        if (!died) {
          died = true;
          throw new TributaryError('transient', 'test/gone', 'the connection broke');
        }
        yield page(2, change('2'));
      })(),
    );
    await expect(rig.sync({ scheduledAt: 'T' })).rejects.toThrow('broke');
    await rig.sync({ scheduledAt: 'T' });

    const { run } = await rig.stream();
    expect(run).toMatchObject({ state: 'finished', pages: 2, sent: { 1: 1, 2: 1 } });
    expect(rig.changes.take()).toHaveLength(2);
  });

  it('is not settled while messages of a former run are on their way', async () => {
    const rig = openRig((_api, _name, from) => pages(page(Number(from ?? 0) + 1, change(String(from)))));
    await rig.sync();
    const [first] = rig.changes.take();
    rig.clock.pass(15 * MINUTE);
    await rig.sync();
    const [second] = rig.changes.take();
    const fold = async (message: typeof first) => {
      const { id, number } = numberedAs(message);
      await markFolded(rig.state, id, [number], NOW);
    };

    await fold(second);
    expect(await rig.settled()).toBe(false);

    await fold(first);
    expect(await rig.settled()).toBe(true);
  });

  it('waits as long as the vendor asks, whatever the schedule says meanwhile', async () => {
    let calls = 0;
    const rig = openRig(() => {
      calls += 1;
      if (calls === 1)
        throw new TributaryError('rate-limited', 'test/quota', 'too many', { retryAfterMs: 60 * MINUTE });
      return pages(page(1, change('1')));
    });
    await rig.sync();
    let [message] = rig.queue.take();
    for (let quarter = 1; quarter <= 3; quarter += 1) {
      rig.clock.pass(15 * MINUTE);
      await rig.sync(); // The schedule fires.
      await rig.sync(message?.body as object);
      [message] = rig.queue.take();
      expect(message?.delaySeconds).toBeLessThanOrEqual(900);
    }
    expect(calls).toBe(1);

    rig.clock.pass(15 * MINUTE);
    await rig.sync(message?.body as object);

    expect(calls).toBe(2);
    expect((await rig.stream()).run?.state).toBe('finished');
    expect(rig.queue.take()).toEqual([]);
  });

  it('reads everything anew when asked while a run is under way', async () => {
    const from: (Json | undefined)[] = [];
    const stop = new AbortController();
    const rig = openRig((_api, _name, start) => {
      from.push(start);
      if (from.length === 1) stop.abort();
      return pages(page(from.length, change('1')));
    });
    await rig.sync({ scheduledAt: 'T1' }, stop.signal);
    const [goOn] = rig.queue.take();
    await rig.sync({ scheduledAt: 'T2', full: true });
    const [again] = rig.queue.take();
    await rig.sync(goOn?.body as object);

    await rig.sync(again?.body as object);

    expect(from).toEqual([undefined, 1, undefined]);
    expect((await rig.stream()).run).toMatchObject({ id: 'crm.contacts.T2', backfill: true, state: 'finished' });
  });

  it('notes how much is left to be read, where the source says so', async () => {
    const rig = openRig(() =>
      pages(
        { ...page(1, change('1'), change('2')), left: 4 },
        { ...page(2, change('3'), change('4')), left: 2 },
        page(3),
      ),
    );

    await rig.sync();

    expect((await rig.stream()).run?.toRead).toEqual({ left: 2, of: 6 });
  });

  it('counts bytes, so that no message is larger than the queue takes', async () => {
    const many = Array.from({ length: 40 }, (_, at) => change(String(at), '名'.repeat(9_000)));
    const rig = openRig(() => pages(page(1, ...many)));

    await rig.sync();

    const messages = rig.changes.take();
    const sizes = messages.map(({ body }) => Buffer.byteLength(JSON.stringify(body)));
    expect(Math.max(...sizes)).toBeLessThan(256 * 1024);
    const carried = messages.flatMap(({ body }) => (body as unknown as ChangesMessage).changes);
    expect(carried).toHaveLength(40);
  });

  it('keeps a change that no message can carry, and goes on', async () => {
    const rig = openRig(() => pages(page(1, change('1', 'x'.repeat(400_000)), change('2'))));

    await rig.sync();

    expect((await rig.stream()).run).toMatchObject({ state: 'finished', changes: 2, rejected: 1 });
    const [kept] = await rig.state.list('quarantine#crm', { most: 9 });
    expect(kept?.body).toMatchObject({ code: 'sync/too-large', record: { tooLargeToKeep: true } });
    expect(rig.changes.take()).toHaveLength(1);
  });

  it('shows a connection that cannot be used as a failed run', async () => {
    const rig = openRig(() => pages(), undefined, {});

    await rig.sync();
    await rig.sync({ connection: 'nobody' });

    expect((await rig.stream()).run).toMatchObject({
      state: 'failed',
      error: { code: 'connection/unknown-connector' },
    });
  });

  it('waits with its checkpoint when the connection has no call left, says why, and reads on', async () => {
    let calls = 0;
    const rig = openRig((api, _name, from) =>
      (async function* () {
        for (let n = Number(from ?? 0) + 1; n <= 50; n += 1) {
          await (api as ConnectorIo).calls.ask();
          calls += 1;
          yield page(n, change(String(n)));
        }
      })(),
    );

    await rig.sync({ scheduledAt: 'T' });

    const tomorrow = Math.ceil((NOW + 1) / (24 * 60 * MINUTE)) * 24 * 60 * MINUTE;
    const waits = {
      until: new Date(tomorrow).toISOString(),
      code: 'connection/budget-spent',
      says: "the connection's share of the day's requests is spent",
    };
    expect(await rig.stream()).toMatchObject({ checkpoint: 40, run: { state: 'running', waits } });
    expect((await rig.state.list('run', { most: 9 }))[0]?.body).toMatchObject({ what: 'sync', waits });
    const [message] = rig.queue.take();
    expect(message).toMatchObject({ body: { run: 'crm.contacts.T' }, delaySeconds: 900 });

    // The message is back before the day is over, and goes round.
    rig.clock.pass(15 * MINUTE);
    await rig.sync(message?.body as Partial<SyncCommand>);
    expect(calls).toBe(40);
    const [again] = rig.queue.take();
    rig.clock.pass(tomorrow - rig.clock.now().getTime());
    await rig.sync(again?.body as Partial<SyncCommand>);
    const { run } = await rig.stream();
    expect(run).toMatchObject({ state: 'finished', pages: 50 });
    expect(run).not.toHaveProperty('waits');
    expect((await rig.state.list('run', { most: 9 }))[0]?.body).not.toHaveProperty('waits');
    expect(calls).toBe(50);
  });

  it('reads hinted records later when the vendor asks to wait', async () => {
    const rig = openRig(
      () => pages(),
      async () => {
        throw new TributaryError('rate-limited', 'test/quota', 'too many', { retryAfterMs: 5 * MINUTE });
      },
    );

    await rig.sync({ reread: ['1'] });

    expect(rig.queue.take()).toMatchObject([{ body: { reread: ['1'] }, delaySeconds: 300 }]);
  });

  it('keeps the place in line of records to be read again that were turned away', async () => {
    const rig = openRig(
      (api) =>
        (async function* () {
          await (api as ConnectorIo).calls.ask();
          await rig.sync({ reread: ['1'] });
          yield page(1);
        })(),
      async (api) => {
        await (api as ConnectorIo).calls.ask();
        return page(null, change('1'));
      },
    );
    rig.clock.random = Math.random;
    await rig.sync();
    const [turnedAway] = rig.queue.take();
    rig.clock.pass((turnedAway?.delaySeconds ?? 0) * 1_000);

    await rig.sync(turnedAway?.body as unknown as SyncCommand);

    expect(turnedAway?.body).toMatchObject({ reread: ['1'] });
    expect(rig.queue.take()).toEqual([]);
    expect(rig.changes.take()).toHaveLength(1);
  });
});
