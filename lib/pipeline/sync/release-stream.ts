import type { TributaryError } from '../../domain/errors.ts';
import { listRun } from '../run-list.ts';
import { withWait } from '../run-wait.ts';
import { type HeldStream, type SyncRun, saveStream } from './sync-run.ts';
import type { SyncDeps } from './sync-work.ts';

/** Writes down in the run that it waits, and lists it so; the wait ends when the run is taken up again. */
export async function noteWait(
  deps: SyncDeps,
  held: HeldStream,
  seconds: number,
  why: TributaryError,
): Promise<HeldStream> {
  const before = held.state.run as SyncRun;
  const run = withWait(before, deps.clock, seconds, why);
  if (run !== before) await listRun(deps.state, 'sync', run);
  return { ...held, state: { ...held.state, run } };
}

/** Lets go of the stream; while the vendor asks us to wait, only the run's own message takes it up again. */
export async function releaseStream(
  deps: SyncDeps,
  connection: string,
  stream: string,
  held: HeldStream,
  waitSeconds = 0,
): Promise<HeldStream | undefined> {
  const { waitUntil: _, ...state } = held.state;
  const now = deps.clock.now().getTime();
  const wait = waitSeconds > 0 ? { waitUntil: now + waitSeconds * 1_000 } : {};
  return saveStream(deps.state, connection, stream, held, { ...state, leaseUntil: now, ...wait });
}
