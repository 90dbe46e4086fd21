import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';

/** How much has passed the proxy. */
export interface Counts {
  readonly calls: number;
  /** Calls by service and operation: `dynamodb:BatchExecuteStatement`. */
  readonly operations: Readonly<Record<string, number>>;
  /** Bytes of requests and of answers, by the same names, without their headers. */
  readonly bytes: Readonly<Record<string, { readonly sent: number; readonly received: number }>>;
  /** Capacity units that DynamoDB reported, of the calls that asked it to report. */
  readonly units: { readonly read: number; readonly write: number };
}

export interface Counter {
  /** Counts one call; an answer of DynamoDB is looked into for consumed capacity. */
  readonly count: (operation: string, sent: Buffer, answer: Buffer) => void;
  readonly counts: () => Counts;
}

const reads = /^dynamodb:(?:GetItem|BatchGetItem|Query|Scan|TransactGetItems)$/;

/** Opens a counter at zero. */
export function openCounter(): Counter {
  let calls = 0;
  const operations: Record<string, number> = {};
  const bytes: Record<string, Counts['bytes'][string]> = {};
  const units = { read: 0, write: 0 };
  return {
    count: (operation, sent, answer) => {
      calls += 1;
      operations[operation] = (operations[operation] ?? 0) + 1;
      const passed = bytes[operation] ?? { sent: 0, received: 0 };
      bytes[operation] = { sent: passed.sent + sent.byteLength, received: passed.received + answer.byteLength };
      // Most answers report nothing, and parsing them all would cost more than the rest of the proxy.
      if (!operation.startsWith('dynamodb:') || !answer.includes('"ConsumedCapacity"')) return;
      units[reads.test(operation) ? 'read' : 'write'] += capacityIn(answer);
    },
    counts: () => ({ calls, operations: { ...operations }, bytes: { ...bytes }, units: { ...units } }),
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
