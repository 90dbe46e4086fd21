import { describe, expect, it } from 'vitest';
import type { RehearsalReport } from '../../lib/local/report.ts';
import type { Stage } from '../../lib/local/stage.ts';
import { rehearse } from '../e2e/rehearse.ts';

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

/**
 * Kills a process of every function again and again while the stage works: after so many calls to the database, not after
 * so many seconds, so that a slow machine has no more deaths a message. Returns how to stop, which tells the number of kills.
 */
function killAround(stage: Stage, everyCalls: number): () => number {
  // The API answers the test's own questions, and a question that dies is not a lost change.
  const names = ['sync-stream', 'resolve-profile', 'activate-audience', 'receive-webhook', 'sweep-due'];
  let next = 0;
  let kills = 0;
  const calls = () =>
    Object.entries(stage.counts().operations).reduce(
      (sum, [name, n]) => sum + (name.startsWith('dynamodb:') ? n : 0),
      0,
    );
  let seen = calls();
  const timer = setInterval(() => {
    if (calls() < seen + everyCalls) return;
    seen = calls();
    if (stage.kill(names[next % names.length] ?? '') !== undefined) kills += 1;
    next += 1;
  }, 10);
  timer.unref();
  return () => {
    clearInterval(timer);
    return kills;
  };
}

describe('the rehearsal', () => {
  it('ends the same with function processes killed all along, while the engines make trouble', async () => {
    const night = { size: small, hours: 6 };
    const calm = await rehearse(night);
    let stop = () => 0;
    const troubled = await rehearse({
      ...night,
      faults: { seed: 11, rates: { throttle: 0.03, conflict: 0.03, unprocessed: 0.03, staleIndex: 0.1 } },
      onStage: (stage) => {
        // Seldom enough that no message dies five times over, which would rightly make it a dead letter.
        stop = killAround(stage, 200);
      },
    });

    expect(stop()).toBeGreaterThan(10);
    expect(outcome(troubled)).toEqual(outcome(calm));
  }, 400_000);
});
