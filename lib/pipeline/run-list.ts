import type { JsonObject } from '../domain/json.ts';
import type { StateStore } from './ports.ts';

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

/** Keeps a run in the list that `tributary runs` shows, newest first by id. Tells where, and whether it is new there. */
export async function listRun(
  state: StateStore,
  what: 'sync' | 'import' | 'push' | 'verify',
  run: { readonly id: string; readonly startedAt: string },
): Promise<{ readonly id: string; readonly expiresAt: number; readonly isNew: boolean }> {
  // A push and a check of one audience may have one id.
  const id = `${run.startedAt}#${run.id}${what === 'verify' ? '#verify' : ''}`;
  const expiresAt = Date.parse(run.startedAt) + RUNS_KEPT_MS;
  const before = await state.get('run', id);
  await state.put('run', id, { what, ...run } as unknown as JsonObject, before?.version ?? 0, { expiresAt });
  return { id, expiresAt, isNew: before === undefined };
}
