import { loadConnector } from '../../connectors/define.ts';
import { dispositions, type TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import { closeAlerts, raiseAlert } from '../alerts.ts';
import { startReplay } from '../replay/replay.ts';
import { listRun, TELLING_MS } from '../run-list.ts';
import { releaseStream } from './release-stream.ts';
import { noteSourceSize } from './source-size.ts';
import { type HeldStream, type StreamState, type SyncRun, saveStream } from './sync-run.ts';
import type { SyncCommand, SyncDeps } from './sync-work.ts';

/** Ends a run, as finished or with the error that it failed of, and does what follows. */
export async function finishSync(
  deps: SyncDeps,
  connection: string,
  stream: string,
  held: HeldStream,
  error: TributaryError | undefined,
): Promise<void> {
  const now = deps.clock.now().getTime();
  const run: SyncRun = {
    ...(held.state.run as SyncRun),
    state: error === undefined ? 'finished' : 'failed',
    endedAt: formatInstant(now),
    ...(error === undefined ? {} : { error: { kind: error.kind, code: error.code, message: error.message } }),
  };
  const whole = run.backfill && error === undefined ? { wholeSince: run.startedAt } : {};
  const ended: StreamState = { ...held.state, ...whole, run, unannounced: true, leaseUntil: now + TELLING_MS };
  const saved = await saveStream(deps.state, connection, stream, held, ended);
  if (saved === undefined) return; // Whoever took it over ends it.
  await announceEnd(deps, saved, run);
  const { id, pages, changes, echoes = 0, rejected } = run;
  deps.log('sync run ended', {
    run: id,
    state: run.state,
    pages,
    changes,
    echoes,
    rejected,
    code: error?.code ?? null,
  });
}

/** Does what follows from the end of a run whose worker died over it, unless somebody else does. */
export async function announceAgain(deps: SyncDeps, held: HeldStream): Promise<void> {
  const run = held.state.run as SyncRun;
  const leaseUntil = deps.clock.now().getTime() + TELLING_MS;
  const taken = await saveStream(deps.state, run.connection, run.stream, held, { ...held.state, leaseUntil });
  if (taken !== undefined) await announceEnd(deps, taken, run);
}

/** What follows from the end of a run. Each of it may be done again after a death; the state says when all was. */
async function announceEnd(deps: SyncDeps, held: HeldStream, run: SyncRun): Promise<void> {
  await listRun(deps.state, 'sync', run);
  if (run.anewSince !== undefined && run.error === undefined) await voidTheRest(deps, run);
  await noteEnd(deps, run);
  const { unannounced: _, ...state } = held.state;
  const leaseUntil = deps.clock.now().getTime();
  await saveStream(deps.state, run.connection, run.stream, held, { ...state, leaseUntil });
}

/**
 * What was deleted and is told no more is in no page of a run that read all anew: replayed from its start on, what those
 * pages do not make is taken away. Begun twice after a death in between it does no harm.
 */
async function voidTheRest(deps: SyncDeps, { connection, startedAt, anewSince = '' }: SyncRun): Promise<void> {
  // To the end of the hour under way, also where it has only just begun.
  const span = { from: Date.parse(startedAt), to: deps.clock.now().getTime() + 1 };
  const job = await startReplay(deps, await deps.definitions(), { ...span, connection });
  deps.log('what is not there any more is taken away', { connection, since: anewSince, job });
}

/** What an ended pull means for others: how large its source is now, and whether somebody has to look. */
async function noteEnd(deps: SyncDeps, run: SyncRun): Promise<void> {
  const source = `${run.connection}/${run.stream}`;
  const { backfill, people = 0, gone = 0, error } = run;
  const { connections, guardrails } = await deps.definitions();
  if (error === undefined) {
    await noteSourceSize(deps, source, { id: run.id, backfill, people, gone }, guardrails.minSource);
    await closeAlerts(deps, source, ['failed', 'silent']);
    return;
  }
  const says = `the pull failed with ${error.code}: ${error.message}`;
  const connector = await loadConnector(deps.connectors, connections[run.connection]?.connector ?? '');
  const isFigures = connector?.streams.some(({ name, figures }) => name === run.stream && figures === true) === true;
  const holds = isFigures ? '' : '; pushes are held until this source is read again';
  const todo = `see docs/errors.md under ${error.code}${holds}`;
  await raiseAlert(deps, { kind: 'failed', subject: source, says, todo, run: run.id });
}

/**
 * What becomes of a run that an error stopped: it waits, it comes again by the queue (then the error is thrown on), or it
 * is failed.
 */
export async function settleFailedSync(
  deps: SyncDeps,
  command: SyncCommand,
  stream: string,
  held: HeldStream,
  error: TributaryError,
  again: (delaySeconds: number, why?: TributaryError) => Promise<void>,
): Promise<void> {
  const { does } = dispositions[error.kind];
  deps.log('sync run stopped', {
    connection: command.connection,
    stream,
    kind: error.kind,
    code: error.code,
    reason: error.message,
  });
  if (error.kind === 'rate-limited') {
    await again(Math.ceil((error.retryAfterMs ?? 60_000) / 1_000), error);
    return;
  }
  if (does === 'retry-later') {
    await releaseStream(deps, command.connection, stream, held);
    throw error;
  }
  await finishSync(deps, command.connection, stream, held, error);
  if (does === 'dead-letter') throw error;
}
