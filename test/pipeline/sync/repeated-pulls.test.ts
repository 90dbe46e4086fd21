import { describe, expect, it } from 'vitest';
import type { Page } from '../../../lib/connectors/contract.ts';
import { TributaryError } from '../../../lib/domain/errors.ts';
import type { Json } from '../../../lib/domain/json.ts';
import { LEASE_MS } from '../../../lib/pipeline/run-list.ts';
import { readTogether } from '../memory-state.ts';
import { NOW } from '../world.ts';
import { change, openContacts as openRig, page } from './sync-rig.ts';

const MINUTE = 60_000;

describe('a pull whose messages come again, and whose workers die', () => {
  it('is carried on by a message that comes again while the worker that died still has the stream', async () => {
    let reads = 0;
    const rig = openRig(async function* () {
      reads += 1;
      if (reads === 1) await new Promise(() => {});
      yield page(1, change('1'));
    });
    void rig.sync({ scheduledAt: 'T' });
    while (reads === 0) await new Promise((done) => setImmediate(done));

    await rig.sync({ scheduledAt: 'T' }); // And is done by that: the queue shows it no more.
    const [message] = rig.queue.take();
    rig.clock.pass((message?.delaySeconds ?? 0) * 1_000);
    await rig.sync(message?.body as object);

    expect(message?.delaySeconds).toBe(LEASE_MS / 1_000);
    expect((await rig.stream()).run).toMatchObject({ state: 'finished', pages: 1 });
    expect(rig.queue.take()).toEqual([]);
  });

  it('does not end with a firing that took it up after a death, should that come again while its worker is dying', async () => {
    let reads = 0;
    const rig = openRig(async function* () {
      reads += 1;
      if (reads <= 2) await new Promise(() => {});
      yield page(1, change('1'));
    });
    const die = async (scheduledAt: string) => {
      const before = reads;
      void rig.sync({ scheduledAt });
      while (reads === before) await new Promise((done) => setImmediate(done));
    };
    await die('T');
    rig.clock.pass(15 * MINUTE);
    await die('U');
    await rig.sync({ scheduledAt: 'U' }); // And is done by that: the queue shows it no more.
    for (let sent = rig.queue.take(); sent.length > 0; sent = rig.queue.take()) {
      for (const { body, delaySeconds = 0 } of sent) {
        rig.clock.pass(delaySeconds * 1_000);
        await rig.deliver(body);
      }
    }

    expect((await rig.stream()).run).toMatchObject({ state: 'finished', pages: 1 });
  });

  it('goes on although two deliveries of its message took it for free at one moment and the one that has it dies', async () => {
    let reads = 0;
    const rig = openRig(async function* () {
      reads += 1;
      if (reads === 1) await new Promise(() => {});
      yield page(1, change('1'));
    });
    readTogether(rig.state, 'stream');
    await Promise.race([rig.sync({ scheduledAt: 'T' }), rig.sync({ scheduledAt: 'T' })]);
    const [message] = rig.queue.take();
    rig.clock.pass((message?.delaySeconds ?? 0) * 1_000);
    await rig.sync(message?.body as object);

    expect(reads).toBe(2);
    expect((await rig.stream()).run).toMatchObject({ state: 'finished', pages: 1 });
  });

  it('reads everything once for one order, however often it comes, also after other pulls', async () => {
    const from: (Json | undefined)[] = [];
    const order = { scheduledAt: new Date(NOW).toISOString(), full: true };
    const rig = openRig(async function* (_api, _name, checkpoint) {
      from.push(checkpoint);
      if (from.length === 1) await rig.sync(order);
      yield page(1, change('1'));
    });
    await rig.sync(order);
    const [again] = rig.queue.take();
    rig.clock.pass(2 * MINUTE);
    await rig.sync();
    rig.clock.pass(MINUTE);
    await rig.deliver(again?.body);
    await rig.sync(order);
    await rig.sync({ scheduledAt: order.scheduledAt });

    expect(from).toEqual([undefined, 1]);
    expect(rig.queue.take()).toEqual([]);
  });

  it.each([
    ['finished', undefined],
    ['failed', new TributaryError('auth', 'test/refused', 'the credentials are refused')],
  ])('does what follows from its end when its worker died over that: %s', async (state, error) => {
    const whole: Page = { ...page(1, change('1')), anewSince: '2026-11-01T00:00:00Z' };
    const rig = openRig(async function* () {
      if (error !== undefined) throw error;
      yield whole;
    });
    const { put } = rig.state;
    let isDead = false;
    Object.assign(rig.state, {
      put: async (...given: Parameters<typeof put>) => {
        if (isDead) return new Promise<never>(() => {});
        const stored = await put(...given);
        isDead = given[0] === 'stream' && (given[2].run as { state?: string }).state === state;
        return isDead ? new Promise<never>(() => {}) : stored;
      },
    });
    void rig.sync({ scheduledAt: 'T' });
    while (!isDead) await new Promise((done) => setImmediate(done));
    Object.assign(rig.state, { put });
    expect(await rig.settled()).toBe(false);

    rig.clock.pass(12 * MINUTE);
    await rig.sync({ scheduledAt: 'T' });
    await rig.sync({ scheduledAt: 'T' });

    expect((await rig.state.list('run', { most: 9 })).map(({ body }) => body.state)).toEqual([state]);
    const alerts = (await rig.state.list('alert', { most: 9 })).map(({ body }) => body.kind);
    expect({ replays: rig.jobs.take().length, alerts }).toEqual(
      error === undefined ? { replays: 1, alerts: [] } : { replays: 0, alerts: ['failed'] },
    );
  });

  it('is pulled again although nobody could be told that it had failed', async () => {
    let refused = true;
    const rig = openRig(async function* () {
      if (refused) throw new TributaryError('auth', 'test/refused', 'the credentials are refused');
      yield page(1, change('1'));
    });
    Object.assign(rig.deps, {
      notify: async () => {
        throw new Error('the topic is gone');
      },
    });
    await rig.sync();
    refused = false;
    rig.clock.pass(15 * MINUTE);

    await rig.sync();

    expect((await rig.stream()).run).toMatchObject({ state: 'finished', pages: 1 });
  });

  it('reads everything anew also where the run under way was left', async () => {
    let isDown = true;
    const from: (Json | undefined)[] = [];
    const rig = openRig(async function* (_api, _name, checkpoint) {
      if (isDown) throw new TributaryError('transient', 'test/down', 'the tool is down');
      from.push(checkpoint);
      yield page(1, change('1'));
    });
    for (let tries = 0; tries < 5; tries += 1) {
      await rig.sync({ scheduledAt: 'T' }).catch(() => {});
      rig.clock.pass(12 * MINUTE);
    }
    isDown = false;
    const order = { scheduledAt: rig.clock.now().toISOString(), full: true };

    await rig.sync(order);
    const sent = rig.queue.take();
    rig.clock.pass(30_000);
    await rig.deliver(sent[0]?.body);

    expect(from).toEqual([undefined, undefined]);
    expect((await rig.stream()).run).toMatchObject({ state: 'finished', backfill: true });
    expect(rig.queue.take()).toEqual([]);
  });
});
