import { candidatesOf, conditionOf, orderOf, type Reader, readerOf, stampRange } from './conditions.ts';
import { parseSoql, type Query } from './soql.ts';
import type { SalesforceStore } from './store.ts';
import type { Row, Table } from './table.ts';
import { restValue } from './values.ts';

/** A query that was understood and run: its rows in order, and how to read what it selected. */
export interface QueryRun {
  readonly table: Table;
  readonly query: Query;
  readonly readers: readonly (Reader & { readonly path: string })[];
  readonly rows: readonly Row[];
}

/** Runs SOQL on the store. `deleted` = with the recycle bin, as queryAll does. */
export function runQuery(store: SalesforceStore, soql: string, options: { readonly deleted: boolean }): QueryRun {
  const query = parseSoql(soql);
  const table = store.table(query.from);
  const readers = query.fields.map((path) => ({ path, ...readerOf(store, table.schema, path) }));
  const matches = conditionOf(store, table.schema, query.where);
  const holds = (row: Row) => (options.deleted || !row.IsDeleted) && matches(row);
  const last = query.limit === undefined ? Number.POSITIVE_INFINITY : query.offset + query.limit;
  const stamped = isStampOrder(query);
  const rows = select(table, query, holds, stamped ? last : Number.POSITIVE_INFINITY);
  const sorted = stamped ? rows : [...rows].sort(comparatorOf(store, table, query));
  return { table, query, readers, rows: sorted.slice(query.offset, last) };
}

/** One row as the REST API writes it: attributes first, parents as objects. */
export function restRecord(run: QueryRun, row: Row, version: string): Record<string, unknown> {
  const record: Record<string, unknown> = { attributes: attributesOf(run.table.schema.name, row.Id, version) };
  for (const { field, parent, read } of run.readers) {
    if (parent === undefined) {
      record[field.name] = field.type === 'address' ? null : restValue(field, read(row));
      continue;
    }
    const found = parent.rowOf(row);
    if (found === undefined) {
      record[parent.relation] = null;
      continue;
    }
    const attributes = attributesOf(parent.relation, found.Id, version);
    const before = record[parent.relation] as object | undefined;
    record[parent.relation] = { attributes, ...before, [field.name]: restValue(field, read(row)) };
  }
  return record;
}

export function attributesOf(type: string, id: string, version: string): { type: string; url: string } {
  return { type, url: `/services/data/v${version}/sobjects/${type}/${id}` };
}

function select(table: Table, query: Query, holds: (row: Row) => boolean, enough: number): Row[] {
  const few = candidatesOf(table, query.where);
  const rows: Row[] = [];
  if (few !== undefined) {
    for (const id of few) {
      const row = table.byId.get(id);
      if (row !== undefined && holds(row)) rows.push(row);
    }
    return rows.sort((one, other) => one.SystemModstamp - other.SystemModstamp || orderOf(one.Id, other.Id));
  }
  const { from, to } = stampRange(query.where);
  for (let at = table.firstAt(from); at < table.inOrder.length && rows.length < enough; at += 1) {
    const row = table.inOrder[at];
    if (row === undefined || row.SystemModstamp > to) break;
    if (holds(row)) rows.push(row);
  }
  return rows;
}

/** Whether the table's own order is the one that was asked for, so that reading can stop at the limit. */
function isStampOrder({ orderBy }: Query): boolean {
  const [first, second] = orderBy;
  if (orderBy.length > 2 || orderBy.some(({ descending }) => descending)) return false;
  if (first === undefined) return true;
  return (
    first.field.toLowerCase() === 'systemmodstamp' && (second === undefined || second.field.toLowerCase() === 'id')
  );
}

function comparatorOf(store: SalesforceStore, table: Table, query: Query): (one: Row, other: Row) => number {
  const keys = query.orderBy.map((key) => ({ ...key, ...readerOf(store, table.schema, key.field) }));
  return (one, other) => {
    for (const { read, descending, nullsLast } of keys) {
      const [a, b] = [read(one), read(other)];
      if (nullsLast && (a === null) !== (b === null)) return a === null ? 1 : -1;
      const order = orderOf(a, b);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  };
}
