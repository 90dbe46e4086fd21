import type { FunctionSpec } from './functions.ts';
import type { QueueName } from './queues.ts';
import type { TableName } from './tables.ts';

/** Where the values of the variables come from; in the stack these are references to resources. */
export interface EnvironmentSource {
  tableName(table: TableName): string;
  queueUrl(queue: QueueName): string;
  deadLettersUrl(queue: QueueName): string;
  /** Names of all queues, as `openQueueDepths` reads them. */
  readonly watchedQueues: string;
  readonly bucketName: string;
  readonly identityKeySecret: string;
  readonly alertsTopic: string;
  /** Where the documents are read that messages of alerts lead to; undefined: nobody said. */
  readonly docsUrl: string | undefined;
  readonly workspace: string;
  /** What the template is synthesised from. */
  readonly deployed: string;
  /** What of it is paid for by the month, counted. */
  readonly inventory: string;
}

/** The variables of a function: exactly one for each thing that its spec lets it use, and two that all have. */
export function environmentOf(name: string, spec: FunctionSpec, from: EnvironmentSource): Record<string, string> {
  const environment: Record<string, string> = { POWERTOOLS_SERVICE_NAME: name, WORKSPACE: from.workspace };
  for (const table of tablesOf(spec)) environment[`${upper(table)}_TABLE`] = from.tableName(table);
  for (const queue of spec.sends) environment[`${upper(queue)}_QUEUE_URL`] = from.queueUrl(queue);
  for (const queue of [...(spec.searches ?? []), ...(spec.redrives ?? [])]) {
    environment[`${upper(queue)}_DEAD_LETTERS_URL`] = from.deadLettersUrl(queue);
  }
  if (spec.archive.read.length + spec.archive.write.length > 0) environment.ARCHIVE_BUCKET = from.bucketName;
  if (spec.measuresQueues === true) environment.WATCHED_QUEUES = from.watchedQueues;
  if (spec.notifies) environment.ALERTS_TOPIC = from.alertsTopic;
  // Alerts are raised by work of queues; the api function only ends some, and has no room left.
  if (spec.notifies && spec.sources.length > 0 && from.docsUrl !== undefined) environment.DOCS_URL = from.docsUrl;
  if (spec.secrets.includes('identity-key')) environment.IDENTITY_KEY_SECRET = from.identityKeySecret;
  if (spec.secrets.some((use) => use !== 'identity-key')) {
    environment.CONNECTION_SECRET_PREFIX = secretName(from.workspace, '');
  }
  if (spec.knowsDeployed === true) {
    environment.DEPLOYED = from.deployed;
    environment.INVENTORY = from.inventory;
  }
  return environment;
}

/** The tables that a function touches, by themselves or through an index. */
function tablesOf(spec: FunctionSpec): readonly TableName[] {
  return [...new Set([...Object.keys(spec.tables), ...Object.keys(spec.indexes)] as TableName[])];
}

/** The name of a secret of a workspace in Secrets Manager. */
export function secretName(workspace: string, of: string): string {
  return `tributary/${workspace}/${of}`;
}

function upper(name: string): string {
  return name.toUpperCase();
}
