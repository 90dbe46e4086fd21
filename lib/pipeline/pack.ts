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
  const tooLarge: Rejection[] = [];
  const sized = changes.flatMap((change) => {
    const bytes = bytesOf(change);
    if (bytes <= CHANGE_BYTES) return [{ item: change, bytes }];
    const reason = `the change takes ${bytes} bytes; a message carries at most ${CHANGE_BYTES}`;
    tooLarge.push({ code: 'sync/too-large', reason, record: change });
    return [];
  });
  return { groups: inGroups(sized), tooLarge };
}

/** Packs rejections to messages of their own. Of a record that no message can carry only the size goes along. */
export function packRejections(rejections: readonly Rejection[]): readonly (readonly Rejection[])[] {
  const sized = rejections.map((rejection) => {
    const bytes = bytesOf(rejection);
    if (bytes <= CHANGE_BYTES) return { item: rejection, bytes };
    const small = { ...rejection, record: { tooLargeToKeep: true, bytes } };
    return { item: small, bytes: bytesOf(small) };
  });
  return inGroups(sized);
}

function inGroups<T>(sized: readonly { readonly item: T; readonly bytes: number }[]): T[][] {
  const groups: T[][] = [];
  let filled = 0;
  for (const { item, bytes } of sized) {
    const last = groups.at(-1);
    if (last === undefined || filled + bytes > MESSAGE_BYTES) {
      groups.push([item]);
      filled = bytes;
    } else {
      last.push(item);
      filled += bytes;
    }
  }
  return groups;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(queueableText(value)) + 1;
}
