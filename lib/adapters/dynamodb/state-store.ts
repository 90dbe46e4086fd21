import { randomUUID } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { JsonObject } from '../../domain/json.ts';
import type { StateDocument, StateStore } from '../../pipeline/ports.ts';
import type { Dynamo, Item } from './client.ts';
import { formatMark, inFormat } from './format.ts';
import { queryPages } from './query.ts';

/** Numbers held in one row of a set: some kilobytes, so that adding one stays cheap. */
const NUMBERS_IN_ROW = 100;

/** Small documents in table `state`, each with a version that conditional writes compare. */
export function openStateStore(dynamo: Dynamo, table: string): StateStore {
  return {
    async get(kind, id) {
      const answer = await dynamo.client.send(
        new GetItemCommand({ TableName: table, Key: { kind: { S: kind }, id: { S: id } }, ConsistentRead: true }),
      );
      return answer.Item === undefined ? undefined : toDocument(answer.Item);
    },
    async put(kind, id, body, expected, options = {}) {
      // Names this write: a repetition by the SDK, after an answer that was lost, is told from somebody else's.
      const writer = randomUUID();
      const key = { kind: { S: kind }, id: { S: id } };
      try {
        await dynamo.client.send(
          new PutItemCommand({
            TableName: table,
            Item: {
              ...key,
              version: { N: String(expected + 1) },
              writer: { S: writer },
              body: { S: JSON.stringify(body) },
              ...formatMark('state'),
              ...(options.expiresAt === undefined
                ? {}
                : { expires: { N: String(Math.ceil(options.expiresAt / 1_000)) } }),
            },
            ...(expected === 0
              ? { ConditionExpression: 'attribute_not_exists(id)' }
              : {
                  ConditionExpression: 'version = :expected',
                  ExpressionAttributeValues: { ':expected': { N: String(expected) } },
                }),
          }),
        );
        return true;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // Somebody wrote in between: an answer, not a failure. It may have been us.
        const stored = await dynamo.client.send(
          new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true }),
        );
        return stored.Item?.writer?.S === writer;
      }
    },
    async list(kind, { most, after }) {
      const answer = await dynamo.client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'kind = :kind',
          ExpressionAttributeValues: { ':kind': { S: kind } },
          ConsistentRead: true,
          ScanIndexForward: false,
          Limit: most,
          ...(after === undefined ? {} : { ExclusiveStartKey: { kind: { S: kind }, id: { S: after } } }),
        }),
      );
      return (answer.Items ?? []).map(toDocument);
    },
    async *all(kind) {
      const pages = queryPages(dynamo, {
        TableName: table,
        KeyConditionExpression: 'kind = :kind',
        ExpressionAttributeValues: { ':kind': { S: kind } },
      });
      for await (const page of pages) yield page.map(toDocument);
    },
    async remove(kind, id) {
      await dynamo.client.send(new DeleteItemCommand({ TableName: table, Key: { kind: { S: kind }, id: { S: id } } }));
    },
    async addNumbers(kind, numbers, expiresAt) {
      const rows = new Map<number, string[]>();
      for (const number of new Set(numbers)) {
        const row = Math.floor(number / NUMBERS_IN_ROW);
        rows.set(row, [...(rows.get(row) ?? []), String(number)]);
      }
      for (const [row, held] of rows) {
        await dynamo.client.send(
          new UpdateItemCommand({
            TableName: table,
            Key: { kind: { S: kind }, id: { S: String(row) } },
            UpdateExpression: 'ADD numbers :numbers SET expires = :expires',
            ExpressionAttributeValues: {
              ':numbers': { NS: held },
              ':expires': { N: String(Math.ceil(expiresAt / 1_000)) },
            },
          }),
        );
      }
    },
    async numbers(kind) {
      const found = new Set<number>();
      const pages = queryPages(dynamo, {
        TableName: table,
        KeyConditionExpression: 'kind = :kind',
        ExpressionAttributeValues: { ':kind': { S: kind } },
        ConsistentRead: true,
      });
      for await (const page of pages)
        for (const item of page) for (const one of item.numbers?.NS ?? []) found.add(Number(one));
      return found;
    },
  };
}

function toDocument(stored: Item): StateDocument {
  const item = inFormat('state', stored);
  return {
    id: item.id?.S ?? '',
    version: Number(item.version?.N ?? 0),
    body: JSON.parse(item.body?.S ?? '{}') as JsonObject,
  };
}
