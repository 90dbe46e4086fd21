import type { Area, Faults } from './faults.ts';
import type { Jobs } from './jobs.ts';
import type { SendgridStore } from './store.ts';

/** One call of the API: what matches it and what it does. */
export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly area: Area;
  /** The access that the key needs. */
  readonly scope: 'marketing' | 'suppression';
  run(call: Call): Answer;
}

export interface Call {
  readonly store: SendgridStore;
  readonly jobs: Jobs;
  readonly faults: Faults;
  /** Where the account answers: files of exports lie there too. */
  readonly origin: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** A decoded group of the path. */
  part(group: number): string;
}

export interface Answer {
  readonly status: number;
  readonly body?: object;
}
