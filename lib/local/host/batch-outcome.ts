import { isJsonObject } from '../../domain/json.ts';
import type { Invocation } from './function-process.ts';

/** What becomes of each message of a batch. */
export interface BatchOutcome {
  /** Ids of messages that are done and leave the queue. */
  readonly done: readonly string[];
  /** Ids of messages that stay, hidden until their visibility timeout ends. */
  readonly kept: readonly string[];
}

/**
 * Reads a function's answer to a batch of messages, as "Handling errors for an SQS event source in Lambda" of the
 * Lambda developer guide lays down. Without partial responses any answer means that the whole batch is done. With
 * them an empty or null list means so; an unreadable answer, an empty or null identifier, a wrong key or the id of no
 * message of the batch means that the whole batch failed.
 */
export function readBatchOutcome(
  ids: readonly string[],
  invocation: Invocation,
  partialResponses: boolean,
): BatchOutcome {
  const all = { done: ids, kept: [] };
  const none = { done: [], kept: ids };
  if (!invocation.ok) return none;
  if (!partialResponses) return all;
  const answer: unknown = JSON.parse(invocation.payload);
  if (answer === null) return all;
  if (!isJsonObject(answer)) return none;
  const failures = answer.batchItemFailures ?? null;
  if (failures === null) return all;
  if (!Array.isArray(failures)) return none;
  const failed = new Set<string>();
  for (const failure of failures) {
    const id = isJsonObject(failure) ? failure.itemIdentifier : undefined;
    if (typeof id !== 'string' || !ids.includes(id)) return none;
    failed.add(id);
  }
  return { done: ids.filter((id) => !failed.has(id)), kept: ids.filter((id) => failed.has(id)) };
}
