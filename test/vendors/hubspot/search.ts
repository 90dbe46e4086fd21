import { problems } from './api-error.ts';
import type { ObjectType, PropertyType } from './schema.ts';
import type { HubspotStore, Properties, SimRecord } from './store.ts';

/** Documented: results per page and per query (developer documentation, "Search the CRM"). */
const MOST_PER_PAGE = 200;
const MOST_RESULTS = 10_000;
/** Documented since 26 August 2024 (developer changelog): groups, filters of a group, filters in all. */
const MOST_GROUPS = 5;
const MOST_IN_GROUP = 10;
const MOST_FILTERS = 25;

interface Filter {
  readonly propertyName: string;
  readonly operator: string;
  readonly value?: string;
  readonly highValue?: string;
  readonly values?: readonly string[];
}

export interface SearchRequest {
  readonly filterGroups?: readonly { readonly filters: readonly Filter[] }[];
  readonly sorts?: readonly { readonly propertyName: string; readonly direction?: string }[];
  readonly properties?: readonly string[];
  readonly limit?: number;
  readonly after?: string;
}

/** A record as the index holds it. */
interface Indexed {
  readonly record: SimRecord;
  readonly properties: Properties;
}

/** What a search finds: only what the index holds by now, at most 10,000, in the order asked for. */
export function search(
  store: HubspotStore,
  type: ObjectType,
  request: SearchRequest,
  seenUntil: number,
): { readonly total: number; readonly found: readonly Indexed[]; readonly after: string | undefined } {
  const { filterGroups: groups = [], sorts = [], limit = 10 } = request;
  const after = Number(request.after ?? 0);
  if (limit > MOST_PER_PAGE) throw problems.invalid(`Invalid request: limit must be at most ${MOST_PER_PAGE}`);
  if (!Number.isInteger(after)) throw problems.invalid('Invalid request: after must be a number');
  // Its exact words are not recorded; status and limit are.
  if (after + limit > MOST_RESULTS) throw problems.invalid(`paging beyond ${MOST_RESULTS} results is not supported`);
  const filters = groups.flatMap((group) => group.filters);
  if (groups.length > MOST_GROUPS || filters.length > MOST_FILTERS) throw problems.invalid('too many filters');
  if (groups.some((group) => group.filters.length > MOST_IN_GROUP))
    throw problems.invalid('too many filters in a group');
  for (const { propertyName } of [...filters, ...sorts]) {
    if (!type.properties.has(propertyName)) {
      throw problems.invalid(`There was a problem with the request: property ${propertyName} does not exist`);
    }
  }
  const matching = store
    .all(type.name)
    .flatMap((record) => indexed(record, seenUntil))
    .filter(({ properties }) => groups.length === 0 || groups.some((group) => meets(type, properties, group.filters)));
  for (const { propertyName, direction } of [...sorts].reverse()) {
    const kind = type.properties.get(propertyName) ?? 'text';
    const sign = direction === 'DESCENDING' ? -1 : 1;
    matching.sort((a, b) => sign * compare(kind, a.properties[propertyName], b.properties[propertyName]));
  }
  const found = matching.slice(after, after + limit);
  const next = after + found.length;
  return { total: matching.length, found, after: next < matching.length ? String(next) : undefined };
}

function indexed(record: SimRecord, seenUntil: number): Indexed[] {
  if (record.changedAt <= seenUntil) return [{ record, properties: record.properties }];
  if (record.former === undefined || record.former.changedAt > seenUntil) return [];
  return [{ record, properties: record.former.properties }];
}

function meets(type: ObjectType, properties: Properties, filters: readonly Filter[]): boolean {
  return filters.every((filter) => {
    const kind = type.properties.get(filter.propertyName) ?? 'text';
    return holds(kind, properties[filter.propertyName] ?? null, filter);
  });
}

function holds(kind: PropertyType, value: string | null, filter: Filter): boolean {
  const { operator, value: wanted = '', highValue = '', values = [] } = filter;
  if (operator === 'HAS_PROPERTY') return value !== null;
  if (operator === 'NOT_HAS_PROPERTY') return value === null;
  if (value === null) return operator === 'NEQ' || operator === 'NOT_IN';
  const against = (other: string): number => compare(kind, value, other);
  const tests: Readonly<Record<string, () => boolean>> = {
    EQ: () => against(wanted) === 0,
    NEQ: () => against(wanted) !== 0,
    GT: () => against(wanted) > 0,
    GTE: () => against(wanted) >= 0,
    LT: () => against(wanted) < 0,
    LTE: () => against(wanted) <= 0,
    BETWEEN: () => against(wanted) >= 0 && against(highValue) <= 0,
    IN: () => values.some((one) => against(one) === 0),
    NOT_IN: () => values.every((one) => against(one) !== 0),
  };
  const test = tests[operator];
  if (test === undefined) throw problems.invalid(`the operator ${operator} is not known`);
  return test();
}

/** Instants are written in ISO 8601 and asked for in milliseconds; both mean the same. */
function compare(kind: PropertyType, one: string | null | undefined, other: string | null | undefined): number {
  if (one == null || other == null) return (one == null ? 0 : 1) - (other == null ? 0 : 1);
  if (kind === 'number') return Number(one) - Number(other);
  if (kind === 'instant') return instantOf(one) - instantOf(other);
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  return a < b ? -1 : a > b ? 1 : 0;
}

function instantOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Date.parse(text);
}
