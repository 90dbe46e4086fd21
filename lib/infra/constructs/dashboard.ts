import { Aws, Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  LogQueryWidget,
  MathExpression,
  Metric,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { PROMISED_SECONDS } from '../../domain/lateness.ts';
import { METRIC_NAMESPACE, type MetricName, metrics } from '../../domain/metrics.ts';
import { type FunctionName, functionNames } from '../functions.ts';
import { freezeId } from '../logical-id.ts';
import { queueNames } from '../queues.ts';
import { tableNames } from '../tables.ts';
import type { DataStore } from './data-store.ts';
import type { WorkQueues } from './work-queues.ts';

export interface DashboardProps {
  readonly workspace: string;
  readonly queues: WorkQueues;
  readonly data: DataStore;
  readonly api: HttpApi;
  readonly alarms: readonly Alarm[];
  readonly alertKinds: readonly string[];
  /** Where the runbook is. */
  readonly runbook: string;
  lambda(name: FunctionName): LambdaFunction;
  log(name: FunctionName): LogGroup;
}

const PERIOD = Duration.minutes(5);
const WIDTH = 24;

/** One page that answers whoever is woken, question by question, the most urgent first. */
export function openDashboard(scope: Construct, props: DashboardProps): void {
  const board = new Dashboard(scope, 'dashboard', {
    // Dashboards are named in an account as a whole: a workspace may be in two regions of one.
    dashboardName: `tributary-${props.workspace}-${Aws.REGION}`,
    defaultInterval: Duration.hours(12),
  });
  for (const { asks, look, widgets } of rowsOf(props)) {
    const markdown = `## ${asks}\n${look} [Runbook](${props.runbook})`;
    board.addWidgets(new TextWidget({ markdown, width: WIDTH, height: 2 }));
    board.addWidgets(...widgets);
  }
  freezeId(board, 'Dashboard');
}

interface Row {
  readonly asks: string;
  readonly look: string;
  readonly widgets: readonly IWidget[];
}

function rowsOf(props: DashboardProps): readonly Row[] {
  return [
    {
      asks: 'Is something wrong now?',
      look: 'Red: its alarm says what it means and where its chapter of the runbook is.',
      widgets: [new AlarmStatusWidget({ title: 'Alarms', alarms: [...props.alarms], width: WIDTH, height: 5 })],
    },
    arrival(props),
    waiting(props),
    failing(props),
    pushing(props),
    spending(props),
  ];
}

function arrival({ workspace, queues }: DashboardProps): Row {
  const age = (statistic: string) => own('Pipeline/resolve/age', { workspace }, statistic, statistic);
  const lateness = (statistic: string) => own('Pipeline/resolve/lateness', { workspace }, statistic, statistic);
  const promised = { value: PROMISED_SECONDS * 1_000, label: 'promised for 99 of 100' };
  return {
    asks: 'How long from a change to its memberships?',
    look: 'Growing: look at what waits and what is throttled, below.',
    widgets: [
      graph('Arrival to membership (ms)', [age('p50'), age('p95'), age('p99')]),
      new GraphWidget({
        title: 'Answers that time alone turns: how late (ms)',
        left: [lateness('p50'), lateness('p99')],
        leftAnnotations: [promised],
        width: WIDTH / 3,
        height: 6,
      }),
      graph('People behind their time', [
        own('Pipeline/sweep/due', { workspace }, 'Maximum', 'due in one sweep'),
        queues.queue('recompute').metricApproximateNumberOfMessagesVisible({ label: 'recompute messages' }),
      ]),
    ],
  };
}

function waiting({ queues }: DashboardProps): Row {
  const each = (metric: (name: (typeof queueNames)[number]) => IMetric) => queueNames.map(metric);
  return {
    asks: 'What waits, and for how long?',
    look: 'A queue that only grows has a function that fails, is throttled, or a tool that says wait.',
    widgets: [
      graph(
        'Oldest message (s)',
        each((label) => queues.queue(label).metricApproximateAgeOfOldestMessage({ label })),
      ),
      graph(
        'Waiting (messages)',
        each((label) => queues.queue(label).metricApproximateNumberOfMessagesVisible({ label })),
      ),
      graph('Dead letters', [
        ...each((label) => queues.deadLetters(label).metricApproximateNumberOfMessagesVisible({ label })),
        queues.missedSchedules.metricApproximateNumberOfMessagesVisible({ label: 'missed schedules' }),
      ]),
    ],
  };
}

function failing({ data, api, lambda, log }: DashboardProps): Row {
  const perFunction = (metric: (of: LambdaFunction, label: string) => IMetric) =>
    functionNames.map((name) => metric(lambda(name), name));
  const throttledTables = tableNames.flatMap((table) =>
    ['ReadThrottleEvents', 'WriteThrottleEvents'].map((name) => ofTable(data, table, name, `${table} ${name}`)),
  );
  return {
    asks: 'What fails, and who has to act?',
    look: 'The table says kinds and codes of the hours shown: config and auth are yours, rate-limited and transient pass, defect is ours.',
    widgets: [
      graph(
        'Errors by function',
        perFunction((of, label) => of.metricErrors({ label })),
      ),
      graph('Throttles of functions and tables', [
        ...perFunction((of, label) => of.metricThrottles({ label })),
        ...throttledTables,
      ]),
      graph('HTTP API', [api.metricCount(), api.metricClientError(), api.metricServerError()]),
      new LogQueryWidget({
        title: 'Failures by kind and code',
        logGroupNames: functionNames.map((name) => log(name).logGroupName),
        queryLines: [
          'filter ispresent(code) and code != ""',
          'stats count(*) as times, max(@timestamp) as latest by kind, code, service',
          'sort times desc',
          'limit 30',
        ],
        width: WIDTH,
        height: 6,
      }),
    ],
  };
}

function pushing({ workspace, alertKinds, lambda }: DashboardProps): Row {
  const open = alertKinds.map((kind) => own('Pipeline/alert/open', { workspace, kind }, 'Maximum', kind));
  // Connections come and go with publications: whichever told anything is found.
  const search = `SEARCH('{${METRIC_NAMESPACE},${metrics['Pipeline/call/quota'].dimensions.join(',')}} MetricName="Pipeline/call/quota" workspace="${workspace}"', 'Maximum', 300)`;
  return {
    asks: 'Do pulls and pushes go out?',
    look: 'Held pushes wait for a person: `tributary runs`, then `tributary approve`.',
    widgets: [
      graph('Open alerts, held pushes among them', open),
      graph("Share of the day's requests spent (%)", [
        new MathExpression({ expression: search, label: '', usingMetrics: {}, period: PERIOD }),
      ]),
      graph(
        'Time taken (ms, p95)',
        (['sync-stream', 'activate-audience', 'run-job', 'import-file'] as const).map((label) =>
          lambda(label).metricDuration({ label, statistic: 'p95' }),
        ),
      ),
    ],
  };
}

function spending({ data, queues, lambda }: DashboardProps): Row {
  const sum = { statistic: 'Sum', period: Duration.hours(1) } as const;
  const units = (metric: string) => tableNames.map((table) => ofTable(data, table, metric, table, sum.period));
  return {
    asks: 'What is paid for?',
    look: 'By the hour. `tributary cost` has the prices.',
    widgets: [
      graph(
        'Milliseconds of functions',
        functionNames.map((label) => lambda(label).metricDuration({ ...sum, label })),
      ),
      graph('Write units of tables', units('ConsumedWriteCapacityUnits')),
      graph('Read units of tables', units('ConsumedReadCapacityUnits')),
      graph(
        'Messages sent',
        queueNames.map((label) => queues.queue(label).metricNumberOfMessagesSent({ ...sum, label })),
      ),
      graph(
        'Invocations',
        functionNames.map((label) => lambda(label).metricInvocations({ ...sum, label })),
      ),
    ],
  };
}

/** A metric of ours, with all its dimensions. An alarm takes none with a label: it would become an expression. */
export function own<Name extends MetricName>(
  name: Name,
  dimensions: Readonly<Record<(typeof metrics)[Name]['dimensions'][number], string>>,
  statistic: string,
  label?: string,
): Metric {
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName: name,
    dimensionsMap: dimensions,
    period: PERIOD,
    statistic,
    ...(label === undefined ? {} : { label }),
  });
}

function ofTable(
  data: DataStore,
  table: (typeof tableNames)[number],
  metricName: string,
  label: string,
  period = PERIOD,
): Metric {
  const dimensionsMap = { TableName: data.table(table).tableName };
  return new Metric({ namespace: 'AWS/DynamoDB', metricName, dimensionsMap, statistic: 'Sum', period, label });
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: WIDTH / 3, height: 6 });
}
