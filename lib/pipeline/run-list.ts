import { TributaryError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { StateStore } from './ports.ts';
import { type PageAsked, readPage } from './read-page.ts';

/** How long runs are listed. */
export const RUNS_KEPT_MS = 30 * 24 * 3_600_000;

/**
 * Nobody takes over a run that somebody works on: longer than a function may run. And shorter than a message of a worker
 * that died stays hidden: when it comes again, the run is free. A run's message that comes while the lease counts is sent
 * again for its end: a queue may deliver a message twice, and the worker that it came to first may be dying (ADR 0077).
 */
export const LEASE_MS = 3 * 60_000;

/** Who ended a run tells of it for no longer than this; then whoever comes by tells again. */
export const TELLING_MS = 30_000;

/** What is listed: pulls, dropped files, pushes, and checks of lists. */
export const listedKinds = ['sync', 'import', 'push', 'verify'] as const;
export type ListedKind = (typeof listedKinds)[number];

export interface RunPage {
  /** Newest first. */
  readonly runs: readonly JsonObject[];
  /** What to go on after; null at the end. A page may be short, or empty, before that: few runs were among those read. */
  readonly next: string | null;
}

export interface RunsAsked extends PageAsked {
  /** Only these. */
  readonly matches?: (run: JsonObject) => boolean;
}

/** Runs from newest to oldest, a page at a time. Throws `api/bad-query` for a place that no page named. */
export async function readRuns(state: StateStore, { matches, ...asked }: RunsAsked): Promise<RunPage> {
  if (asked.after !== undefined && !/^\d{4}-[^#]{1,40}#.{1,500}$/.test(asked.after)) {
    throw new TributaryError('rejected', 'api/bad-query', 'after: expected what a page before named as next');
  }
  const { found, next } = await readPage(state, 'run', asked, matches);
  return { runs: found.map(({ body }) => body), next };
}

/** Keeps a run in the list that `tributary runs` shows, newest first by id. Tells where, and whether it is new there. */
export async function listRun(
  state: StateStore,
  what: ListedKind,
  run: { readonly id: string; readonly startedAt: string },
): Promise<{ readonly id: string; readonly expiresAt: number; readonly isNew: boolean }> {
  // A push and a check of one audience may have one id.
  const id = `${run.startedAt}#${run.id}${what === 'verify' ? '#verify' : ''}`;
  const expiresAt = Date.parse(run.startedAt) + RUNS_KEPT_MS;
  const before = await state.get('run', id);
  await state.put('run', id, { what, ...run } as unknown as JsonObject, before?.version ?? 0, { expiresAt });
  return { id, expiresAt, isNew: before === undefined };
}
