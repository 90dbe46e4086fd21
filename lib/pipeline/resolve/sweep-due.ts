import { metricLines } from '../../domain/metrics.ts';
import type { Clock, Log, ProfileStore, Queue, StateStore } from '../ports.ts';

export interface SweepDeps {
  readonly profiles: ProfileStore;
  readonly state: StateStore;
  readonly recompute: Queue;
  readonly clock: Clock;
  readonly log: Log;
  readonly workspace?: string;
}

/** Profiles in one recompute message: small enough that a midnight's pile spreads over many invocations. */
export const PROFILES_IN_MESSAGE = 250;
/**
 * How far behind the last sweep the next one looks again: the index lags behind writes. Who is sent and not decided within
 * that time is sent once more; of two workers one's write is refused, and it finds nothing left to do.
 */
const LAG_MS = 60_000;
/** How often, and how far back, a sweep looks for whatever is due still: a message may have been lost. */
const WIDE_EVERY_MS = 10 * 60_000;
const WIDE_LOOK_BACK_MS = 3_600_000;
/** Where the first sweep of a deployment starts. */
const FIRST_LOOK_BACK_MS = 24 * 3_600_000;

/**
 * Sends profiles whose time has come to be decided again. What it sent before waits in the queue and is not sent again
 * every minute: a midnight's pile that takes long would grow with each. Stale and repeated timers are harmless: a profile that is not
 * due any more is decided as before and not written.
 */
export function sweepDue(deps: SweepDeps) {
  return async function sweep(signal: AbortSignal): Promise<{ readonly sent: number }> {
    const now = deps.clock.now().getTime();
    const cursor = await deps.state.get('sweep', 'cursor');
    // A cursor ahead of the clock, from a stage whose time ran faster, would hide what is due now.
    const until = typeof cursor?.body.until === 'number' ? cursor.body.until : now - FIRST_LOOK_BACK_MS;
    const swept = Math.min(until, now);
    const before = typeof cursor?.body.wide === 'number' ? Math.min(cursor.body.wide, now) : 0;
    const isWide = now - before >= WIDE_EVERY_MS;
    let sent = 0;
    const from = swept - (isWide ? WIDE_LOOK_BACK_MS : LAG_MS) + 1;
    for await (const ids of deps.profiles.due(from, now)) {
      const messages = [];
      for (let at = 0; at < ids.length; at += PROFILES_IN_MESSAGE) {
        messages.push({ body: { profiles: ids.slice(at, at + PROFILES_IN_MESSAGE) } });
      }
      await deps.recompute.send(messages);
      sent += ids.length;
      if (signal.aborted) return { sent }; // The cursor stays: the next sweep starts where this one did.
    }
    await deps.state.put('sweep', 'cursor', { until: now, wide: isWide ? now : before }, cursor?.version ?? 0);
    const { workspace = '' } = deps;
    if (sent > 0) deps.log('swept', { sent, ...metricLines('Pipeline/sweep/due', [sent], { workspace }, now)[0] });
    return { sent };
  };
}
