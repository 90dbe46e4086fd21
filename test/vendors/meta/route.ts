import type { Audiences } from './audiences.ts';
import type { Area, FaultKind } from './faults.ts';
import type { MetaStore } from './store.ts';

/** One call of the API: what matches it, what it takes, and what it does. Paths are without the version. */
export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly area: Area;
  /** Only the page's own token is taken. */
  readonly ofPage?: true;
  readonly permissions: readonly string[];
  run(call: Call): object;
}

export interface Call {
  readonly store: MetaStore;
  readonly audiences: Audiences;
  readonly url: URL;
  readonly query: URLSearchParams;
  /** Parameters of the body: JSON, or the query's where a body has none. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly fault: FaultKind | undefined;
  /** A decoded group of the path. */
  part(group: number): string;
}
