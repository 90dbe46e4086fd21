import type { OpenFile, RejectedRow } from '../../connectors/row-file.ts';
import type { PlainObjects } from '../ports.ts';
import { REJECTS } from './drop-notice.ts';

/** How far the rows that were not taken are written: into which object, and up to which byte of it. */
export interface RejectsPlace {
  readonly part: number;
  readonly bytes: number;
}

/** Bytes of one object: it is written again as a whole when rows are added. */
const MOST_BYTES = 8_000_000;
const TYPES = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' } as const;

/** The object of a part: beside all of its file, told apart by the run. */
export function rejectsKey(
  file: { readonly connection: string; readonly name: string },
  run: string,
  part: number,
  form: string,
): string {
  return `${REJECTS}${file.connection}/${file.name}/${run.slice(-8)}-${part}.${form}`;
}

/**
 * Adds rows to those that were not taken. What somebody wrote behind the place, and died before noting it, is written over:
 * each row is there once.
 */
export async function addRejects(
  files: PlainObjects,
  { form, header, lineOf }: OpenFile['rejects'],
  keyOf: (part: number, form: string) => string,
  place: RejectsPlace | undefined,
  rows: readonly RejectedRow[],
): Promise<RejectsPlace | undefined> {
  if (rows.length === 0) return place;
  const added = Buffer.from(rows.map((row) => `${lineOf(row)}\n`).join(''));
  const fits = place !== undefined && place.bytes + added.length <= MOST_BYTES;
  const part = fits ? place.part : (place?.part ?? 0) + 1;
  const key = keyOf(part, form);
  const kept = fits ? (await files.whole(key))?.subarray(0, place.bytes) : undefined;
  const before = kept ?? Buffer.from(header === undefined ? '' : `${header}\n`);
  const bytes = Buffer.concat([before, added]);
  await files.put(key, bytes, TYPES[form]);
  return { part, bytes: bytes.length };
}
