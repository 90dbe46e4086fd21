import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { type ArchiveFolder, archiveFolders } from './archive.ts';
import type { ConnectionSecrets } from './constructs/connection-secrets.ts';
import type { DataStore } from './constructs/data-store.ts';
import type { WorkQueues } from './constructs/work-queues.ts';
import type { FunctionSpec } from './functions.ts';
import { idPart } from './logical-id.ts';
import { type TableName, type TableRight, type TableSpec, tables } from './tables.ts';

/** The resources that functions share. */
export interface Surroundings {
  readonly data: DataStore;
  readonly queues: WorkQueues;
  readonly secrets: ConnectionSecrets;
  readonly alerts: Topic;
}

/** Everything that the role of a function may do: what its spec names, its own log, and tracing. */
export function statementsFor(spec: FunctionSpec, around: Surroundings, log: LogGroup): PolicyStatement[] {
  const { data, queues } = around;
  return [
    allow('Log', ['logs:CreateLogStream', 'logs:PutLogEvents'], [log.logGroupArn]),
    // X-Ray has no resources to narrow to: its documentation gives `*` for both actions.
    allow('Trace', ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], ['*']),
    ...tableStatements(spec, data),
    allow(
      'Consume',
      ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      spec.sources.map(({ queue }) => queues.queue(queue).queueArn),
    ),
    allow(
      'Send',
      ['sqs:SendMessage'],
      spec.sends.map((queue) => queues.queue(queue).queueArn),
    ),
    allow(
      'TakeDeadLetters',
      ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      [...new Set([...(spec.searches ?? []), ...(spec.redrives ?? [])])].map(
        (queue) => queues.deadLetters(queue).queueArn,
      ),
    ),
    allow(
      'PutBackDeadLetters',
      ['sqs:SendMessage'],
      (spec.searches ?? []).map((queue) => queues.deadLetters(queue).queueArn),
    ),
    allow('MeasureQueues', ['sqs:GetQueueAttributes'], spec.measuresQueues === true ? queues.arns : []),
    allow('ReadArchive', ['s3:GetObject'], folderArns(spec.archive.read, data)),
    allow('WriteArchive', ['s3:PutObject'], folderArns(spec.archive.write, data)),
    allow('EraseArchive', ['s3:DeleteObject'], folderArns(spec.archive.erase ?? [], data)),
    allow('ListArchive', ['s3:ListBucket'], listsArchive(spec) ? [data.archive.bucketArn] : []),
    allow('Notify', ['sns:Publish'], spec.notifies ? [around.alerts.topicArn] : []),
    allow('ReadSecrets', ['secretsmanager:GetSecretValue'], secretArns(spec, around)),
  ].filter((statement) => statement.resources.length > 0);
}

function listsArchive({ archive }: FunctionSpec): boolean {
  return archive.erase !== undefined || archive.asksForAbsent === true;
}

/** The objects that the wildcard at the end of a folder's ARN stands for, as cdk-nag names the finding. */
export function folderFindings(spec: FunctionSpec): readonly string[] {
  const folders = new Set([...spec.archive.read, ...spec.archive.write]);
  return [...folders].map((folder) => `Resource::<ArchiveBucket.Arn>/${archiveFolders[folder].prefix}*`);
}

function tableStatements(spec: FunctionSpec, data: DataStore): PolicyStatement[] {
  const rights = Object.entries(spec.tables) as [TableName, readonly TableRight[]][];
  const indexes = Object.entries(spec.indexes) as [TableName, readonly string[]][];
  return [
    ...rights.map(([name, granted]) => {
      const { actions }: TableSpec = tables[name];
      const allowed = new Set(granted.flatMap((right) => actions[right] ?? []));
      return allow(
        `Use${idPart(name)}`,
        [...allowed].map((action) => `dynamodb:${action}`),
        [data.table(name).tableArn],
      );
    }),
    allow(
      'QueryIndexes',
      ['dynamodb:Query'],
      indexes.flatMap(([name, names]) => names.map((index) => `${data.table(name).tableArn}/index/${index}`)),
    ),
  ];
}

function folderArns(folders: readonly ArchiveFolder[], data: DataStore): readonly string[] {
  return folders.map((folder) => data.archive.arnForObjects(`${archiveFolders[folder].prefix}*`));
}

function secretArns(spec: FunctionSpec, { data, secrets }: Surroundings): readonly string[] {
  const arns = spec.secrets.flatMap((use) =>
    use === 'identity-key' ? [data.identityKey.secretArn] : secrets.arnsFor(use),
  );
  return [...new Set(arns)];
}

function allow(sid: string, actions: readonly string[], resources: readonly string[]): PolicyStatement {
  return new PolicyStatement({ sid, actions: [...actions], resources: [...resources] });
}
