import { parseInstant } from '../../../lib/domain/instant.ts';
import { ApiError } from './api-error.ts';
import { storedId } from './ids.ts';
import type { Field } from './schema.ts';
import type { Value } from './table.ts';

/** A value as given to the API or the store, in the form that the store keeps. */
export function readValue(field: Field, given: unknown): Value {
  refuseBadValue(field, given);
  if (given === null || given === undefined || given === '') return field.type === 'boolean' ? false : null;
  switch (field.type) {
    case 'datetime':
      return readInstant(field, given);
    case 'boolean':
      return given === true || given === 'true';
    case 'int':
    case 'double':
    case 'currency':
      return readNumber(field, given);
    case 'id':
    case 'reference':
      return storedId(String(given));
    case 'date':
      return given instanceof Date ? given.toISOString().slice(0, 10) : String(given).slice(0, 10);
    case 'address':
      throw new ApiError(400, 'INVALID_FIELD_FOR_INSERT_UPDATE', `Unable to create/update fields: ${field.name}`, [
        field.name,
      ]);
    default:
      return String(given);
  }
}

/** A stored value as the REST API writes it: `2026-05-01T07:25:37.000+0000`. */
export function restValue(field: Field, value: Value | undefined): Value {
  if (field.type === 'datetime' && typeof value === 'number')
    return new Date(value).toISOString().replace('Z', '+0000');
  return value ?? null;
}

/** A stored value as a bulk result writes it: instants end in Z, null is an empty cell. */
export function csvValue(field: Field, value: Value | undefined): string {
  if (value === null || value === undefined) return '';
  if (field.type === 'datetime' && typeof value === 'number') return new Date(value).toISOString();
  return String(value);
}

function readInstant(field: Field, given: unknown): number {
  const at = given instanceof Date ? given.getTime() : typeof given === 'number' ? given : parseInstant(given);
  if (at === undefined)
    throw new ApiError(400, 'JSON_PARSER_ERROR', `Cannot deserialize instance of datetime: ${field.name}`);
  // Salesforce keeps whole seconds; every recorded answer ends in .000+0000.
  return Math.floor(at / 1000) * 1000;
}

function readNumber(field: Field, given: unknown): number {
  const number = Number(given);
  if (Number.isFinite(number)) return number;
  throw new ApiError(400, 'JSON_PARSER_ERROR', `Cannot deserialize instance of ${field.type}: ${field.name}`);
}

/** Codes and texts as recorded: CoderDojo/community-platform#762 (too long), restforce/restforce#254 (picklist). */
function refuseBadValue({ name, type, rules = {} }: Field, given: unknown): void {
  const { length, values, readOnly } = rules;
  if (readOnly) {
    const says = `Unable to create/update fields: ${name}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`;
    throw new ApiError(400, 'INVALID_FIELD_FOR_INSERT_UPDATE', says, [name]);
  }
  if (given === null || given === undefined || given === '') return;
  if (length !== undefined && String(given).length > length) {
    const says = `${name}: data value too large: ${String(given)} (max length=${length})`;
    throw new ApiError(400, 'STRING_TOO_LONG', says, [name]);
  }
  if (values !== undefined && !values.includes(String(given))) {
    const says = `${name}: bad value for restricted picklist field: ${String(given)}`;
    throw new ApiError(400, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', says, [name]);
  }
  if (type === 'boolean' && typeof given !== 'boolean' && given !== 'true' && given !== 'false') {
    throw new ApiError(400, 'JSON_PARSER_ERROR', `Cannot deserialize instance of boolean: ${name}`);
  }
}
