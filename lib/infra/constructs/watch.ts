import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Alarm, type AlarmProps, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { docsUrlIn, pausedIn } from '../contexts.ts';
import { type FunctionName, functionNames } from '../functions.ts';
import { freezeId, idPart } from '../logical-id.ts';
import { queueNames, queues as queueSpecs } from '../queues.ts';
import { openDashboard, own } from './dashboard.ts';
import type { DataStore } from './data-store.ts';
import type { WorkQueues } from './work-queues.ts';

export interface WatchProps {
  readonly workspace: string;
  readonly queues: WorkQueues;
  readonly data: DataStore;
  readonly api: HttpApi;
  readonly alerts: Topic;
  lambda(name: FunctionName): LambdaFunction;
  log(name: FunctionName): LogGroup;
}

interface AlarmSpec {
  readonly id: string;
  /** What the operator reads in the message: what is wrong. */
  readonly says: string;
  /** The chapter of docs/runbook.md: what it means, how to look, what to do. */
  readonly chapter: string;
  readonly metric: IMetric;
  /** It rings above this, or, of what has to happen again and again, below it. */
  readonly threshold: number;
  /**
   * `lasting`: in two of three periods, so that one failure that a retry heals wakes nobody. `missing`: below the threshold
   * in three of three, and a period of which nothing is told is below it.
   */
  readonly when: 'at-once' | 'lasting' | 'missing';
}

const PERIOD = Duration.minutes(5);

/** Alarms on everything that needs a person, and one page that shows the whole. */
export class Watch extends Construct {
  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id);
    const action = new SnsAction(props.alerts);
    const runbook = `${docsUrlIn(this) ?? 'docs'}/runbook.md`;
    const telling = [...alarmsFor(props), clockAlarm(props, pausedIn(this).schedules)].map((spec) =>
      openAlarm(this, spec, runbook),
    );
    for (const alarm of telling) alarm.addAlarmAction(action);
    // The functions tell the topic themselves, with what to do: these alarms only show that something is open.
    const showing = alertAlarms(props.workspace).map((spec) => openAlarm(this, spec, runbook));
    openDashboard(this, { ...props, alarms: [...telling, ...showing], alertKinds: Object.keys(alerts), runbook });
  }
}

function alarmsFor({ queues, api, lambda }: WatchProps): readonly AlarmSpec[] {
  const deadLetters = [
    ...queueNames.map((name) => ({ name: `${name}-dead-letters`, queue: queues.deadLetters(name) })),
    { name: 'missed-schedules', queue: queues.missedSchedules },
  ];
  return [
    ...deadLetters.map(
      ({ name, queue }): AlarmSpec => ({
        id: `${name}-not-empty`,
        says: `Messages wait in ${name}: what they ask for is not done.`,
        chapter: queue === queues.missedSchedules ? 'missed-schedules-not-empty' : 'dead-letters-not-empty',
        metric: queue.metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: 'Maximum' }),
        threshold: 0,
        when: 'at-once',
      }),
    ),
    ...queueNames.map(
      (name): AlarmSpec => ({
        id: `${name}-late`,
        says: `The oldest message in ${name} has waited more than ${queueSpecs[name].lateAfterSeconds / 60} minutes.`,
        chapter: `${name}-late`,
        metric: queues.queue(name).metricApproximateAgeOfOldestMessage({ period: PERIOD, statistic: 'Maximum' }),
        threshold: queueSpecs[name].lateAfterSeconds,
        when: 'at-once',
      }),
    ),
    ...functionNames.map(
      (name): AlarmSpec => ({
        id: `${name}-errors`,
        says: `${name} keeps failing.`,
        chapter: 'function-errors',
        metric: lambda(name).metricErrors({ period: PERIOD, statistic: 'Sum' }),
        threshold: 0,
        when: 'lasting',
      }),
    ),
    // A refused invocation is in no log and no error; its messages come back until they are dead letters.
    ...functionNames.map(
      (name): AlarmSpec => ({
        id: `${name}-throttled`,
        says: `${name} is refused for want of concurrency.`,
        chapter: 'function-throttled',
        metric: lambda(name).metricThrottles({ period: PERIOD, statistic: 'Sum' }),
        threshold: 0,
        when: 'lasting',
      }),
    ),
    {
      id: 'http-api-failures',
      says: 'The HTTP API answers with 5xx.',
      chapter: 'http-api-failures',
      metric: api.metricServerError({ period: PERIOD, statistic: 'Sum' }),
      threshold: 4,
      when: 'at-once',
    },
  ];
}

/**
 * Without the sweep no time passes, and nobody misses the schedules that it looks after: so it is missed from outside. A
 * workspace that was paused and forgotten is one more way to it, and the message says which it is.
 */
function clockAlarm({ lambda }: WatchProps, paused: boolean): AlarmSpec {
  return {
    id: 'clock-stopped',
    says: paused
      ? 'This workspace was deployed as paused: nothing begins by itself until it is deployed otherwise.'
      : 'No sweep has run for a quarter of an hour: time stands still, and no schedule is looked after.',
    chapter: 'clock-stopped',
    metric: lambda('sweep-due').metricInvocations({ period: PERIOD, statistic: 'Sum' }),
    threshold: 1,
    when: 'missing',
  };
}

/** What pushes, pulls and schedules tell by themselves, as lib/pipeline/watch-alerts.ts writes it into the log. */
const alerts = {
  held: 'A push is held and waits for an approval.',
  failed: 'A pull or a push failed.',
  silent: 'A schedule did not start anything.',
  'stale-source': 'A push is held because a source is not up to date.',
  'match-rate': 'A tool knows fewer of the people it is sent.',
  'outcome-mix': 'A tool refuses more of the people it is sent.',
} as const;

function alertAlarms(workspace: string): readonly AlarmSpec[] {
  return Object.entries(alerts).map(([kind, says]) => ({
    id: `alert-${kind}`,
    says: `${says} The message says what to do, and so does /api/alerts.`,
    chapter: `alert-${kind}`,
    // Told each minute while one is open: red until it is not.
    metric: own('Pipeline/alert/open', { workspace, kind }, 'Maximum'),
    threshold: 0,
    when: 'at-once',
  }));
}

const rings: Readonly<Record<AlarmSpec['when'], Pick<AlarmProps, 'evaluationPeriods' | 'datapointsToAlarm'>>> = {
  'at-once': { evaluationPeriods: 1 },
  lasting: { evaluationPeriods: 3, datapointsToAlarm: 2 },
  missing: { evaluationPeriods: 3 },
};

function openAlarm(
  scope: Construct,
  { id, says, chapter, metric, threshold, when }: AlarmSpec,
  runbook: string,
): Alarm {
  const { GREATER_THAN_THRESHOLD, LESS_THAN_THRESHOLD } = ComparisonOperator;
  const alarm = new Alarm(scope, id, {
    alarmDescription: `${says} ${runbook}#${chapter}`,
    metric,
    threshold,
    comparisonOperator: when === 'missing' ? LESS_THAN_THRESHOLD : GREATER_THAN_THRESHOLD,
    treatMissingData: when === 'missing' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    ...rings[when],
  });
  freezeId(alarm, `${idPart(id)}Alarm`);
  return alarm;
}
