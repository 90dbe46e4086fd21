import type { SendgridApi } from './client.ts';
import { SEARCH_PAGE } from './manifest.ts';

export const SECOND = 1_000;

/** What a search for [from, until) found. `whole`: all that there is. */
export interface Found {
  readonly records: readonly unknown[];
  readonly whole: boolean;
  readonly count: number;
  readonly until: number;
  /** How long a time it asked for. */
  readonly span: number;
}

/** Contacts that changed in [from, until), both whole seconds: at most 50 of them, in no order that is promised. */
export async function changedBetween(api: SendgridApi, from: number, until: number): Promise<Found> {
  // TIMESTAMP is needed: a text is refused as another type (StrongGrid#524).
  const { records, count } = await api.search(`updated_at >= ${literal(from)} AND updated_at < ${literal(until)}`);
  return { records, count, until, span: until - from, whole: count <= records.length };
}

/** The time to ask for next, after one that held too many: in proportion, or half of it. */
export function narrower({ span, count }: Found): number {
  const proportion = (span * SEARCH_PAGE) / Math.max(count, 1);
  return Math.max(SECOND, Math.floor(Math.min(span / 2, proportion) / SECOND) * SECOND);
}

function literal(at: number): string {
  return `TIMESTAMP '${new Date(at).toISOString().slice(0, 19)}Z'`;
}
