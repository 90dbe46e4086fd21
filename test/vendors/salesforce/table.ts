import type { ObjectSchema } from './schema.ts';

export type Value = string | number | boolean | null;

/** A stored record. Instants are milliseconds, days `YYYY-MM-DD`, absent fields null. */
export interface Row {
  readonly Id: string;
  SystemModstamp: number;
  IsDeleted: boolean;
  [field: string]: Value;
}

/** The rows of one object, kept in the order (SystemModstamp, Id) and findable by their indexed fields. */
export interface Table {
  readonly schema: ObjectSchema;
  readonly byId: ReadonlyMap<string, Row>;
  /** All rows in the order of their change. Never modify it. */
  readonly inOrder: readonly Row[];
  /** Position of the first row whose stamp is at least `stamp`. */
  firstAt(stamp: number): number;
  /** Ids of rows whose indexed field equals a value; undefined when the field is not indexed. */
  idsWhere(field: string, value: Value): ReadonlySet<string> | undefined;
  put(row: Row): void;
  drop(id: string): void;
}

const NONE: ReadonlySet<string> = new Set();

export function createTable(schema: ObjectSchema): Table {
  const byId = new Map<string, Row>();
  const inOrder: Row[] = [];
  const indexes = new Map(schema.indexed.map((field) => [field, new Map<Value, Set<string>>()]));

  function firstAt(stamp: number, id = ''): number {
    let low = 0;
    let high = inOrder.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const row = inOrder[middle];
      if (row !== undefined && (row.SystemModstamp < stamp || (row.SystemModstamp === stamp && row.Id < id)))
        low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function drop(id: string): void {
    const row = byId.get(id);
    if (row === undefined) return;
    byId.delete(id);
    inOrder.splice(firstAt(row.SystemModstamp, id), 1);
    for (const [field, index] of indexes) index.get(keyOf(row[field]))?.delete(id);
  }

  return {
    schema,
    byId,
    inOrder,
    firstAt: (stamp) => firstAt(stamp),
    idsWhere: (field, value) => {
      const index = indexes.get(field);
      return index === undefined ? undefined : (index.get(keyOf(value)) ?? NONE);
    },
    put: (row) => {
      drop(row.Id);
      byId.set(row.Id, row);
      inOrder.splice(firstAt(row.SystemModstamp, row.Id), 0, row);
      for (const [field, index] of indexes) {
        const key = keyOf(row[field]);
        const ids = index.get(key) ?? new Set();
        ids.add(row.Id);
        index.set(key, ids);
      }
    },
    drop,
  };
}

/** Texts are equal without regard to case, as in SOQL. */
export function keyOf(value: Value | undefined): Value {
  return typeof value === 'string' ? value.toLowerCase() : (value ?? null);
}
