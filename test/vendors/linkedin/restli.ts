import { problems } from './rest-error.ts';

/** Parameters of a query as they were written: structure and values are told apart before anything is decoded. */
export type Query = ReadonlyMap<string, string>;

export function queryOf(url: string): Query {
  const text = url.includes('?') ? url.slice(url.indexOf('?') + 1) : '';
  const pairs = text === '' ? [] : text.split('&');
  return new Map(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      return [decodeURIComponent(pair.slice(0, at)), pair.slice(at + 1)];
    }),
  );
}

/** A value, whose own parentheses, commas and colons are escaped. */
export function valueIn(query: Query, name: string): string {
  const text = query.get(name);
  if (text === undefined || /[():,']/.test(text)) throw problems.parameter(name);
  return decodeURIComponent(text);
}

/** `(start:1,end:2)`, whose structure is not escaped. */
export function recordIn(query: Query, name: string): Readonly<Record<string, string>> {
  const inner = /^\(([^()]*)\)$/.exec(query.get(name) ?? '')?.[1];
  if (inner === undefined) throw problems.parameter(name);
  return Object.fromEntries(
    inner.split(',').map((field) => {
      const [key = '', value = '', ...more] = field.split(':');
      if (more.length > 0 || value === '') throw problems.parameter(name);
      return [key, decodeURIComponent(value)];
    }),
  );
}

/** `List(a,b)`. */
export function listIn(query: Query, name: string): readonly string[] {
  const inner = /^List\(([^()]*)\)$/.exec(query.get(name) ?? '')?.[1];
  if (inner === undefined) throw problems.parameter(name);
  return inner.split(',').map((value) => decodeURIComponent(value));
}

/** A page by number, ten where nothing is said, and never more than `most`. */
export function pageOf<Row>(rows: readonly Row[], query: Query, most: number, show: (row: Row) => object): object {
  const [start, asked] = [Number(query.get('start') ?? 0), Number(query.get('count') ?? 10)];
  if (!Number.isInteger(start) || start < 0) throw problems.parameter('start');
  if (!Number.isInteger(asked) || asked < 1) throw problems.parameter('count');
  const count = Math.min(asked, most);
  return { paging: { start, count, links: [] }, elements: rows.slice(start, start + count).map(show) };
}
