import { failAgain } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json } from '../../domain/json.ts';
import { delayOf } from '../delay.ts';
import { freeFor, type TakenUp, takeUp } from '../run-lease.ts';
import { LEASE_MS, listRun } from '../run-list.ts';
import { withoutWait } from '../run-wait.ts';
import { announceAgain } from './end-sync.ts';
import { type HeldStream, readStream, type StreamState, type SyncRun, saveStream, unfoldedRuns } from './sync-run.ts';
import type { SyncCommand, SyncDeps } from './sync-work.ts';

/** A pull of everything waits for the run under way, and looks again after this long. */
const LOOK_AGAIN_MS = 30_000;

/** Takes the stream up for a new run or to go on with one. Undefined when somebody else works on it or it is done. */
export function takeUpStream(deps: SyncDeps, command: SyncCommand): Promise<HeldStream | undefined> {
  return takeUp(() => tryTakeUp(deps, command));
}

async function tryTakeUp(deps: SyncDeps, command: SyncCommand): Promise<TakenUp<HeldStream>> {
  const { connection, stream } = command;
  const held = await readStream(deps.state, connection, stream);
  const { run, earlier, unannounced, leaseUntil } = held.state;
  const now = deps.clock.now().getTime();
  if (unannounced === true) {
    if (leaseUntil > now) return sendLater(deps, command, leaseUntil - now);
    await announceAgain(deps, held);
    return 'moved';
  }
  const id = `${connection}.${stream}.${command.scheduledAt ?? formatInstant(now)}`;
  const own = run !== undefined && (run.id === id || run.id === command.run);
  if (!own && command.run !== undefined) return undefined;
  if (run?.state === 'running') {
    const free = freeFor(held.state, now);
    // Whoever asks for everything helps a run that was left, and has their own still to come.
    if (command.full === true && !own) await sendLater(deps, command, LOOK_AGAIN_MS);
    // The run's own message outlives whoever has it (`LEASE_MS` says why), and names it: it never begins another.
    if (own && free < 0) return sendLater(deps, { connection, stream, run: run.id }, -free);
    // A firing finds its work being done, and believes that the run was left after a lease only.
    if (!own && free < LEASE_MS) return undefined;
    // And leaves a message that is the run's own: this one would be done if it came again while its worker is dying.
    if (!own) await sendLater(deps, { connection, stream, run: run.id }, LEASE_MS);
    return hold(deps, held, { ...held.state, run: withoutWait(run) });
  }
  if (own) {
    failAgain(run.error);
    return undefined;
  }
  if (isServed(held.state, command)) return undefined;
  const { checkpoint, ...rest } = held.state;
  const start = command.full === true ? undefined : checkpoint;
  const asked = command.full === true ? Date.parse(command.scheduledAt ?? '') : Number.NaN;
  return hold(deps, held, {
    ...rest,
    ...(start === undefined ? {} : { checkpoint: start }),
    ...(Number.isNaN(asked) ? {} : { wholeAsked: asked }),
    run: newSyncRun(id, command, formatInstant(now), start === undefined),
    earlier: [...(earlier ?? []), ...(run === undefined ? [] : [run])],
  });
}

/** A firing that comes again after other runs: what it asked for was read since. */
function isServed({ run, wholeAsked }: StreamState, { scheduledAt, full }: SyncCommand): boolean {
  const asked = Date.parse(scheduledAt ?? '');
  return full === true ? asked <= (wholeAsked ?? Number.NaN) : asked < Date.parse(run?.startedAt ?? '');
}

/** Writes the state with a lease and its next epoch, unless somebody wrote it since. */
async function hold(deps: SyncDeps, held: HeldStream, next: StreamState): Promise<HeldStream | 'moved'> {
  const { waitUntil: _, earlier = [], ...state } = next;
  const run = state.run as SyncRun;
  const now = deps.clock.now().getTime();
  const former = await unfoldedRuns(deps.state, earlier, now);
  const taken = await saveStream(deps.state, run.connection, run.stream, held, {
    ...state,
    ...(former.length === 0 ? {} : { earlier: former }),
    epoch: held.state.epoch + 1,
    leaseUntil: now + LEASE_MS,
  });
  if (taken === undefined) return 'moved';
  await listRun(deps.state, 'sync', run);
  return taken;
}

function newSyncRun(id: string, { connection, stream }: SyncCommand, startedAt: string, backfill: boolean): SyncRun {
  const counts = { pages: 0, changes: 0, echoes: 0, rejected: 0, sent: {} };
  return { id, connection, stream, state: 'running', startedAt, backfill, ...counts };
}

/** Sends a command again for later, because the stream is not free for it now. */
async function sendLater(deps: SyncDeps, command: SyncCommand, ms: number): Promise<undefined> {
  await deps.sync.send([{ body: command as unknown as Json, ...delayOf(Math.max(1, ms / 1_000)) }]);
}
