import type { JsonObject } from './json.ts';

/** What a metric counts, by what it is told apart, and what somebody on call reads from it. */
export interface MetricSpec {
  readonly unit: 'Milliseconds' | 'Count' | 'Percent';
  readonly dimensions: readonly string[];
  readonly says: string;
}

/** Every metric of our own. Each combination of dimensions is paid for by the month, so there are few. */
export const metrics = {
  'Pipeline/resolve/age': {
    unit: 'Milliseconds',
    dimensions: ['workspace'],
    says: 'from the queueing of changes until their people, memberships and audience rows are written, for each message',
  },
  'Pipeline/resolve/lateness': {
    unit: 'Milliseconds',
    dimensions: ['workspace'],
    says: 'how long after its instant an answer turned that time alone turns, for each',
  },
  'Pipeline/sweep/due': {
    unit: 'Count',
    dimensions: ['workspace'],
    says: 'people whose time had come, by sweep that found any; the same ones again while nobody decides them',
  },
  'Pipeline/call/quota': {
    unit: 'Percent',
    dimensions: ['workspace', 'connector', 'connection'],
    says: "how much of the connection's share of the day's requests is spent",
  },
  'Pipeline/alert/open': {
    unit: 'Count',
    dimensions: ['workspace', 'kind'],
    says: 'alerts that wait for a person, by kind, each minute for as long as there are any: a push that is held is one',
  },
} as const satisfies Readonly<Record<string, MetricSpec>>;

export type MetricName = keyof typeof metrics;

/** The namespace of all of them in CloudWatch. */
export const METRIC_NAMESPACE = 'Tributary';

/** CloudWatch takes a hundred values of a metric from one line. */
const MOST_VALUES = 100;

/** The value of each dimension of a metric. */
export type Dimensions<Name extends MetricName> = Readonly<
  Record<(typeof metrics)[Name]['dimensions'][number], string>
>;

/**
 * The fields of log lines by which CloudWatch learns the values of a metric (embedded metric format): one line's worth
 * for each hundred values, in ms, percent or as counts, at an instant in ms.
 */
export function metricLines<Name extends MetricName>(
  name: Name,
  values: readonly number[],
  dimensions: Dimensions<Name>,
  now: number,
): readonly JsonObject[] {
  const { unit, dimensions: names } = metrics[name];
  const definition = { Namespace: METRIC_NAMESPACE, Dimensions: [[...names]], Metrics: [{ Name: name, Unit: unit }] };
  const lines: JsonObject[] = [];
  for (let at = 0; at < values.length; at += MOST_VALUES) {
    const some = values.slice(at, at + MOST_VALUES);
    const told = some.length === 1 ? (some[0] ?? 0) : some;
    lines.push({ _aws: { Timestamp: now, CloudWatchMetrics: [definition] }, ...dimensions, [name]: told });
  }
  return lines;
}
