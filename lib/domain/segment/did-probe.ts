import { canonicalText } from '../canonical.ts';
import type { Milliseconds } from '../instant.ts';
import type { Entry } from './entries.ts';
import { movingTests } from './entry-test.ts';
import { buildFeed, type KeptValue, type Register } from './feed.ts';
import { buildFollow } from './follow.ts';
import type { DidLeaf } from './leaves/did.ts';
import type { Machine } from './machine.ts';
import type { Keep } from './need.ts';
import type { Probe, Sight } from './probe.ts';
import { buildReducer, type Found, type Reducer } from './reduce.ts';
import type { Signed } from './signed.ts';
import { buildSpan, type Span } from './span.ts';

const EVENTS_SHOWN = 10;
const ENDLESS = Number.POSITIVE_INFINITY;

/** Compiles a `did` leaf: entries of a feed, in a window, that pass their tests, made into one answer. */
export function didProbe(leaf: DidLeaf, machine: Machine, register: Register, timezone: string): Probe {
  const span = spanOf(leaf, timezone);
  const range = leaf.window.kind === 'fixed' ? leaf.window.range : undefined;
  const reducer = buildReducer(leaf.reduction, timezone);
  const feed = buildFeed(leaf.activity, leaf.where, range, keptOf(leaf), timezone);
  const context = { machine, register, timezone, span, range };
  const following = [
    ...(leaf.followedBy === undefined ? [] : [buildFollow(leaf.followedBy, true, context)]),
    ...(leaf.notFollowedBy === undefined ? [] : [buildFollow(leaf.notFollowedBy, false, context)]),
  ];
  const tests = [...movingTests(feed), ...following.map(({ test }) => test)];
  const bare = tests.length === 0 && span.current;
  const eldest = bare && reducer.edge && span.reach === ENDLESS;
  const index = register(feed, keepOf(reducer, span, bare, eldest));
  const collected: Entry[] = [];

  /** Gathers what counts at `at`, newest first; returns until when that stays so. */
  function collect(at: Milliseconds): Milliseconds {
    collected.length = 0;
    const lower = span.lower(at);
    const upper = span.upper(at);
    let until = ENDLESS;
    for (const entry of machine.list(index)) {
      if (entry[0] > upper) {
        until = span.enter(entry[0]);
        continue;
      }
      if (entry[0] <= lower) break;
      until = Math.min(until, span.leave(entry[0]));
      let counts = true;
      for (const test of tests) {
        const answer = test(entry, at);
        until = Math.min(until, Math.abs(answer));
        if (answer < 0) counts = false;
      }
      if (counts) collected.push(entry);
    }
    if (machine.floor(index) > lower && collected.length < reducer.needed && machine.lacking(index)) return collect(at);
    return until;
  }

  function gather(at: Milliseconds): Found {
    if (!eldest) {
      const until = collect(at);
      return { entries: collected, until };
    }
    const entry = machine.eldest(index);
    if (entry === undefined) return { entries: [], until: ENDLESS };
    return entry[0] > at ? { entries: [], until: entry[0] } : { entries: [entry], until: ENDLESS };
  }

  function ask(at: Milliseconds): Signed {
    return reducer.answer(gather(at), at, feed);
  }

  /** The count of a bare window by two look-ups: who is the n-th newest, and is it still inside? */
  function askCount(at: Milliseconds): Signed {
    const list = machine.list(index);
    const lower = span.lower(at);
    let first = 0;
    while (first < list.length && instantOf(list, first) > at) first += 1;
    const few = list.length - first < reducer.needed;
    if (few && machine.floor(index) > lower && machine.lacking(index)) return askCount(at);
    const arriving = first > 0 ? instantOf(list, first - 1) : ENDLESS;
    const { least, most } = reducer.bounds;
    let until = ENDLESS;
    if (least > 0) {
      const nth = instantOf(list, first + least - 1);
      if (nth <= lower) return -arriving;
      until = span.leave(nth);
    }
    if (most < ENDLESS) {
      const above = instantOf(list, first + most);
      if (above > lower) return -span.leave(above);
      until = Math.min(until, arriving);
    }
    return until;
  }

  function sight(at: Milliseconds): Sight {
    const { entries } = gather(at);
    const events = entries.slice(0, EVENTS_SHOWN).map(([when, id]) => ({ id, at: new Date(when).toISOString() }));
    const history = [index, ...following.map((follow) => follow.feed)].some((used) => machine.fromHistory(used));
    return { ...reducer.sight({ entries, until: at }, at, feed), events, history };
  }

  const counts = bare && reducer.kind === 'count';
  const moving = feed.moving.map((matcher) => matcher.key);
  return {
    key: canonicalText(['did', feed.key, span.key, reducer.key, moving, following.map((follow) => follow.key)]),
    cost: counts ? 3 : 10,
    timed: true,
    negate: reducer.negate,
    ask: counts ? askCount : ask,
    sight,
  };
}

function spanOf({ window, reduction }: DidLeaf, timezone: string): Span {
  if (reduction.kind !== 'regularly') return buildSpan(window, timezone);
  return buildSpan({ kind: 'rolling', from: reduction.of, calendar: reduction.calendar }, timezone);
}

function keptOf({ reduction }: DidLeaf): KeptValue | undefined {
  if (!('property' in reduction)) return undefined;
  const { property, kind, exact } = reduction;
  if (kind !== 'distinct') return { property, as: 'number' };
  return { property, as: exact ? 'text' : 'folded' };
}

function keepOf(reducer: Reducer, span: Span, bare: boolean, eldest: boolean): Omit<Keep, 'cap'> {
  if (eldest) return { latest: 0, oldest: true, window: 0 };
  if (bare && reducer.needed < ENDLESS) return { latest: reducer.needed + 1, oldest: false, window: 0 };
  return { latest: 0, oldest: false, window: span.reach === ENDLESS ? 'ever' : span.reach };
}

function instantOf(list: readonly Entry[], index: number): Milliseconds {
  return index < list.length ? (list[index] as Entry)[0] : Number.NEGATIVE_INFINITY;
}
