import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { stageAccount, stageRegion } from '../engines/resource-names.ts';
import { listAt, objectAt, textAt } from '../engines/template.ts';

/** A permission that a call needs. */
export interface Need {
  readonly action: string;
  readonly resource: string;
}

type Needs = (body: JsonObject) => readonly Need[] | undefined;

// Which permission each operation needs, from the Service Authorization Reference (Amazon DynamoDB, Amazon SQS).
// An operation that is not here is refused.
const dynamodb: Readonly<Record<string, Needs>> = {
  GetItem: onTable('GetItem'),
  PutItem: onTable('PutItem'),
  UpdateItem: onTable('UpdateItem'),
  DeleteItem: onTable('DeleteItem'),
  DescribeTable: onTable('DescribeTable'),
  Query: onTableOrIndex('Query'),
  Scan: onTableOrIndex('Scan'),
  BatchGetItem: (body) => Object.keys(objectAt(body, 'RequestItems')).map((table) => need('BatchGetItem', table)),
  BatchWriteItem: (body) => Object.keys(objectAt(body, 'RequestItems')).map((table) => need('BatchWriteItem', table)),
  TransactGetItems: onItems({ Get: 'GetItem' }),
  TransactWriteItems: onItems({
    Put: 'PutItem',
    Update: 'UpdateItem',
    Delete: 'DeleteItem',
    ConditionCheck: 'ConditionCheckItem',
  }),
  ExecuteStatement: (body) => statementNeeds([body]),
  BatchExecuteStatement: (body) => statementNeeds(listAt(body, 'Statements')),
  ExecuteTransaction: (body) => statementNeeds(listAt(body, 'TransactStatements')),
};

const sqs: Readonly<Record<string, Needs>> = {
  SendMessage: onQueue('SendMessage'),
  SendMessageBatch: onQueue('SendMessage'),
  ReceiveMessage: onQueue('ReceiveMessage'),
  DeleteMessage: onQueue('DeleteMessage'),
  DeleteMessageBatch: onQueue('DeleteMessage'),
  ChangeMessageVisibility: onQueue('ChangeMessageVisibility'),
  ChangeMessageVisibilityBatch: onQueue('ChangeMessageVisibility'),
  GetQueueAttributes: onQueue('GetQueueAttributes'),
  GetQueueUrl: (body) => [{ action: 'sqs:GetQueueUrl', resource: queueArn(textAt(body, 'QueueName') ?? '') }],
};

/** What a DynamoDB operation needs, once each; undefined when the operation or one of its statements is unknown. */
export function dynamodbNeeds(operation: string, body: JsonObject): readonly Need[] | undefined {
  if (!Object.hasOwn(dynamodb, operation)) return undefined;
  const needs = dynamodb[operation]?.(body);
  return needs === undefined || needs.length < 2 ? needs : distinct(needs);
}

/** What an SQS operation needs; undefined when the operation is unknown. */
export function sqsNeeds(operation: string, body: JsonObject): readonly Need[] | undefined {
  return Object.hasOwn(sqs, operation) ? sqs[operation]?.(body) : undefined;
}

/** The verb and table of a PartiQL statement, and its index if it reads one; undefined when it cannot be read. */
export function readStatement(
  statement: string,
):
  | { readonly verb: 'Insert' | 'Update' | 'Delete' | 'Select'; readonly table: string; readonly index?: string }
  | undefined {
  const match =
    /^\s*(?:EXISTS\s*\(\s*)?(INSERT\s+INTO|UPDATE|DELETE\s+FROM|SELECT\s[\s\S]*?\sFROM)\s+(?:"([^"]+)"|([\w-]+))(?:\.(?:"([^"]+)"|([\w-]+)))?/i.exec(
      statement,
    );
  const table = match?.[2] ?? match?.[3];
  const index = match?.[4] ?? match?.[5];
  const verb = verbs[match?.[1]?.slice(0, 6).toUpperCase() ?? ''];
  if (verb === undefined || table === undefined) return undefined;
  return index === undefined ? { verb, table } : { verb, table, index };
}

const verbs: Readonly<Record<string, 'Insert' | 'Update' | 'Delete' | 'Select'>> = {
  INSERT: 'Insert',
  UPDATE: 'Update',
  DELETE: 'Delete',
  SELECT: 'Select',
};

function statementNeeds(statements: readonly Json[]): readonly Need[] | undefined {
  const needs = new Map<string, Need>();
  for (const entry of statements) {
    const text = isJsonObject(entry) ? textAt(entry, 'Statement') : undefined;
    // A batch repeats one statement text with other parameters.
    if (text === undefined) return undefined;
    if (needs.has(text)) continue;
    const read = readStatement(text);
    if (read === undefined) return undefined;
    needs.set(text, need(`PartiQL${read.verb}`, read.table, read.index));
  }
  return [...needs.values()];
}

function onTable(action: string): Needs {
  return (body) => [need(action, textAt(body, 'TableName') ?? '')];
}

function onTableOrIndex(action: string): Needs {
  return (body) => [need(action, textAt(body, 'TableName') ?? '', textAt(body, 'IndexName'))];
}

function onItems(actions: Readonly<Record<string, string>>): Needs {
  return (body) => {
    const needs: Need[] = [];
    for (const item of listAt(body, 'TransactItems')) {
      const [kind = ''] = isJsonObject(item) ? Object.keys(item) : [];
      const action = actions[kind];
      if (action === undefined || !isJsonObject(item)) return undefined;
      needs.push(need(action, textAt(objectAt(item, kind), 'TableName') ?? ''));
    }
    return needs;
  };
}

function onQueue(action: string): Needs {
  return (body) => [{ action: `sqs:${action}`, resource: queueArn(queueNameOf(textAt(body, 'QueueUrl') ?? '')) }];
}

/** The last part of a queue's URL. */
export function queueNameOf(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

/** The ARN of a queue of the stage. */
function queueArn(name: string): string {
  return `arn:aws:sqs:${stageRegion}:${stageAccount}:${name}`;
}

function need(action: string, table: string, index?: string): Need {
  const arn = table.startsWith('arn:') ? table : `arn:aws:dynamodb:${stageRegion}:${stageAccount}:table/${table}`;
  return { action: `dynamodb:${action}`, resource: index === undefined ? arn : `${arn}/index/${index}` };
}

function distinct(needs: readonly Need[]): readonly Need[] {
  return [...new Map(needs.map((one) => [`${one.action} ${one.resource}`, one])).values()];
}
