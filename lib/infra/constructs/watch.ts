import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type FunctionName, functionNames } from '../functions.ts';
import { freezeId, idPart } from '../logical-id.ts';
import { queueNames, queues as queueSpecs } from '../queues.ts';
import type { WorkQueues } from './work-queues.ts';

export interface WatchProps {
  readonly workspace: string;
  readonly queues: WorkQueues;
  readonly api: HttpApi;
  readonly alerts: Topic;
  lambda(name: FunctionName): LambdaFunction;
}

interface AlarmSpec {
  readonly id: string;
  /** What the operator reads in the message: what is wrong and where to look. */
  readonly says: string;
  readonly metric: IMetric;
  readonly above: number;
  /** `lasting`: in two of three periods, so that one failure that a retry heals wakes nobody. */
  readonly when: 'at-once' | 'lasting';
}

const PERIOD = Duration.minutes(5);

/** Alarms on everything that needs a person, and one page that shows the whole. */
export class Watch extends Construct {
  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id);
    const action = new SnsAction(props.alerts);
    for (const spec of alarmsFor(props)) openAlarm(this, spec).addAlarmAction(action);
    // The functions tell the topic themselves, with what to do: these alarms only show that something is open.
    for (const spec of alertAlarms(props.workspace)) openAlarm(this, spec);
    openDashboard(this, props);
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
        says: `Messages wait in ${name}. See "Dead letters" in docs/operating.md.`,
        metric: queue.metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: 'Maximum' }),
        above: 0,
        when: 'at-once',
      }),
    ),
    ...queueNames.map(
      (name): AlarmSpec => ({
        id: `${name}-late`,
        says: `The oldest message in ${name} has waited more than ${queueSpecs[name].lateAfterSeconds / 60} minutes.`,
        metric: queues.queue(name).metricApproximateAgeOfOldestMessage({ period: PERIOD, statistic: 'Maximum' }),
        above: queueSpecs[name].lateAfterSeconds,
        when: 'at-once',
      }),
    ),
    ...functionNames.map(
      (name): AlarmSpec => ({
        id: `${name}-errors`,
        says: `${name} keeps failing. Its log group and traces say why.`,
        metric: lambda(name).metricErrors({ period: PERIOD, statistic: 'Sum' }),
        above: 0,
        when: 'lasting',
      }),
    ),
    // A refused invocation is in no log and no error; its messages come back until they are dead letters.
    ...functionNames.map(
      (name): AlarmSpec => ({
        id: `${name}-throttled`,
        says: `${name} is refused for want of concurrency. See "Deploying" in docs/operating.md.`,
        metric: lambda(name).metricThrottles({ period: PERIOD, statistic: 'Sum' }),
        above: 0,
        when: 'lasting',
      }),
    ),
    {
      id: 'http-api-failures',
      says: 'The HTTP API answers with 5xx.',
      metric: api.metricServerError({ period: PERIOD, statistic: 'Sum' }),
      above: 4,
      when: 'at-once',
    },
  ];
}

/** What pushes, pulls and schedules tell by themselves, as lib/pipeline/alerts.ts writes it into the log. */
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
    says: `${says} The message says what to do; so do /api/alerts and "Alerts" in docs/operating.md.`,
    metric: new Metric({
      namespace: 'Tributary',
      metricName: 'alerts',
      dimensionsMap: { workspace, kind },
      period: PERIOD,
      statistic: 'Sum',
    }),
    above: 0,
    when: 'at-once',
  }));
}

function openAlarm(scope: Construct, { id, says, metric, above, when }: AlarmSpec): Alarm {
  const alarm = new Alarm(scope, id, {
    alarmDescription: says,
    metric,
    threshold: above,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
    ...(when === 'lasting' ? { evaluationPeriods: 3, datapointsToAlarm: 2 } : { evaluationPeriods: 1 }),
  });
  freezeId(alarm, `${idPart(id)}Alarm`);
  return alarm;
}

function openDashboard(scope: Construct, { workspace, queues, api, lambda }: WatchProps): void {
  const perFunction = (metric: (of: LambdaFunction) => IMetric) => functionNames.map((name) => metric(lambda(name)));
  const board = new Dashboard(scope, 'dashboard', { dashboardName: `tributary-${workspace}` });
  board.addWidgets(
    graph(
      'Waiting (messages)',
      queueNames.map((name) => queues.queue(name).metricApproximateNumberOfMessagesVisible()),
    ),
    graph(
      'Oldest message (s)',
      queueNames.map((name) => queues.queue(name).metricApproximateAgeOfOldestMessage()),
    ),
    graph('Dead letters', [
      ...queueNames.map((name) => queues.deadLetters(name).metricApproximateNumberOfMessagesVisible()),
      queues.missedSchedules.metricApproximateNumberOfMessagesVisible(),
    ]),
  );
  board.addWidgets(
    graph(
      'Errors',
      perFunction((of) => of.metricErrors()),
    ),
    graph(
      'Duration (ms)',
      perFunction((of) => of.metricDuration()),
    ),
    graph('HTTP API', [api.metricCount(), api.metricClientError(), api.metricServerError()]),
  );
  freezeId(board, 'Dashboard');
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 8, height: 6 });
}
