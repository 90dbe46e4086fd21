import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../lib/connectors/contract.ts';
import type { AnyConnector } from '../../lib/connectors/define.ts';
import {
  type CallUse,
  type Limits,
  PORTION_CALLS,
  readSpent,
  type Spent,
  settle,
  tryGrant,
} from '../../lib/domain/call-budget.ts';
import type { AudienceDefinition, ConnectionDefinition } from '../../lib/domain/definitions.ts';
import { asTributaryError, TributaryError } from '../../lib/domain/errors.ts';
import { type CallMeter, withCalls } from '../../lib/pipeline/call-meter.ts';
import { openHandClock, openMemoryState } from './memory-state.ts';
import { NOW } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const evidence = { source: '', readOn: '' };

/** A connection that pulls and pushes, and everything that was written down about its calls. */
function openRig(
  limits: Partial<Manifest['limits']> = {},
  given: Partial<ConnectionDefinition> = {},
  audiences = true,
) {
  const memory = openMemoryState();
  const clock = openHandClock(NOW);
  const requests = { state: 0 };
  const state = {
    ...memory,
    get: (...args: Parameters<typeof memory.get>) => {
      requests.state += 1;
      return memory.get(...args);
    },
    put: (...args: Parameters<typeof memory.put>) => {
      requests.state += 1;
      return memory.put(...args);
    },
  };
  const every = { expression: 'rate(1 day)', words: 'daily' };
  const definition: ConnectionDefinition = {
    name: 'tool',
    connector: 'fake',
    streams: { people: every },
    webhook: false,
    quotaShare: 0.5,
    config: {},
    ...given,
  };
  const connection = {
    definition,
    connector: { manifest: { limits: { maxConcurrency: 2, evidence, ...limits } } } as unknown as AnyConnector,
    audiences: audiences ? [{ audience: 'a', connection: 'tool' } as AudienceDefinition] : [],
  };
  return {
    clock,
    requests,
    with: <T>(holder: string, use: CallUse, work: (meter: CallMeter) => Promise<T>) =>
      withCalls({ state, clock }, connection, { holder, use }, work),
    /** How long a worker has to wait for a call, and why; 0 = not at all. */
    async waits(holder: string, use: CallUse): Promise<readonly [number, string]> {
      try {
        await withCalls({ state, clock }, connection, { holder, use }, (meter) => meter.ask());
        return [0, ''];
      } catch (thrown) {
        const { kind, code, message, retryAfterMs = 0 } = asTributaryError(thrown);
        expect({ kind, code }).toEqual({ kind: 'rate-limited', code: 'connection/budget-spent' });
        return [retryAfterMs, message];
      }
    },
  };
}

async function ask(meter: CallMeter, times: number): Promise<void> {
  for (let call = 0; call < times; call += 1) await meter.ask();
}

describe('withCalls', () => {
  it('costs a pull of forty pages one read and a write for each twenty calls', async () => {
    const rig = openRig();

    await rig.with('pull/people', 'pull', (meter) => ask(meter, 40));

    expect(PORTION_CALLS).toBe(20);
    // One read, two portions, what was not used given back: a tenth of a request a page.
    expect(rig.requests.state).toBe(4);
  });

  it('gives no more at once, and no more a second, than the tool allows to all functions together', async () => {
    const rig = openRig({ maxRequestsPerSecond: 4 });
    const never = new Promise<void>(() => {});
    const dying = ['push/a', 'push/b'].map(
      (holder) =>
        new Promise<void>((resolve) => {
          void rig.with(holder, 'add', async (meter) => {
            await meter.ask();
            resolve();
            await never;
          });
          if (holder === 'push/a') rig.clock.pass(1_000);
        }),
    );
    await dying[0];
    rig.clock.pass(1_000);
    await dying[1];

    expect(await rig.waits('push/c', 'add')).toEqual([1_000, expect.stringContaining('before this one')]);
    // Who does not come back loses its place. Who goes on with the work of a worker that died has its slot; else it comes
    // back by itself.
    rig.clock.pass(12_000);
    expect(await rig.waits('push/b', 'add')).toEqual([0, '']);
    rig.clock.pass(3 * MINUTE);
    expect(await rig.waits('push/d', 'add')).toEqual([0, '']);
    await rig.with('push/d', 'add', (meter) => ask(meter, 3));
    expect(await rig.waits('push/d', 'add')).toEqual([250, expect.any(String)]);
  });

  it.each([
    ['pull/people', 'pull', 'push/a', 'add'],
    ['push/a', 'add', 'pull/people', 'pull'],
  ] as const)(
    'lets %s (%s), which has the only slot, make way for %s after a portion',
    async (first, use, second, other) => {
      const rig = openRig({ maxConcurrency: 1 });
      const order: string[] = [];

      const waiting = rig.with(first, use, async (meter) => {
        await ask(meter, PORTION_CALLS);
        expect((await rig.waits(second, other))[0]).toBe(1_000);
        order.push(first);
        // The place in line is kept for the one that came first, though it asks later.
        await expect(meter.ask()).rejects.toMatchObject({ code: 'connection/budget-spent', retryAfterMs: 1_000 });
      });
      await expect(waiting).resolves.toBeUndefined();
      await rig.with(second, other, async (meter) => {
        await ask(meter, PORTION_CALLS);
        order.push(second);
        await expect(meter.ask()).rejects.toMatchObject({ code: 'connection/budget-spent' });
      });
      expect(await rig.waits(first, use)).toEqual([0, '']);
      expect(order).toEqual([first, second]);
    },
  );

  it('keeps a part of the day for pushes, and one for pulls, and a tenth for removals', async () => {
    const limit = { requestsPerDay: 200 };
    const spentBy = async (rig: ReturnType<typeof openRig>, holder: string, use: CallUse): Promise<number> => {
      let made = 0;
      const all = rig.with(holder, use, async (meter) => {
        for (;;) {
          await meter.ask();
          made += 1;
        }
      });
      await expect(all).rejects.toMatchObject({ retryAfterMs: DAY - (NOW % DAY) });
      return made;
    };
    const pulling = openRig({}, limit);
    expect(await spentBy(pulling, 'pull/people', 'pull')).toBe(75);
    expect(await spentBy(pulling, 'push/a', 'add')).toBe(15);
    expect(await spentBy(pulling, 'push/a', 'remove')).toBe(10);
    expect((await pulling.waits('push/a', 'remove'))[1]).toContain('share of the day');

    const pushing = openRig({}, limit);
    expect(await spentBy(pushing, 'push/a', 'add')).toBe(65);
    expect(await spentBy(pushing, 'pull/people', 'pull')).toBe(35);

    // Nothing is kept for pushes where there are none.
    expect(await spentBy(openRig({}, limit, false), 'pull/people', 'pull')).toBe(100);
  });

  it('makes everybody wait when the tool asks one of them to', async () => {
    const rig = openRig();
    const busy = new TributaryError('rate-limited', 'tool/busy', 'slow down', { retryAfterMs: 40_000 });

    const pulled = rig.with('pull/people', 'pull', async (meter) => {
      await meter.ask();
      throw busy;
    });
    await expect(pulled).rejects.toBe(busy);

    expect(await rig.waits('push/a', 'remove')).toEqual([40_000, 'the tool asked everybody to wait']);
    rig.clock.pass(40_000);
    expect(await rig.waits('push/a', 'remove')).toEqual([0, '']);
  });

  it('counts what the vendor says that others have used, and asks it again after an hour', async () => {
    const rig = openRig();
    const report = (used: number) =>
      rig.with('pull/people', 'pull', async (meter) => {
        await meter.ask();
        meter.heard({ used: { used, limit: 1_000 } });
        await meter.ask();
      });

    await expect(report(500)).rejects.toMatchObject({ code: 'connection/budget-spent', retryAfterMs: HOUR });
    expect(await rig.waits('push/a', 'remove')).toEqual([HOUR, expect.stringContaining('everybody together')]);
    rig.clock.pass(HOUR);
    // One worker may ask; the others wait for what it hears.
    await rig.with('push/a', 'remove', async (meter) => {
      await ask(meter, 2);
      expect((await rig.waits('pull/people', 'pull'))[0]).toBe(HOUR);
      meter.heard({ used: { used: 100, limit: 1_000 } });
    });
    expect(await rig.waits('pull/people', 'pull')).toEqual([0, '']);
    // Calls since the report count on top of it: 500 are our share, a quarter of them is kept for pushes.
    await expect(rig.with('pull/people', 'pull', (meter) => ask(meter, 400))).rejects.toMatchObject({
      code: 'connection/budget-spent',
    });
  });

  it('finishes a batch that has begun, and accounts for all of it', async () => {
    const rig = openRig({}, { requestsPerDay: 4 }, false);

    await rig.with('push/a', 'remove', (meter) => meter.whole(() => ask(meter, 5)));

    expect((await rig.waits('push/a', 'remove'))[0]).toBe(DAY - (NOW % DAY));
  });

  it('does not spend on additions what it took for removals', async () => {
    const rig = openRig({}, { requestsPerDay: 20, streams: {} });
    const work = rig.with('push/a', 'remove', async (meter) => {
      await ask(meter, 9);
      meter.turnTo('add');
      await meter.ask();
    });

    await expect(work).rejects.toMatchObject({ code: 'connection/budget-spent' });
    expect(await rig.waits('push/a', 'remove')).toEqual([0, '']);
  });
});

describe('workers whose clocks differ', () => {
  const limits: Limits = { atOnce: 9, perSecond: 10, perDay: 1_000, share: 1, pulls: true, pushes: true };
  /** Takes and gives back a portion of all that there is, by a clock, and tells how many calls it was. */
  const takeAt = (spent: Spent, now: number, holder: string): { readonly spent: Spent; readonly calls: number } => {
    const { answer, next } = tryGrant(settle(spent, limits, now, holder), limits, now, { holder, use: 'remove' });
    const calls = 'calls' in answer ? answer.calls : 0;
    return { spent: settle(next, limits, now, holder, { granted: calls, made: calls, use: 'remove' }), calls };
  };

  it('make no more calls in a second than one of them', () => {
    let spent = readSpent(undefined);
    let total = 0;
    for (let ms = 0; ms < 1_000; ms += 50) {
      for (const [holder, ahead] of [
        ['early', 400],
        ['late', 0],
      ] as const) {
        const taken = takeAt(spent, NOW + ms + ahead, holder);
        total += taken.calls;
        spent = taken.spent;
      }
    }

    // A full second's worth at the start, what comes in during it, and the difference of the clocks once.
    expect(total).toBeLessThanOrEqual(10 + 10 + 4);
  });

  it('forget nothing of the day when it is over for one of them only', () => {
    const midnight = Math.ceil(NOW / DAY) * DAY;
    const today = takeAt(takeAt(readSpent(undefined), midnight + 200, 'early').spent, midnight - 200, 'late');

    const { spent } = takeAt(today.spent, midnight + 1_200, 'early');

    expect(spent.calls).toBeGreaterThan(10);
  });
});
