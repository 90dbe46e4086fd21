import { DAY } from '../segment/duration.ts';
import { type Counts, noneOfSegment, noneOfSide, type SideCounts } from './counts.ts';
import type { Measures } from './measures.ts';
import { isShare, type Metric, type Objective } from './objective.ts';
import { type Pushed, type Spent, spentSince } from './spent.ts';

/** One segment on one UTC day, as the walk over everybody found it. Money is in whole units. */
export interface DayFacts {
  readonly segment: string;
  readonly day: string;
  /** When counting began, RFC 3339. */
  readonly at: string;
  /** Version of the definitions that were counted by. */
  readonly definitions: string;
  /** Everybody. */
  readonly people: number;
  readonly size: number;
  /** Of the whole day; null until it is over and the next walk closes it. */
  readonly entered: number | null;
  readonly left: number | null;
  /** Pushes of that day, and of days after it on which nobody counted. Null as above, and in facts of former releases. */
  readonly pushed?: Pushed | null;
  /** Members who are engaged; null = the workspace does not say by what. */
  readonly engaged: number | null;
  readonly revenue: number | null;
  readonly payers: number | null;
  readonly objective: ObjectiveFacts | null;
  /** `members` of those to whom the label applies, and `everybody` to whom it does. */
  readonly label: { readonly members: number; readonly everybody: number } | null;
  readonly nps: { readonly promoters: number; readonly passives: number; readonly detractors: number } | null;
  /** People with a sentiment, and its mean. */
  readonly sentiment: { readonly people: number; readonly mean: number | null } | null;
  readonly holdouts: readonly HoldoutFacts[];
}

export interface ObjectiveFacts {
  readonly metric: Metric;
  /** What was counted: `reached` of `asked`. For revenue `reached` is the sum, for size it is the size. */
  readonly reached: number;
  readonly asked: number;
  /** The metric; null = nothing to measure it by yet. */
  readonly value: number | null;
}

/** Both sides of a holdout since their first exposure. */
export interface HoldoutFacts {
  readonly experiment: string;
  /** What is compared of both sides besides revenue, the metric of the objective; null where there is none. */
  readonly metric: Metric | null;
  /** `exposure`: what was done after it. `now`: who reaches the goal as it stands, whenever it was done. */
  readonly since: 'exposure' | 'now';
  readonly exposed: SideFacts;
  readonly heldOut: SideFacts;
}

export interface SideFacts {
  readonly people: number;
  /** Of those: who could reach what is compared by now, and who of them did. */
  readonly asked: number;
  readonly converted: number;
  readonly revenue: number;
  readonly squares: number;
}

/** What facts are made of besides the counts. */
export interface FactsInput {
  readonly segment: string;
  readonly at: string;
  readonly definitions: string;
  readonly objective: Objective | undefined;
  readonly hasLabel: boolean;
  readonly measures: Measures | undefined;
  readonly experiments: readonly string[];
  /** Whether the goal can be followed back to a first exposure. */
  readonly followed: boolean;
  /** The size so long ago as retention looks back; undefined = nobody counted then. */
  readonly sizeBefore: number | undefined;
}

/** The facts of a segment on the day of a walk. Pure: the same counts give the same facts. */
export function factsOf(counts: Counts, input: FactsInput): DayFacts {
  const { segment, at, definitions, objective, measures, hasLabel, experiments, followed } = input;
  const counted = counts.segments[segment] ?? noneOfSegment();
  const { size, engaged, revenue, payers, labelled, rightful, promoters, passives, detractors, felt, feeling } =
    counted;
  return {
    segment,
    day: at.slice(0, 10),
    at,
    definitions,
    people: counts.people,
    size,
    entered: null,
    left: null,
    pushed: null,
    engaged: measures?.engagement === undefined ? null : engaged,
    revenue: measures?.revenue === undefined ? null : revenue / 100,
    payers: measures?.revenue === undefined ? null : payers,
    objective: objective === undefined ? null : objectiveFacts(objective, counted, input),
    label: hasLabel ? { members: labelled, everybody: rightful } : null,
    nps: measures?.nps === undefined ? null : { promoters, passives, detractors },
    sentiment:
      measures?.sentiment === undefined ? null : { people: felt, mean: felt === 0 ? null : feeling / felt / 1_000 },
    holdouts: experiments.map((experiment) => {
      const sides = counts.holdouts[segment]?.[experiment];
      return {
        experiment,
        metric: objective?.metric ?? null,
        since: followed || objective?.metric === 'retention' ? 'exposure' : 'now',
        exposed: sideFacts(sides?.exposed ?? noneOfSide()),
        heldOut: sideFacts(sides?.heldOut ?? noneOfSide()),
      };
    }),
  };
}

function sideFacts({ people, asked, converted, revenue, squares }: SideCounts): SideFacts {
  return { people, asked, converted, revenue: revenue / 100, squares };
}

type Counted = Counts['segments'][string];

function objectiveFacts({ metric }: Objective, counted: Counted, { sizeBefore }: FactsInput): ObjectiveFacts {
  const { size, stayed, asked, reached, revenue } = counted;
  switch (metric) {
    case 'size':
      return { metric, reached: size, asked: size, value: size };
    case 'revenue_per_member':
      return { metric, reached: revenue / 100, asked: size, value: size === 0 ? null : revenue / 100 / size };
    case 'retention': {
      // Two people who turned out to be one may leave fewer than stayed.
      const before = sizeBefore === undefined ? 0 : Math.max(sizeBefore, stayed);
      return { metric, reached: stayed, asked: before, value: before === 0 ? null : stayed / before };
    }
    default:
      return { metric, reached, asked, value: asked === 0 ? null : reached / asked };
  }
}

/** The day on which members must have been counted for retention to be told on `day`. */
export function dayBefore(day: string, ms: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - Math.ceil(ms / DAY) * DAY).toISOString().slice(0, 10);
}

/** Where an objective stands beside the straight line from its baseline to its target. */
export interface Performance {
  readonly metric: Metric;
  /** Whether `value`, `baseline` and `target` are shares from 0 to 1. */
  readonly share: boolean;
  readonly value: number | null;
  readonly baseline: number | null;
  readonly target: number;
  /** What the line says for now; null without a baseline. */
  readonly expected: number | null;
  /** How far the way from baseline to target is gone: 1 = reached. Null without a baseline or a value. */
  readonly progress: number | null;
  /** How much of the time is gone, 0 to 1. */
  readonly elapsed: number;
  readonly since: string;
  readonly by: string;
  readonly standing: 'reached' | 'on pace' | 'behind' | 'missed' | 'not measured';
  /** People that the value is counted among. */
  readonly asked: number;
  readonly owner: string | null;
  readonly budget: string | null;
  /** What pushing cost since then, in the days that are over; null where there is no budget. */
  readonly spent: Spent | null;
}

/**
 * Compares the latest facts with the objective. `first` are the earliest that measured it: they give the baseline and the
 * beginning where the file says neither. The line ends with the day of `by`. What was spent is told of `known` days.
 */
export function performanceOf(
  objective: Objective,
  latest: Pick<DayFacts, 'objective' | 'at'>,
  first: Pick<DayFacts, 'objective' | 'day'>,
  known: readonly Pick<DayFacts, 'day' | 'pushed'>[] = [],
): Performance {
  const { metric, target, by, owner = null, budget = null } = objective;
  const measured = (facts: Pick<DayFacts, 'objective'>) =>
    facts.objective?.metric === metric ? facts.objective : undefined;
  const value = measured(latest)?.value ?? null;
  const baseline = objective.baseline ?? measured(first)?.value ?? null;
  const since = objective.since ?? first.day;
  const elapsed = elapsedOf(since, by, Date.parse(latest.at));
  const expected = baseline === null ? null : expectedAt(baseline, target, elapsed);
  const line = { metric, share: isShare(metric), value, baseline, target, expected, elapsed, since, by, owner, budget };
  const progress =
    value === null || baseline === null || baseline === target ? null : progressOf(value, baseline, target);
  const spent = budget === null ? null : spentSince(since, known, budget);
  return { ...line, progress, standing: standingOf(line), asked: measured(latest)?.asked ?? 0, spent };
}

/** How much of the time from one day to the end of another is gone, 0 to 1. */
export function elapsedOf(since: string, by: string, now: number): number {
  const [from, to] = [Date.parse(`${since}T00:00:00Z`), Date.parse(`${by}T00:00:00Z`) + DAY];
  return to <= from ? 1 : Math.min(1, Math.max(0, (now - from) / (to - from)));
}

/** The value on the straight line. */
export function expectedAt(baseline: number, target: number, elapsed: number): number {
  return baseline + (target - baseline) * elapsed;
}

function progressOf(value: number, baseline: number, target: number): number {
  return (value - baseline) / (target - baseline);
}

/** A target below its baseline is reached from above. Without a baseline there is no pace, only reached or not. */
function standingOf(line: Pick<Performance, 'value' | 'baseline' | 'target' | 'expected' | 'elapsed'>) {
  const { value, baseline, target, expected, elapsed } = line;
  if (value === null) return 'not measured';
  const upwards = baseline === null || target >= baseline;
  const beyond = (mark: number): boolean => (upwards ? value >= mark : value <= mark);
  if (beyond(target)) return 'reached';
  if (elapsed === 1) return 'missed';
  return expected === null || beyond(expected) ? 'on pace' : 'behind';
}
