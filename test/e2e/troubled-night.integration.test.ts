import { describe, expect, it } from 'vitest';
import type { RehearsalReport } from '../../lib/local/report.ts';
import type { Stage } from '../../lib/local/stage.ts';
import { rehearse } from './rehearse.ts';

const small = { accounts: 20, contacts: 200, leads: 20, members: 150, overlap: 110 };

/** What must be the same however often and through whatever trouble the day is played. */
function outcome({ profiles, activities, quarantined, segments, audiences, differences }: RehearsalReport) {
  const lists = Object.entries(audiences).map(
    ([id, { wanted, added, unchanged, blocked, unmatched, refused, rejected, retry }]) => {
      // A write that landed before its answer was lost reads as unchanged the second time: the list is the same.
      return [id, { wanted, reached: added + unchanged, blocked, unmatched, refused, rejected, retry }];
    },
  );
  return { profiles, activities, quarantined, segments, lists: Object.fromEntries(lists), differences };
}

/** Kills a process of every function again and again while the stage works. */
function killAround(stage: Stage, everyMs: number): () => number {
  const names = ['sync-stream', 'resolve-profile', 'activate-audience', 'receive-webhook', 'sweep-due', 'api'];
  let tries = 0;
  let kills = 0;
  const timer = setInterval(() => {
    // The API answers the test's own questions, and a question that dies is not a lost change.
    const name = names[tries % (names.length - 1)];
    tries += 1;
    if (name !== undefined && stage.kill(name) !== undefined) kills += 1;
  }, everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    return kills;
  };
}

describe('the rehearsal', () => {
  it('ends the same with function processes killed all along, and with engines that make trouble', async () => {
    const night = { size: small, hours: 6 };
    const calm = await rehearse(night);
    let stop = () => 0;
    const killed = await rehearse({
      ...night,
      onStage: (stage) => {
        // Seldom enough that no message dies five times over, which would rightly make it a dead letter.
        stop = killAround(stage, 1_000);
      },
    });
    const kills = stop();
    const rates = { throttle: 0.03, conflict: 0.03, unprocessed: 0.03, staleIndex: 0.1 };
    const troubled = await rehearse({ ...night, faults: { seed: 11, rates } });

    expect(kills).toBeGreaterThan(10);
    expect(outcome(killed)).toEqual(outcome(calm));
    expect(outcome(troubled)).toEqual(outcome(calm));
  }, 400_000);
});
