import type { Area } from './faults.ts';
import type { Tier } from './limiter.ts';
import type { KlaviyoStore } from './store.ts';

/** One call of the API: what matches it, what scopes it takes, how often it may be made, and what it does. */
export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly area: Area;
  readonly scopes: readonly string[];
  readonly tier: Tier;
  run(call: Call): Answer;
}

export interface Call {
  readonly store: KlaviyoStore;
  readonly url: URL;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** Events that came up to then can be read. */
  readonly seenUntil: number;
  /** A decoded group of the path. */
  part(group: number): string;
}

export interface Answer {
  readonly status: number;
  readonly body?: object;
}
