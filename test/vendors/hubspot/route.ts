import type { Area } from './faults.ts';
import type { Marketing } from './marketing.ts';
import type { HubspotStore } from './store.ts';

/** One call of the API: what matches it, what scope it takes, and what it does. */
export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly area: Area;
  /** The scope of a private app; may depend on the kind of object in the path. */
  readonly scope?: (part: (group: number) => string) => string;
  run(call: Call): Answer;
}

export interface Call {
  readonly store: HubspotStore;
  readonly marketing: Marketing;
  readonly portalId: number;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly now: () => Date;
  /** What happened up to then is in the search index. */
  readonly seenUntil: () => number;
  /** A list write passes over its first record without a word. */
  readonly silent: boolean;
  /** A decoded group of the path. */
  part(group: number): string;
}

export interface Answer {
  readonly status: number;
  readonly body?: object;
}
