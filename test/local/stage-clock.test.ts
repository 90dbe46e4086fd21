import { afterEach, describe, expect, it } from 'vitest';
import { openClock, type StageClock } from '../../lib/local/clock.ts';

const start = Date.parse('2026-11-21T00:00:00Z');
const hour = 3_600_000;
const clocks: StageClock[] = [];
const failures: unknown[] = [];

function aClock(): StageClock {
  const clock = openClock({ start, onFailure: (failure) => failures.push(failure) });
  clocks.push(clock);
  return clock;
}

afterEach(() => {
  for (const clock of clocks.splice(0)) clock.close();
  failures.length = 0;
});

describe('openClock', () => {
  it('starts at the given instant and runs at real speed', async () => {
    const clock = aClock();

    await new Promise((resolve) => setTimeout(resolve, 30));

    expect(clock.now() - start).toBeGreaterThanOrEqual(29);
    expect(clock.now() - start).toBeLessThan(10_000);
  });

  it('jumps forward, never back', async () => {
    const clock = aClock();

    await clock.jumpTo(start + hour);
    await clock.jumpTo(start);

    expect(clock.now()).toBeGreaterThanOrEqual(start + hour);
  });

  it('runs the timers that a jump passes, in order, and waits for them', async () => {
    const clock = aClock();
    const ran: string[] = [];
    clock.at(start + 2 * hour, () => void ran.push('second'));
    clock.at(start + hour, async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      ran.push('first, slow');
    });
    clock.at(start + 3 * hour, () => void ran.push('too late'));

    await clock.jumpTo(start + 2 * hour);

    expect(ran).toEqual(['second', 'first, slow']);
    expect(clock.next()).toBe(start + 3 * hour);
    expect(clock.running).toBe(0);
  });

  it('runs a timer by itself when real time reaches it', async () => {
    const clock = aClock();

    const seen = await new Promise<number>((resolve) => clock.at(clock.now() + 20, () => resolve(clock.now())));

    expect(seen).toBeGreaterThanOrEqual(start + 20);
  });

  it('forgets a cancelled timer', async () => {
    const clock = aClock();
    const ran: string[] = [];
    const timer = clock.at(start + hour, () => void ran.push('cancelled'));

    timer.cancel();
    await clock.jumpTo(start + 2 * hour);

    expect(ran).toEqual([]);
    expect(clock.next()).toBeUndefined();
  });

  it('hands over what a timer throws', async () => {
    const clock = aClock();
    clock.at(start + hour, () => {
      throw new RangeError('broken');
    });

    await clock.jumpTo(start + hour);

    expect(failures).toEqual([new RangeError('broken')]);
  });

  it('knows the stage time of a machine time before and after a jump', async () => {
    const clock = aClock();
    const before = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await clock.jumpTo(start + hour);

    expect(clock.stageTimeOf(before)).toBeLessThan(start + 10_000);
    expect(clock.stageTimeOf(Date.now() + 1)).toBeGreaterThanOrEqual(start + hour);
  });
});
