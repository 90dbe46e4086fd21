import { isJsonObject, type Json } from '../json.ts';
import { parseDuration } from '../segment/duration.ts';
import type { Condition, SegmentDefinition } from '../segment.ts';

/** What an objective may be measured by. */
export const metrics = ['conversion', 'activity_rate', 'open_rate', 'revenue_per_member', 'retention', 'size'] as const;
export type Metric = (typeof metrics)[number];

/** Metrics that are a share of people, 0 to 1; the others are plain numbers. */
const SHARES: readonly Metric[] = ['conversion', 'activity_rate', 'open_rate', 'retention'];

/** The window of a metric that says none. */
export const USUAL_WINDOW = '30 days';

/** The objective of a segment, read. */
export interface Objective {
  readonly metric: Metric;
  /** Whom the metric counts, as a condition; undefined where it is not about one. */
  readonly goal?: Condition;
  /** Among whom they are counted; undefined = all members. */
  readonly per?: Condition;
  /** How long somebody must have stayed, for `retention`. */
  readonly withinMs: number;
  /** A share from 0 to 1, or a number, as the metric is. */
  readonly baseline?: number;
  readonly target: number;
  /** The day on which the target is to be reached, at its end; and that from which on it is pursued. */
  readonly by: string;
  readonly since?: string;
  /** 0 to 1: what audiences of the segment hold out that do not say it themselves. */
  readonly holdout?: number;
  readonly budget?: string;
  readonly owner?: string;
}

export function isShare(metric: Metric): boolean {
  return SHARES.includes(metric);
}

/** Whether a text is one of the metrics. */
export function isMetric(text: unknown): text is Metric {
  return metrics.some((one) => one === text);
}

/**
 * The objective of a segment as its file says it. Undefined where it has none, or one of a form that is no longer known:
 * what is published was checked by the release that published it.
 */
export function objectiveOf({ objective }: Pick<SegmentDefinition, 'objective'>): Objective | undefined {
  if (!isJsonObject(objective)) return undefined;
  const { metric, baseline, target, by, since, holdout, budget, owner } = objective;
  const aim = numberOf(target);
  if (!isMetric(metric) || aim === undefined || typeof by !== 'string') return undefined;
  const [from, share] = [numberOf(baseline), numberOf(holdout)];
  return {
    metric,
    ...asked(metric, objective.goal, objective.per, textOf(objective.within)),
    withinMs: parseDuration(objective.within ?? USUAL_WINDOW)?.ms ?? 0,
    ...(from === undefined ? {} : { baseline: from }),
    target: aim,
    by,
    ...(typeof since === 'string' ? { since } : {}),
    ...(share === undefined ? {} : { holdout: share }),
    ...(typeof budget === 'string' ? { budget } : {}),
    ...(typeof owner === 'string' ? { owner } : {}),
  };
}

/** How often a segment is to be reviewed, and by what its members are checked. */
export interface ReviewRule {
  readonly everyMs: number;
  /** Whoever is rightly a member passes it: known only afterwards, or from elsewhere. */
  readonly label?: Condition;
}

/** `review: every 30 days`, or `review: { every: 30 days, label: … }`. Undefined = only when somebody asks. */
export function reviewRuleOf({ review }: Pick<SegmentDefinition, 'review'>): ReviewRule | undefined {
  const written = typeof review === 'string' ? review.replace(/^every /, '') : review?.every.replace(/^every /, '');
  const every = parseDuration(written)?.ms;
  if (every === undefined) return undefined;
  const label = typeof review === 'string' ? undefined : review?.label;
  return { everyMs: every, ...(label === undefined ? {} : { label }) };
}

function asked(metric: Metric, goal: Json | undefined, per: Json | undefined, within = USUAL_WINDOW) {
  const usual = metric === 'open_rate';
  const whom = goal ?? (usual ? { did: 'Email Opened', within } : undefined);
  const among = per ?? (usual ? { did: 'Email Delivered', within } : undefined);
  return {
    ...(whom === undefined ? {} : { goal: whom as Condition }),
    ...(among === undefined ? {} : { per: among as Condition }),
  };
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** `4%` is 0.04, `12.5` is itself. */
function numberOf(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return value;
  const percent = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s?%$/.exec(value)?.[1] : undefined;
  return percent === undefined ? undefined : Number(percent) / 100;
}
