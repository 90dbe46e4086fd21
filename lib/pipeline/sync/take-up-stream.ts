import { failAgain, type TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json } from '../../domain/json.ts';
import { delayOf } from '../delay.ts';
import { LEASE_MS, listRun } from '../run-list.ts';
import { withoutWait, withWait } from '../run-wait.ts';
import { type HeldStream, readStream, type SyncRun, saveStream, unfoldedRuns } from './sync-run.ts';
import type { SyncCommand, SyncDeps } from './sync-work.ts';

/** A pull of everything waits for the run under way, and looks again after this long. */
const LOOK_AGAIN_SECONDS = 30;

/** Takes the stream up for a new run or to go on with one. Undefined when somebody else works on it or it is done. */
export async function takeUpStream(deps: SyncDeps, command: SyncCommand): Promise<HeldStream | undefined> {
  const { connection, stream } = command;
  const held = await readStream(deps.state, connection, stream);
  const now = deps.clock.now();
  const { run, leaseUntil, checkpoint } = held.state;
  const running = run?.state === 'running';
  const id = `${connection}.${stream}.${command.scheduledAt ?? formatInstant(now.getTime())}`;
  const own = run !== undefined && (run.id === id || run.id === command.run);
  if (running) {
    const waits = (held.state.waitUntil ?? 0) - now.getTime();
    if (command.full === true && !own) return postpone(deps, command, LOOK_AGAIN_SECONDS);
    // The run's own message outlives whoever holds the run: see LEASE_MS.
    const busy = Math.max(leaseUntil - now.getTime(), waits);
    if (busy > 0) return own ? postpone(deps, command, busy / 1_000) : undefined;
  }
  if (!running && run !== undefined && (run.id === id || run.id === command.run)) {
    failAgain(run.error);
    return undefined;
  }
  if (command.run !== undefined && run?.id !== command.run) return undefined;
  const start = command.full === true && !running ? undefined : checkpoint;
  const former = [...(held.state.earlier ?? []), ...(running || run === undefined ? [] : [run])];
  const earlier = await unfoldedRuns(deps.state, former, now.getTime());
  const next: SyncRun = running
    ? withoutWait(run)
    : {
        id,
        connection,
        stream,
        state: 'running',
        startedAt: formatInstant(now.getTime()),
        backfill: start === undefined,
        pages: 0,
        changes: 0,
        echoes: 0,
        rejected: 0,
        sent: {},
      };
  const taken = await saveStream(deps.state, connection, stream, held, {
    ...(start === undefined ? {} : { checkpoint: start }),
    ...(held.state.wholeSince === undefined ? {} : { wholeSince: held.state.wholeSince }),
    run: next,
    epoch: held.state.epoch + 1,
    leaseUntil: now.getTime() + LEASE_MS,
    ...(earlier.length === 0 ? {} : { earlier }),
  });
  if (taken !== undefined) await listRun(deps.state, 'sync', next);
  return taken;
}

/** Sends the command again for later, because the stream is not free for it now. */
async function postpone(deps: SyncDeps, command: SyncCommand, seconds: number): Promise<undefined> {
  await deps.sync.send([{ body: command as unknown as Json, ...delayOf(Math.max(1, seconds)) }]);
  return undefined;
}

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

/**
 * Lets go of the stream; while the vendor asks us to wait, only the run's own message takes it up again. From when on that
 * is expected is noted without a wait too: see `leftSince`.
 */
export async function releaseStream(
  deps: SyncDeps,
  connection: string,
  stream: string,
  held: HeldStream,
  waitSeconds = 0,
): Promise<HeldStream | undefined> {
  const waitUntil = deps.clock.now().getTime() + waitSeconds * 1_000;
  return saveStream(deps.state, connection, stream, held, { ...held.state, leaseUntil: 0, waitUntil });
}
