import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { listAt, objectAt, textAt } from '../engines/template.ts';
import type { ServiceFailure } from './answers.ts';
import type { Fate } from './faults.ts';
import { readStatement } from './operations.ts';

/** How a DynamoDB call is disturbed: refused whole, or forwarded in part with the rest put into its answer. */
export type Disturbance =
  | { readonly failure: ServiceFailure & { readonly more?: JsonObject } }
  | {
      /** The body to forward; undefined when nothing of it is left. */
      readonly body: JsonObject | undefined;
      readonly complete: (answer: JsonObject) => JsonObject;
    };

const throttled = {
  status: 400,
  code: 'ProvisionedThroughputExceededException',
  message:
    'The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.',
};

const singleWrites = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

/** Rolls for a DynamoDB call; undefined when it goes through as it is. */
export function disturb(operation: string, body: JsonObject, faults: Fate): Disturbance | undefined {
  switch (operation) {
    case 'BatchExecuteStatement':
      return someStatements(body, faults);
    case 'BatchGetItem':
      return someKeys(body, faults);
    case 'BatchWriteItem':
      return someItems(body, faults);
    case 'TransactWriteItems':
      if (faults.happens('throttle')) return { failure: throttled };
      return faults.happens('conflict') ? { failure: cancelled(listAt(body, 'TransactItems').length) } : undefined;
    case 'ExecuteTransaction':
      if (faults.happens('throttle')) return { failure: throttled };
      return faults.happens('conflict') ? { failure: cancelled(listAt(body, 'TransactStatements').length) } : undefined;
    default:
      if (faults.happens('throttle')) return { failure: throttled };
      if (!singleWrites.has(operation) || !faults.happens('conflict')) return undefined;
      return {
        failure: {
          status: 400,
          code: 'TransactionConflictException',
          message: 'Transaction is ongoing for the item',
        },
      };
  }
}

/** Statements of a batch fail one by one: the others are applied, and the answer keeps the order of the request. */
function someStatements(body: JsonObject, faults: Fate): Disturbance | undefined {
  const statements = listAt(body, 'Statements');
  const failures = statements.map((statement) => statementFailure(statement, faults));
  if (!failures.some((failure) => failure !== undefined)) return undefined;
  const left = statements.filter((_, index) => failures[index] === undefined);
  return {
    body: left.length === 0 ? undefined : { ...body, Statements: left },
    complete: (answer) => {
      const given = [...listAt(answer, 'Responses')];
      return { ...answer, Responses: failures.map((failure) => failure ?? given.shift() ?? {}) };
    },
  };
}

function statementFailure(statement: Json, faults: Fate): JsonObject | undefined {
  const read = isJsonObject(statement) ? readStatement(textAt(statement, 'Statement') ?? '') : undefined;
  const table = read?.table ?? '';
  if (faults.happens('throttle')) {
    return { Error: { Code: 'ThrottlingError', Message: throttled.message }, TableName: table };
  }
  if (read?.verb === 'Select' || !faults.happens('conflict')) return undefined;
  return {
    Error: { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' },
    TableName: table,
  };
}

function someKeys(body: JsonObject, faults: Fate): Disturbance | undefined {
  if (faults.happens('throttle')) return { failure: throttled };
  const kept: Record<string, Json> = {};
  const left: Record<string, Json> = {};
  for (const [table, request] of Object.entries(objectAt(body, 'RequestItems'))) {
    const asked = isJsonObject(request) ? request : {};
    const [some, others] = divide(listAt(asked, 'Keys'), faults);
    if (some.length > 0) kept[table] = { ...asked, Keys: some };
    if (others.length > 0) left[table] = { ...asked, Keys: others };
  }
  return inPart(body, kept, left, 'UnprocessedKeys', { Responses: {} });
}

function someItems(body: JsonObject, faults: Fate): Disturbance | undefined {
  if (faults.happens('throttle')) return { failure: throttled };
  const kept: Record<string, Json> = {};
  const left: Record<string, Json> = {};
  for (const [table, writes] of Object.entries(objectAt(body, 'RequestItems'))) {
    const [some, others] = divide(Array.isArray(writes) ? writes : [], faults);
    if (some.length > 0) kept[table] = some;
    if (others.length > 0) left[table] = others;
  }
  return inPart(body, kept, left, 'UnprocessedItems', {});
}

function inPart(
  body: JsonObject,
  kept: JsonObject,
  left: JsonObject,
  unprocessed: 'UnprocessedKeys' | 'UnprocessedItems',
  empty: JsonObject,
): Disturbance | undefined {
  if (Object.keys(left).length === 0) return undefined;
  return {
    body: Object.keys(kept).length === 0 ? undefined : { ...body, RequestItems: kept },
    complete: (answer) => ({
      ...empty,
      ...answer,
      [unprocessed]: mergeRequests(objectAt(answer, unprocessed), left),
    }),
  };
}

// The engine itself may leave a part of a large BatchGetItem (over 16 MB).
function mergeRequests(engine: JsonObject, left: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...engine };
  for (const [table, request] of Object.entries(left)) {
    const before = merged[table];
    if (Array.isArray(before) && Array.isArray(request)) merged[table] = [...before, ...request];
    else if (isJsonObject(before) && isJsonObject(request)) {
      merged[table] = { ...request, Keys: [...listAt(before, 'Keys'), ...listAt(request, 'Keys')] };
    } else merged[table] = request;
  }
  return merged;
}

/** One roll for the request decides whether anything is left over, then half of it is, one entry at least. */
function divide(entries: readonly Json[], faults: Fate): readonly [readonly Json[], readonly Json[]] {
  if (entries.length === 0 || !faults.happens('unprocessed')) return [entries, []];
  const half = Math.floor(entries.length / 2);
  return [entries.slice(0, half), entries.slice(half)];
}

function cancelled(items: number): ServiceFailure & { readonly more: JsonObject } {
  const reasons = Array.from({ length: items }, (_, index) => (index === 0 ? 'TransactionConflict' : 'None'));
  return {
    status: 400,
    code: 'TransactionCanceledException',
    message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.join(', ')}]`,
    more: {
      CancellationReasons: reasons.map((reason) =>
        reason === 'None' ? { Code: reason } : { Code: reason, Message: 'Transaction is ongoing for the item' },
      ),
    },
  };
}
