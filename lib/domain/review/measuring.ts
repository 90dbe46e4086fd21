import type { Definitions } from '../definitions.ts';
import type { Milliseconds } from '../instant.ts';
import { isJsonObject } from '../json.ts';
import { type CompiledLeaf, type CompiledSegment, compile, type Program } from '../segment/compile.ts';
import { parseDuration } from '../segment/duration.ts';
import { type Entry, markOf } from '../segment/entries.ts';
import { begin } from '../segment/evaluate.ts';
import { buildFeed, type Feed } from '../segment/feed.ts';
import type { PersonView } from '../segment/view.ts';
import type { Condition, SegmentDefinition } from '../segment.ts';
import type { Amount, Measures } from './measures.ts';
import { type Objective, objectiveOf, reviewRuleOf } from './objective.ts';

/**
 * What is counted of people besides their segments, as a program of its own: goals, labels and measures are conditions that
 * nobody is a member of. Its feeds are kept in profiles with those of segments, so that its answers are exact.
 */
export interface Measuring {
  readonly program: Program;
  readonly objectives: ReadonlyMap<string, Objective>;
  /** Segments with a label. */
  readonly labels: ReadonlySet<string>;
  /** How long the window of the measures is. */
  readonly withinMs: Milliseconds;
  readonly measures: Measures | undefined;
  /** Nothing has to be looked up in a person. */
  readonly idle: boolean;
  readonly revenue: Feed | undefined;
}

/** What a person tells to the measures. Undefined = nobody asks, or there is no answer. */
export interface Measured {
  readonly engaged: boolean | undefined;
  /** Of the window, in hundredths. */
  readonly revenue: number | undefined;
  readonly nps: number | undefined;
  readonly sentiment: number | undefined;
  /** Whether the goal of a segment is reached; undefined where it has none. */
  goal(segment: string): boolean | undefined;
  /** Whether they are counted among those who could reach it. */
  per(segment: string): boolean;
  label(segment: string): boolean | undefined;
  /** Whether the goal was reached by what was done after an instant alone; undefined where that cannot be told. */
  reachedSince(segment: string, at: Milliseconds): boolean | undefined;
  /** In hundredths, of what was paid in the window and after an instant. */
  revenueSince(at: Milliseconds): number;
}

const ENGAGED = 'engaged';
const REVENUE = 'revenue';
const NPS = 'nps';
/** A receipt shows so many activities: goals that ask for more of them are not followed back to an exposure. */
const MOST_FOLLOWED = 10;

const goalOf = (segment: string): string => `goal ${segment}`;
const perOf = (segment: string): string => `per ${segment}`;
const labelOf = (segment: string): string => `label ${segment}`;
const everOf = (segment: string): string => `ever ${segment}`;

/**
 * Compiles everything that definitions want counted. Throws TributaryError `config` `segment/unreadable` for a goal or a
 * label that is no condition.
 */
export function openMeasuring({ segments, measures, timezone }: MeasuredDefinitions): Measuring {
  const objectives = new Map(segments.flatMap((one) => pairOf(one.segment, objectiveOf(one))));
  const labels = new Map(segments.flatMap((one) => pairOf(one.segment, reviewRuleOf(one)?.label)));
  const asked: SegmentDefinition[] = [
    ...[...objectives].flatMap(([segment, { goal, per }]) => [
      ...askedAs(goalOf(segment), goal),
      ...askedAs(perOf(segment), per),
      ...askedAs(everOf(segment), goal === undefined ? undefined : everDone(goal)?.condition),
    ]),
    ...[...labels].flatMap(([segment, label]) => askedAs(labelOf(segment), label)),
    ...measuresAsked(measures),
  ];
  return {
    program: compile(asked, { timezone }),
    objectives,
    labels: new Set(labels.keys()),
    withinMs: parseDuration(measures?.within)?.ms ?? 0,
    measures,
    idle: asked.length === 0 && measures?.sentiment === undefined,
    revenue: measures?.revenue === undefined ? undefined : feedOf(measures.revenue, timezone),
  };
}

/** Whether the goal of a segment can be told of what was done after an instant: one activity, done so many times. */
export function followsBack({ program }: Measuring, segment: string): boolean {
  return program.positions.has(everOf(segment));
}

type MeasuredDefinitions = Pick<Definitions, 'segments' | 'measures' | 'timezone'>;

/**
 * Looks at one person. `overflowed`: leaf keys of which the person's memory was not enough; look again with a view that
 * has `history`. Everything that will be asked must be asked before the program looks at somebody else.
 */
export function measure(
  { program, measures, revenue, withinMs, objectives }: Measuring,
  view: PersonView,
  now: Milliseconds,
): Measured & { readonly overflowed: () => readonly string[] } {
  begin(program, view, now);
  const found = (id: string): CompiledSegment | undefined => program.compiled[program.positions.get(id) ?? -1];
  const holds = (id: string): boolean | undefined => {
    const segment = found(id);
    return segment === undefined ? undefined : program.solver.holds(segment.root);
  };
  const seen = (id: string, what: 'sum' | 'avg'): number | undefined => {
    const [leaf] = found(id)?.leaves ?? [];
    const saw = leaf?.probe?.sight(now).saw;
    const value = isJsonObject(saw) ? saw[what] : undefined;
    return typeof value === 'number' ? value : undefined;
  };
  const paid = seen(REVENUE, 'sum');
  const feeling = measures?.sentiment === undefined ? undefined : view.trait(measures.sentiment);
  return {
    engaged: holds(ENGAGED),
    revenue: paid === undefined ? undefined : hundredths(paid),
    nps: seen(NPS, 'avg'),
    sentiment: typeof feeling === 'number' ? feeling : undefined,
    goal: (segment) => holds(goalOf(segment)),
    per: (segment) => holds(perOf(segment)) ?? true,
    label: (segment) => holds(labelOf(segment)),
    reachedSince(segment, at) {
      const [leaf] = found(everOf(segment))?.leaves ?? [];
      const needed = everDone(objectives.get(segment)?.goal)?.times;
      return leaf === undefined || needed === undefined ? undefined : nthNewest(leaf, needed, now) > at;
    },
    revenueSince(at) {
      if (revenue === undefined) return 0;
      const lower = Math.max(at, now - withinMs);
      const kept = view.entries(revenue.key);
      const whole = markOf(kept) < 0 ? kept : (view.history?.(revenue.key) ?? kept);
      return hundredths(sumBetween(whole, lower, now));
    },
    overflowed: () => program.machine.overflowed(),
  };
}

function nthNewest({ probe }: CompiledLeaf, nth: number, now: Milliseconds): Milliseconds {
  const event = probe?.sight(now).events?.[nth - 1];
  return event === undefined ? Number.NEGATIVE_INFINITY : Date.parse(event.at);
}

function sumBetween(entries: readonly Entry[], lower: Milliseconds, now: Milliseconds): number {
  let sum = 0;
  for (const [at, id, value] of entries) {
    if (id !== '' && at > lower && at <= now && typeof value === 'number') sum += value;
  }
  return sum;
}

/** Money is added up in whole hundredths, so that sums do not depend on the order of people. */
function hundredths(amount: number): number {
  return Math.round(amount * 100);
}

/**
 * The same activity without a window, and how many of it the goal wants: by it the goal is followed back to an instant.
 * Undefined for a goal that is more than so many of one activity.
 */
function everDone(goal: Condition | undefined): { readonly condition: Condition; readonly times: number } | undefined {
  if (goal === undefined || !('did' in goal)) return undefined;
  const { did, where, count, within: _, between: __, from: ___, to: ____, calendar: _____, ...more } = goal;
  const times = count === undefined ? 1 : isJsonObject(count) ? count.at_least : undefined;
  const alone = isJsonObject(count) ? Object.keys(count).length === 1 : true;
  if (Object.keys(more).length > 0 || !alone || typeof times !== 'number' || times < 1 || times > MOST_FOLLOWED) {
    return undefined;
  }
  const condition = { did, count: { at_least: times }, ...(where === undefined ? {} : { where }) } as Condition;
  return { condition, times };
}

function measuresAsked(measures: Measures | undefined): SegmentDefinition[] {
  if (measures === undefined) return [];
  const { within, engagement = [], revenue, nps } = measures;
  return [
    ...(engagement.length === 0 ? [] : askedAs(ENGAGED, { any: engagement.map((did) => ({ did, within })) })),
    ...(revenue === undefined
      ? []
      : askedAs(REVENUE, { did: revenue.did, sum: { property: revenue.property, gte: 0 }, within })),
    ...(nps === undefined ? [] : askedAs(NPS, { did: nps.did, avg: { property: nps.property, gte: 0 }, within })),
  ];
}

function feedOf({ did, property }: Amount, timezone: string): Feed {
  return buildFeed(did, [], undefined, { property, as: 'number' }, timezone);
}

function askedAs(segment: string, when: Condition | undefined): SegmentDefinition[] {
  return when === undefined ? [] : [{ segment, when }];
}

function pairOf<T>(segment: string, value: T | undefined): [string, T][] {
  return value === undefined ? [] : [[segment, value]];
}
