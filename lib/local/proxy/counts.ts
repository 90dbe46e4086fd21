import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';

/** How much has passed the proxy. */
export interface Counts {
  readonly calls: number;
  /** Calls by service and operation: `dynamodb:BatchExecuteStatement`. */
  readonly operations: Readonly<Record<string, number>>;
  /** Capacity units that DynamoDB reported, of the calls that asked it to report. */
  readonly units: { readonly read: number; readonly write: number };
}

export interface Counter {
  /** Counts one call; `answer` is looked into for consumed capacity. */
  readonly count: (operation: string, answer: Buffer | undefined) => void;
  readonly counts: () => Counts;
}

const reads = /^dynamodb:(?:GetItem|BatchGetItem|Query|Scan|TransactGetItems)$/;

/** Opens a counter at zero. */
export function openCounter(): Counter {
  let calls = 0;
  const operations: Record<string, number> = {};
  const units = { read: 0, write: 0 };
  return {
    count: (operation, answer) => {
      calls += 1;
      operations[operation] = (operations[operation] ?? 0) + 1;
      // Most answers report nothing, and parsing them all would cost more than the rest of the proxy.
      if (answer === undefined || !answer.includes('"ConsumedCapacity"')) return;
      units[reads.test(operation) ? 'read' : 'write'] += capacityIn(answer);
    },
    counts: () => ({ calls, operations: { ...operations }, units: { ...units } }),
  };
}

function capacityIn(answer: Buffer): number {
  const read: unknown = JSON.parse(answer.toString());
  const reported = isJsonObject(read) ? read.ConsumedCapacity : undefined;
  const each: readonly Json[] = Array.isArray(reported) ? reported : [reported ?? null];
  return each.reduce<number>((sum, one) => sum + (isJsonObject(one) ? unitsOf(one) : 0), 0);
}

function unitsOf(capacity: JsonObject): number {
  return typeof capacity.CapacityUnits === 'number' ? capacity.CapacityUnits : 0;
}
