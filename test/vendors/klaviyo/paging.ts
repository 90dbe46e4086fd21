import { problems } from './api-error.ts';

export interface Sorting<Row> {
  readonly id: (row: Row) => string;
  /** What may be sorted by; the first is the order without `sort`. */
  readonly by: Readonly<Record<string, (row: Row) => number | string>>;
  readonly most: number;
  readonly usual: number;
}

export interface Slice<Row> {
  readonly rows: readonly Row[];
  readonly next: string | undefined;
}

/** A page behind an opaque cursor. It names the last row, not a number of rows, so that changes meanwhile skip nobody. */
export function pageOf<Row>(rows: readonly Row[], query: URLSearchParams, { id, by, most, usual }: Sorting<Row>) {
  const sort = query.get('sort') ?? Object.keys(by)[0] ?? 'id';
  const name = sort.replace(/^-/, '');
  const key = by[name];
  if (key === undefined) throw problems.query('sort', `'${name}' is not a valid sort field`);
  const size = Number(query.get('page[size]') ?? usual);
  if (!Number.isInteger(size) || size < 1 || size > most) {
    throw problems.query('page[size]', `Page size must be between 1 and ${most}.`);
  }
  const sign = sort.startsWith('-') ? -1 : 1;
  const order = (a: Key, b: Key): number => sign * compare(a.value, b.value) || compare(a.id, b.id);
  const keyed = rows.map((row) => ({ row, key: { value: key(row), id: id(row) } }));
  keyed.sort((a, b) => order(a.key, b.key));
  const cursor = query.get('page[cursor]');
  const after = cursor === null ? undefined : readCursor(cursor, name);
  const rest = after === undefined ? keyed : keyed.filter((one) => order(one.key, after) > 0);
  const page = rest.slice(0, size);
  const last = page.at(-1);
  const slice: Slice<Row> = {
    rows: page.map(({ row }) => row),
    next: last === undefined || rest.length <= size ? undefined : writeCursor(last.key, name),
  };
  return slice;
}

interface Key {
  readonly value: number | string;
  readonly id: string;
}

function writeCursor({ value, id }: Key, name: string): string {
  const text = `next::${name}::${JSON.stringify(value)}::id::${id}`;
  return Buffer.from(text).toString('base64');
}

function readCursor(cursor: string, name: string): Key {
  const parts = Buffer.from(cursor, 'base64').toString().split('::');
  if (parts[0] !== 'next' || parts[1] !== name || parts.length !== 5) {
    throw problems.query('page[cursor]', 'The page cursor is invalid.');
  }
  return { value: JSON.parse(parts[2] ?? '0') as number | string, id: parts[4] ?? '' };
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
