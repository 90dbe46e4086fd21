import { ApiError } from './api-error.ts';
import type { Faults } from './faults.ts';
import { requireId, storedId } from './ids.ts';
import { attributesOf } from './query.ts';
import { findField } from './schema.ts';
import type { Fields, SalesforceStore } from './store.ts';
import { restValue } from './values.ts';

/** The most records of one collection (REST API guide, sObject Collections). */
const MOST_RECORDS = 200;

export interface SaveResult {
  readonly id?: string;
  readonly success: boolean;
  readonly errors: readonly {
    readonly statusCode: string;
    readonly message: string;
    readonly fields: readonly string[];
  }[];
}

/** A collection request: HTTP 200 whatever happens to its records, results in their order. */
export function saveCollection(
  store: SalesforceStore,
  faults: Faults,
  method: 'POST' | 'PATCH',
  body: unknown,
): SaveResult[] {
  const { allOrNone, records } = (body ?? {}) as { allOrNone?: boolean; records?: unknown };
  if (!Array.isArray(records)) throw new ApiError(400, 'JSON_PARSER_ERROR', 'records is required');
  refuseTooMany(records.length);
  const heard = faults.take('write', ['missing-result']) === undefined ? records : records.slice(1);
  return allTogether(allOrNone === true, heard, (record: Fields) => {
    lockFault(faults);
    const { attributes, Id, id, ...fields } = record as Fields & { attributes?: { type?: string } };
    // Recorded: a record whose attributes do not come first is refused on its own, inside an HTTP 200.
    if (Object.keys(record)[0] !== 'attributes' && !(method === 'PATCH' && Object.keys(record)[1] === 'attributes')) {
      throw new ApiError(
        400,
        'JSON_PARSER_ERROR',
        'Nested object for polymorphic foreign key must have an attributes field before any other fields.',
      );
    }
    if (method === 'PATCH') {
      const changed = requireId(String(Id ?? id), 'Id');
      const before = store.get(changed);
      store.update(changed, fields);
      return { id: changed, undo: () => before !== undefined && store.table(String(attributes?.type)).put(before) };
    }
    const made = store.insert(String(attributes?.type), fields);
    return { id: made, undo: () => store.table(String(attributes?.type)).drop(made) };
  });
}

export function deleteCollection(
  store: SalesforceStore,
  faults: Faults,
  ids: readonly string[],
  allOrNone: boolean,
): SaveResult[] {
  refuseTooMany(ids.length);
  return allTogether(allOrNone, ids, (given: string) => {
    lockFault(faults);
    const id = requireId(given, 'Id');
    const before = store.get(id);
    // Text of the vendor for a row that is already deleted is not recorded; the code is.
    if (before === undefined) throw new ApiError(404, 'ENTITY_IS_DELETED', 'entity is deleted');
    store.delete(id);
    const object = [...store.schemas.values()].find(({ prefix }) => id.startsWith(prefix));
    return { id, undo: () => object !== undefined && store.table(object.name).put(before) };
  });
}

/** Records by id with the fields asked for; one that is missing is null at its place. */
export function retrieveCollection(store: SalesforceStore, object: string, body: unknown, version: string): unknown[] {
  const { ids, fields } = (body ?? {}) as { ids?: readonly string[]; fields?: readonly string[] };
  return (ids ?? []).map((id) => {
    const row = store.table(object).byId.get(storedId(id));
    if (row === undefined || row.IsDeleted) return null;
    return readRecord(store, object, row.Id, fields ?? [], version);
  });
}

/** One record; all its fields unless some are named. */
export function readRecord(
  store: SalesforceStore,
  object: string,
  id: string,
  names: readonly string[],
  version: string,
): object {
  const { schema, byId } = store.table(object);
  const row = byId.get(storedId(id));
  if (row === undefined || row.IsDeleted) throw new ApiError(404, 'NOT_FOUND', 'The requested resource does not exist');
  const fields = names.length === 0 ? [...schema.fields.values()] : names.map((name) => findField(schema, name));
  const values = fields.map((field) => [field.name, restValue(field, row[field.name])]);
  return { attributes: attributesOf(schema.name, row.Id, version), ...Object.fromEntries(values) };
}

function allTogether<T>(
  allOrNone: boolean,
  items: readonly T[],
  save: (item: T) => { readonly id: string; readonly undo: () => unknown },
): SaveResult[] {
  const undos: (() => unknown)[] = [];
  const results = items.map((item): SaveResult => {
    try {
      const { id, undo } = save(item);
      undos.push(undo);
      return { id, success: true, errors: [] };
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      return {
        success: false,
        errors: [{ statusCode: failure.errorCode, message: failure.message, fields: failure.fields }],
      };
    }
  });
  if (!allOrNone || results.every(({ success }) => success)) return results;
  for (const undo of undos.reverse()) undo();
  const message = 'Record rolled back because not all records were valid and the request was using AllOrNone header';
  const rolledBack = {
    success: false,
    errors: [{ statusCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK', message, fields: [] }],
  };
  return results.map((result) => (result.success ? rolledBack : result));
}

function lockFault(faults: Faults): void {
  if (faults.take('write', ['row-lock']) !== undefined) {
    throw new ApiError(400, 'UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record');
  }
}

function refuseTooMany(count: number): void {
  if (count <= MOST_RECORDS) return;
  throw new ApiError(
    400,
    'EXCEEDED_ID_LIMIT',
    `record limit reached. cannot submit more than ${MOST_RECORDS} records into this call`,
  );
}
