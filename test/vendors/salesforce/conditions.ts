import { parseInstant } from '../../../lib/domain/instant.ts';
import { ApiError } from './api-error.ts';
import { storedId } from './ids.ts';
import { type Field, findField, type ObjectSchema } from './schema.ts';
import type { Comparator, Expression, Literal } from './soql.ts';
import type { SalesforceStore } from './store.ts';
import { keyOf, type Row, type Table, type Value } from './table.ts';

/** Reads one selected or compared field of a row, through a parent if its path has one. */
export interface Reader {
  readonly field: Field;
  /** The parent relation, as written, and how to find its row. */
  readonly parent?: { readonly relation: string; readonly rowOf: (row: Row) => Row | undefined };
  readonly read: (row: Row) => Value;
}

/** Resolves `Email` or `Campaign.Name` against an object; unknown names are INVALID_FIELD. */
export function readerOf(store: SalesforceStore, schema: ObjectSchema, path: string): Reader {
  const steps = path.split('.');
  if (steps.length === 1) {
    const field = findField(schema, path);
    return { field, read: (row) => row[field.name] ?? null };
  }
  const [relation = '', name = ''] = steps;
  const key = schema.parents.get(relation.toLowerCase());
  if (key === undefined || steps.length > 2) {
    throw new ApiError(
      400,
      'INVALID_FIELD',
      `\n${path}\n^\nERROR at Row:1:Column:1\nDidn't understand relationship '${relation}' in field path.`,
    );
  }
  const rowOf = (row: Row): Row | undefined => findById(store, row[key] ?? null)?.row;
  const parent = { relation, rowOf };
  const several = ['who', 'what'].includes(relation.toLowerCase());
  if (several && name.toLowerCase() === 'type') {
    const field: Field = { name: 'Type', type: 'string' };
    return { field, parent, read: (row) => findById(store, row[key] ?? null)?.table.schema.name ?? null };
  }
  // Who and What point to several objects; they only share a name and an id.
  const target =
    relation.toLowerCase() === 'who' ? 'Contact' : relation.toLowerCase() === 'what' ? 'Account' : relation;
  const field = findField(store.table(target).schema, name);
  return { field, parent, read: (row) => rowOf(row)?.[field.name] ?? null };
}

/** A WHERE clause as a test of one row. */
export function conditionOf(
  store: SalesforceStore,
  schema: ObjectSchema,
  where: Expression | undefined,
): (row: Row) => boolean {
  if (where === undefined) return () => true;
  switch (where.kind) {
    case 'not': {
      const inner = conditionOf(store, schema, where.of);
      return (row) => !inner(row);
    }
    case 'in': {
      const { field, read } = readerOf(store, schema, where.field);
      const wanted = new Set(where.values.map((value) => keyOf(literalFor(field, value))));
      return (row) => wanted.has(keyOf(read(row))) !== where.negated;
    }
    case 'compare': {
      const { field, read } = readerOf(store, schema, where.field);
      const wanted = literalFor(field, where.value);
      return (row) => compare(read(row), where.by, wanted);
    }
    default: {
      const parts = where.of.map((part) => conditionOf(store, schema, part));
      return where.kind === 'and'
        ? (row) => parts.every((holds) => holds(row))
        : (row) => parts.some((holds) => holds(row));
    }
  }
}

/** The ids that a WHERE clause can only hold for, from the indexes; undefined when it could hold for any row. */
export function candidatesOf(table: Table, where: Expression | undefined): ReadonlySet<string> | undefined {
  if (where === undefined || where.kind === 'not') return undefined;
  if (where.kind === 'and') {
    const sets = where.of.map((part) => candidatesOf(table, part)).filter((set) => set !== undefined);
    return sets.sort((one, other) => one.size - other.size)[0];
  }
  if (where.kind === 'or') return union(where.of.map((part) => candidatesOf(table, part)));
  const field = table.schema.fields.get(where.field.toLowerCase());
  if (field === undefined || (where.kind === 'in' && where.negated) || (where.kind === 'compare' && where.by !== '='))
    return undefined;
  const values = (where.kind === 'in' ? where.values : [where.value]).map((value) => literalFor(field, value));
  if (field.name === 'Id') return new Set(values.map(String));
  return union(values.map((value) => table.idsWhere(field.name, value)));
}

/** The least and greatest SystemModstamp that a WHERE clause leaves open. */
export function stampRange(where: Expression | undefined): { readonly from: number; readonly to: number } {
  const everything = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  if (where?.kind === 'and' || where?.kind === 'or') {
    const ranges = where.of.map(stampRange);
    const [tight, loose] = where.kind === 'and' ? [Math.max, Math.min] : [Math.min, Math.max];
    return { from: tight(...ranges.map(({ from }) => from)), to: loose(...ranges.map(({ to }) => to)) };
  }
  if (where?.kind !== 'compare' || where.field.toLowerCase() !== 'systemmodstamp' || where.value.kind !== 'instant')
    return everything;
  const at = parseInstant(where.value.text) ?? Number.NaN;
  if (where.by === '=') return { from: at, to: at };
  if (where.by === '>' || where.by === '>=') return { ...everything, from: at };
  return where.by === '<' || where.by === '<=' ? { ...everything, to: at } : everything;
}

function findById(store: SalesforceStore, id: Value): { readonly table: Table; readonly row: Row } | undefined {
  if (typeof id !== 'string') return undefined;
  for (const schema of store.schemas.values()) {
    if (!id.startsWith(schema.prefix)) continue;
    const table = store.table(schema.name);
    const row = table.byId.get(id);
    return row === undefined ? undefined : { table, row };
  }
  return undefined;
}

function literalFor(field: Field, literal: Literal): Value {
  if (literal.kind === 'null') return null;
  if (field.type === 'datetime') {
    const at = literal.kind === 'instant' ? parseInstant(literal.text) : undefined;
    if (at === undefined) throw wrongType(field, 'dateTime');
    return at;
  }
  if (literal.kind === 'instant') return field.type === 'date' ? literal.text.slice(0, 10) : refuseType(field);
  if (literal.kind === 'boolean') return field.type === 'boolean' ? literal.boolean : refuseType(field);
  if (literal.kind === 'number')
    return ['int', 'double', 'currency'].includes(field.type) ? literal.number : refuseType(field);
  if (field.type === 'id' || field.type === 'reference') return storedId(literal.text);
  return ['string', 'email', 'picklist'].includes(field.type) ? literal.text : refuseType(field);
}

function refuseType(field: Field): never {
  throw wrongType(field, field.type);
}

/** Literals of another type than the field are refused, not converted (SOQL reference). */
function wrongType(field: Field, expected: string): ApiError {
  const message = `filter criterion for field '${field.name}' must be of type ${expected}`;
  return new ApiError(400, 'INVALID_FIELD', `\n${field.name}\n^\nERROR at Row:1:Column:1\n${message}`);
}

function compare(value: Value, by: Comparator, wanted: Value): boolean {
  if (by === '=' || by === '!=') return (keyOf(value) === keyOf(wanted)) === (by === '=');
  if (value === null || wanted === null) return false;
  if (by === 'like') return likePattern(String(wanted)).test(String(value));
  const order = orderOf(value, wanted);
  if (by === '<') return order < 0;
  if (by === '<=') return order <= 0;
  return by === '>' ? order > 0 : order >= 0;
}

/** Order of two values of one type; null comes first, as SOQL sorts unless told otherwise. */
export function orderOf(one: Value, other: Value): number {
  if (one === other) return 0;
  if (one === null) return -1;
  if (other === null) return 1;
  return one < other ? -1 : 1;
}

function likePattern(text: string): RegExp {
  const escaped = text
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.');
  return new RegExp(`^${escaped}$`, 'is');
}

function union(sets: readonly (ReadonlySet<string> | undefined)[]): ReadonlySet<string> | undefined {
  const all = new Set<string>();
  for (const set of sets) {
    if (set === undefined) return undefined;
    for (const id of set) all.add(id);
  }
  return all;
}
