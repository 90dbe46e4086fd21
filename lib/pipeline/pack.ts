import type { Change, Rejection } from '../domain/change.ts';
import { queueableText } from '../domain/json.ts';

/** Bytes of changes in one message: ten of them stay within Lambda's payload. */
const MESSAGE_BYTES = 200_000;
/** Bytes of one change that still fits a message of its own: SQS takes 256 KiB with everything around it. */
const CHANGE_BYTES = 240_000;

/** Changes in groups of bounded size, in order, and those that no message can carry. */
export interface Packed {
  readonly groups: readonly (readonly Change[])[];
  readonly tooLarge: readonly Rejection[];
}

/** Packs many changes to a message. Counts bytes as they are sent: a letter may take four of them. */
export function pack(changes: readonly Change[]): Packed {
  const groups: Change[][] = [];
  const tooLarge: Rejection[] = [];
  let bytes = 0;
  for (const change of changes) {
    const size = Buffer.byteLength(queueableText(change)) + 1;
    if (size > CHANGE_BYTES) {
      const reason = `the change takes ${size} bytes; a message carries at most ${CHANGE_BYTES}`;
      tooLarge.push({ code: 'sync/too-large', reason, record: change });
      continue;
    }
    const last = groups.at(-1);
    if (last === undefined || bytes + size > MESSAGE_BYTES) {
      groups.push([change]);
      bytes = size;
    } else {
      last.push(change);
      bytes += size;
    }
  }
  return { groups, tooLarge };
}
