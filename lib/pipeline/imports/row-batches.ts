import type { FileRow, Reason, RejectedRow, RowPlace } from '../../connectors/row-file.ts';

/** Rows and bytes of one batch. The same for everybody: by its number a batch is known when a file is read again. */
const BATCH_ROWS = 1_000;
const BATCH_BYTES = 700_000;

/** Rows of a file that go together, those that cannot be read included. */
export interface FileBatch {
  readonly number: number;
  /** Where the first of them begins. */
  readonly from: RowPlace;
  readonly rows: readonly FileRow[];
}

/** The rows that were read. */
export function readable(rows: readonly FileRow[]): readonly Extract<FileRow, { readonly row: unknown }>[] {
  return rows.filter((one) => 'row' in one);
}

/** Rows of a batch that were not taken, in the order of the file: those that cannot be read, and those that were refused. */
export function rejectsOf(
  rows: readonly FileRow[],
  refused: readonly (Reason & { readonly line: number })[],
): readonly RejectedRow[] {
  const reasons = new Map(refused.map((one) => [one.line, one]));
  return rows.flatMap((row) => {
    const why = 'row' in row ? reasons.get(row.line) : row;
    return why === undefined ? [] : [{ line: row.line, raw: row.raw, code: why.code, reason: why.reason }];
  });
}

/** Cuts the rows of a file into batches, counted on from `first`; the same file gives the same ones, wherever one begins. */
export async function* inBatches(rows: AsyncIterable<readonly FileRow[]>, first = 0): AsyncGenerator<FileBatch> {
  let number = first;
  let held: FileRow[] = [];
  let bytes = 0;
  const batch = (): FileBatch => ({ number, from: placeOf(held[0]), rows: held });
  for await (const some of rows) {
    for (const one of some) {
      const size = one.raw.length * 2;
      if (held.length === BATCH_ROWS || (held.length > 0 && bytes + size > BATCH_BYTES)) {
        yield batch();
        number += 1;
        held = [];
        bytes = 0;
      }
      held.push(one);
      bytes += size;
    }
  }
  if (held.length > 0) yield batch();
}

function placeOf(row: FileRow | undefined): RowPlace {
  return { at: row?.at ?? 0, line: row?.line ?? 1 };
}
