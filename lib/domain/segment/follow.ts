import type { Milliseconds } from '../instant.ts';
import { type EntryTest, movingTests } from './entry-test.ts';
import { buildFeed, type Register } from './feed.ts';
import type { Follower } from './leaves/did.ts';
import type { Machine } from './machine.ts';
import type { Range } from './operand.ts';
import type { Signed } from './signed.ts';
import type { Span } from './span.ts';

/** A compiled `followed_by` or `not_followed_by`: a test of the activity that comes first. */
export interface FollowTest {
  readonly key: readonly unknown[];
  readonly feed: number;
  readonly test: EntryTest;
}

/** What a follower is compiled against. */
export interface FollowContext {
  readonly machine: Machine;
  readonly register: Register;
  readonly timezone: string;
  /** The window of the activity that comes first. */
  readonly span: Span;
  readonly range: Range | undefined;
}

/**
 * `followed_by` holds for an activity at A when a follower happened in (A, A + T] and not after now. `not_followed_by`
 * holds from A + T on, when none did.
 */
export function buildFollow(follower: Follower, wanted: boolean, context: FollowContext): FollowTest {
  const { machine, register, timezone, span, range } = context;
  const patience = follower.within.ms;
  const later = range === undefined ? undefined : { ...range, to: range.to + patience };
  const feed = buildFeed(follower.activity, follower.where, later, undefined, timezone);
  const window = span.reach === Number.POSITIVE_INFINITY ? 'ever' : span.reach;
  const index = register(feed, { latest: 0, oldest: false, window });
  const moving = movingTests(feed);

  /** When the first follower came or will come, signed by whether it has passed its tests by `at`. */
  function findFollower(after: Milliseconds, at: Milliseconds): Signed {
    const list = machine.list(index);
    let until = Number.POSITIVE_INFINITY;
    for (let place = firstAfter(list, after); place >= 0; place -= 1) {
      const entry = list[place];
      if (entry === undefined || entry[0] > after + patience) break;
      if (entry[0] > at) return -Math.min(until, entry[0]);
      let passes = true;
      let lasts = Number.POSITIVE_INFINITY;
      for (const test of moving) {
        const answer = test(entry, at);
        lasts = Math.min(lasts, Math.abs(answer));
        if (answer < 0) passes = false;
      }
      if (passes) return Math.min(until, lasts);
      until = Math.min(until, lasts);
    }
    if (machine.floor(index) > after && machine.lacking(index)) return findFollower(after, at);
    return -until;
  }

  function followed(entry: readonly [Milliseconds, ...unknown[]], at: Milliseconds): Signed {
    return findFollower(entry[0], at);
  }

  function abandoned(entry: readonly [Milliseconds, ...unknown[]], at: Milliseconds): Signed {
    const end = entry[0] + patience;
    if (at < end) return -end;
    return -findFollower(entry[0], at);
  }

  return {
    key: [wanted, feed.key, patience, ...feed.moving.map((matcher) => matcher.key)],
    feed: index,
    test: wanted ? followed : abandoned,
  };
}

/** Place of the oldest entry after an instant in a list that is newest first; -1 when there is none. */
function firstAfter(list: readonly (readonly [Milliseconds, ...unknown[]])[], after: Milliseconds): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.[0] ?? Number.NEGATIVE_INFINITY) > after) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
