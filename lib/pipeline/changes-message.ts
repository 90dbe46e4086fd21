import type { Change, FragmentId, Reading, Rejection } from '../domain/change.ts';
import type { Instant } from '../domain/instant.ts';
import type { Json } from '../domain/json.ts';
import type { QueueMessage } from './ports.ts';

/** A message of the changes queue as we send it. `doWork` reads it field by field: it may be of a former release. */
export interface ChangesMessage {
  readonly origin: 'page' | 'delivery' | 'collection' | 'replay';
  /** Absent where the changes are of many connections and none can be rejected. */
  readonly connection?: string;
  readonly changes?: readonly Change[];
  /** The reading that the changes are of, if they were read from a page. */
  readonly read?: Reading;
  /** The run or job, and the number of the message in it, that the changes count for. */
  readonly run?: { readonly id: string; readonly number: number };
  /**
   * The trace of the delivery, request or event that the changes came by; those of a run go by the run. It stands in the
   * log of whoever handles them, and on audience rows until a push has told the tool.
   */
  readonly cause?: string;
  /** Records whose people are paused before the changes are folded, or let go on after. */
  readonly pause?: readonly FragmentId[];
  /** When a tool hinted at what pauses them, or at what was read again: of one clock, so that the two can be compared. */
  readonly hintedAt?: Instant;
  readonly resume?: readonly FragmentId[];
  /** What the collector could not use: of which source, and under which name it is kept once. */
  readonly rejected?: readonly Rejection[];
  readonly stream?: string;
  readonly stamp?: string;
}

export function changesMessage(message: ChangesMessage): QueueMessage {
  return { body: message as unknown as Json };
}
