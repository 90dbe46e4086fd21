import { problems } from './api-error.ts';
import type { SimContact } from './store.ts';

/** One condition of a query, as far as the account understands the language: times of change, and lists. */
const UPDATED = /^updated_at (>=|>|<=|<) TIMESTAMP '(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)'$/;
const ON_LIST = /^CONTAINS\(list_ids, '([0-9a-f-]+)'\)$/;

const COMPARED: Readonly<Record<string, (one: number, other: number) => boolean>> = {
  '>=': (one, other) => one >= other,
  '>': (one, other) => one > other,
  '<=': (one, other) => one <= other,
  '<': (one, other) => one < other,
};

/** Whom a query of conditions joined by AND finds. Throws 400 for a time without TIMESTAMP, as the vendor does (StrongGrid#524). */
export function matching(query: unknown): (contact: SimContact) => boolean {
  if (typeof query !== 'string' || query.trim() === '') throw problems.invalid('query is required', 'query');
  const conditions = query.split(' AND ').map(conditionOf);
  return (contact) => conditions.every((holds) => holds(contact));
}

function conditionOf(text: string): (contact: SimContact) => boolean {
  const [, operator = '', literal = ''] = UPDATED.exec(text) ?? [];
  const compare = COMPARED[operator];
  if (compare !== undefined) return ({ updated }) => compare(updated, Date.parse(literal));
  const [, list] = ON_LIST.exec(text) ?? [];
  if (list !== undefined) return ({ lists }) => lists.has(list);
  throw problems.invalid('query failed to parse', 'query');
}
