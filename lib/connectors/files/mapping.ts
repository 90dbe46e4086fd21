import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { MappedRecord } from '../../domain/mapping.ts';
import { type OpenMapping, openMapping, pathsIn } from '../map-written.ts';
import type { OpenFile } from '../row-file.ts';
import type { ReadMapping } from '../written-mapping.ts';

/** A row as it is archived: what was in the file, and the time that stands for rows without one of their own. */
export interface FileRecord {
  readonly row: JsonObject;
  /** RFC 3339. */
  readonly at: string;
}

/** The mapping of a connection, for rows. */
export function openRowMapping(written: ReadMapping): OpenMapping {
  return openMapping(written, 'row');
}

/** Maps rows of files as they are archived. */
export function openRows(written: ReadMapping): (record: unknown, connection: string) => MappedRecord {
  const { map } = openRowMapping(written);
  return (record, connection) => {
    if (!isJsonObject(record) || !isJsonObject(record.row) || typeof record.at !== 'string') {
      const reason = 'expected a row of a file with its time';
      return { ok: false, rejection: { code: 'mapping/not-an-object', reason, record } };
    }
    const mapped = map(record.row, connection, record.at);
    return mapped.ok ? mapped : { ok: false, rejection: { ...mapped.rejection, record } };
  };
}

/**
 * Columns that the mapping names and a file lacks. Of NDJSON only the first rows are looked at: what they lack may come
 * later. Throws `import/unknown-header` where the file has none of the columns that tell one row from another.
 */
export function missingColumns(written: ReadMapping, { form, columns }: OpenFile): readonly string[] {
  if (form === 'ndjson') return [];
  const has = (name: string) => columns.some((column) => column === name || name.startsWith(`${column}.`));
  const telling = written.id ?? Object.values(written.identifiers).flat();
  if (!telling.some(has)) {
    // Found names stay untold: of a file without a header they are somebody's data.
    const message = `none of the ${columns.length} columns is called ${telling.join(' or ')}, by which rows are told apart; correct the header or the mapping`;
    throw new TributaryError('rejected', 'import/unknown-header', message);
  }
  return pathsIn(written).filter((name) => !has(name));
}
