import type { Calls, Page, Stream } from '../../connectors/contract.ts';
import { asTributaryError, dispositions, failAgain, type TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json } from '../../domain/json.ts';
import { closeAlerts, raiseAlert } from '../alerts.ts';
import { archiveKey, readingOf } from '../archive-hours.ts';
import { withCalls } from '../call-meter.ts';
import { changesMessage } from '../changes-message.ts';
import { type OpenConnection, openConnection } from '../connections.ts';
import { delayOf } from '../delay.ts';
import { pack } from '../pack.ts';
import { dropEchoes } from '../push/write-ledger.ts';
import { quarantine } from '../quarantine.ts';
import { LEASE_MS, listRun } from '../run-list.ts';
import { withoutWait, withWait } from '../run-wait.ts';
import { rereadOrPostpone } from './reread-records.ts';
import { noteSourceSize } from './source-size.ts';
import {
  EPOCH_SIZE,
  type HeldStream,
  readStream,
  type StreamState,
  type SyncRun,
  saveStream,
  unfoldedRuns,
} from './sync-run.ts';
import type { SyncCommand, SyncDeps } from './sync-work.ts';

/** A pull of everything waits for the run under way, and looks again after this long. */
const LOOK_AGAIN_SECONDS = 30;

/**
 * Advances one stream by pages: archive the page, queue its changes, store the checkpoint, until the source has no more
 * or time is short; then queues itself to go on. Killed at any line, the next worker goes on from the last checkpoint.
 */
export function syncStream(deps: SyncDeps) {
  return async function sync(command: SyncCommand, signal: AbortSignal): Promise<void> {
    const connection = await openOrFail(deps, command);
    if (connection === undefined) return;
    const stream = connection.connector.streams.find(({ name }) => name === command.stream);
    if (stream === undefined) {
      deps.log('no such stream', {
        connection: command.connection,
        stream: command.stream,
        code: 'sync/unknown-stream',
      });
      return;
    }
    if (command.reread !== undefined) {
      await rereadOrPostpone(deps, connection, stream, command, signal);
      return;
    }
    const held = await takeUp(deps, command);
    if (held === undefined) return;
    await pull(deps, connection, stream, command, held, signal);
  };
}

/** Opens the connection of a pull; one that cannot be opened ends the run as failed, for the operator to see. */
async function openOrFail(deps: SyncDeps, command: SyncCommand): Promise<OpenConnection | undefined> {
  try {
    return await openConnection(deps, command.connection);
  } catch (thrown) {
    const error = asTributaryError(thrown);
    const known = error.code !== 'connection/unknown';
    deps.log('connection cannot be used', { connection: command.connection, code: error.code, reason: error.message });
    if (dispositions[error.kind].does !== 'stop-connection') throw error;
    const held = known && command.reread === undefined ? await takeUp(deps, command) : undefined;
    if (held !== undefined) await finish(deps, command.connection, command.stream, held, error);
    return undefined;
  }
}

async function pull(
  deps: SyncDeps,
  connection: OpenConnection,
  stream: Stream<unknown>,
  command: SyncCommand,
  taken: HeldStream,
  signal: AbortSignal,
): Promise<void> {
  let held = taken;
  const runId = taken.state.run?.id ?? '';
  const { name } = connection.definition;
  const again = async (delaySeconds: number, why?: TributaryError): Promise<void> => {
    const body = { connection: name, stream: stream.name, run: runId };
    if (why !== undefined) held = await noteWait(deps, held, delaySeconds, why);
    if ((await release(deps, name, stream.name, held, delaySeconds)) === undefined) return;
    await deps.sync.send([{ body, ...delayOf(delaySeconds) }]);
  };
  const now = new Date(taken.state.run?.startedAt ?? deps.clock.now());
  /** Whether the source was read to its end, time is short, or somebody took the stream over. */
  const readPages = async (calls: Calls): Promise<'whole' | 'stopped' | 'taken'> => {
    const api = await connection.connect(signal, calls);
    for await (const page of stream.read(api, name, held.state.checkpoint, { signal, now })) {
      const next = await storePage(deps, connection, stream.name, held, page);
      if (next === undefined) return 'taken'; // What was queued twice folds to the same.
      held = next;
      if (signal.aborted) return 'stopped';
    }
    return 'whole';
  };
  try {
    const read = await withCalls(deps, connection, { holder: `pull/${stream.name}`, use: 'pull' }, readPages);
    if (read === 'stopped') await again(0);
    if (read === 'whole') await finish(deps, name, stream.name, held, undefined);
  } catch (thrown) {
    const error = asTributaryError(thrown);
    const waits = error.kind === 'config' || error.kind === 'auth' || error.kind === 'rate-limited';
    if (signal.aborted && !waits) {
      await again(0);
      return;
    }
    await settleFailure(deps, command, stream.name, held, error, again);
  }
}

async function storePage(
  deps: SyncDeps,
  { connector, definition }: OpenConnection,
  stream: string,
  held: HeldStream,
  page: Page,
): Promise<HeldStream | undefined> {
  const { state } = held;
  const { name: connection } = definition;
  const run = state.run as SyncRun;
  const epoch = String(state.epoch);
  const first = run.sent[epoch] ?? 0;
  const name = `${run.id}-${state.epoch}-${run.pages}`;
  const readAt = deps.clock.now();
  await deps.archive.put(archiveKey(`pages/${connection}/${stream}`, readAt, name), page.lines);
  const heard = await dropEchoes(deps, await deps.definitions(), connection, connector, page.changes);
  const { groups, tooLarge } = pack(heard.changes);
  const messages = groups.map((changes, at) =>
    changesMessage({
      origin: 'page',
      connection,
      changes,
      read: readingOf(stream, readAt),
      run: { id: run.id, number: state.epoch * EPOCH_SIZE + first + at },
    }),
  );
  await deps.changes.send(messages);
  const rejected = [...page.rejected, ...tooLarge];
  await quarantine(deps, connection, stream, `${run.id}#${state.epoch}#${run.pages}`, rejected);
  const next: StreamState = {
    ...state,
    checkpoint: page.checkpoint,
    ...(page.changes.some(({ kind }) => kind === 'activity') ? { tellsActivities: true } : {}),
    leaseUntil: deps.clock.now().getTime() + LEASE_MS,
    run: {
      ...run,
      pages: run.pages + 1,
      changes: run.changes + heard.changes.length,
      echoes: (run.echoes ?? 0) + heard.echoes,
      rejected: run.rejected + rejected.length,
      people: (run.people ?? 0) + countOf(page, 'profile'),
      gone: (run.gone ?? 0) + countOf(page, 'gone'),
      sent: { ...run.sent, [epoch]: first + messages.length },
    },
  };
  return saveStream(deps.state, connection, stream, held, next);
}

/** Takes the stream up for a new run or to go on with one. Undefined when somebody else works on it or it is done. */
async function takeUp(deps: SyncDeps, command: SyncCommand): Promise<HeldStream | undefined> {
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
    if (leaseUntil > now.getTime()) return undefined;
    if (waits > 0) return own ? postpone(deps, command, waits / 1_000) : undefined;
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
    ...(held.state.tellsActivities === true ? { tellsActivities: true } : {}),
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
async function noteWait(deps: SyncDeps, held: HeldStream, seconds: number, why: TributaryError): Promise<HeldStream> {
  const before = held.state.run as SyncRun;
  const run = withWait(before, deps.clock, seconds, why);
  if (run !== before) await listRun(deps.state, 'sync', run);
  return { ...held, state: { ...held.state, run } };
}

/** Lets go of the stream; while the vendor asks us to wait, only the run's own message takes it up again. */
async function release(
  deps: SyncDeps,
  connection: string,
  stream: string,
  held: HeldStream,
  waitSeconds = 0,
): Promise<HeldStream | undefined> {
  const { waitUntil: _, ...state } = held.state;
  const wait = waitSeconds > 0 ? { waitUntil: deps.clock.now().getTime() + waitSeconds * 1_000 } : {};
  return saveStream(deps.state, connection, stream, held, { ...state, leaseUntil: 0, ...wait });
}

async function finish(
  deps: SyncDeps,
  connection: string,
  stream: string,
  held: HeldStream,
  error: TributaryError | undefined,
): Promise<void> {
  const run: SyncRun = {
    ...(held.state.run as SyncRun),
    state: error === undefined ? 'finished' : 'failed',
    endedAt: formatInstant(deps.clock.now().getTime()),
    ...(error === undefined ? {} : { error: { kind: error.kind, code: error.code, message: error.message } }),
  };
  const whole = run.backfill && error === undefined ? { wholeSince: run.startedAt } : {};
  const saved = await saveStream(deps.state, connection, stream, held, { ...held.state, ...whole, run, leaseUntil: 0 });
  if (saved !== undefined) await listRun(deps.state, 'sync', run);
  await noteEnd(deps, run);
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

/** What an ended pull means for others: how large its source is now, and whether somebody has to look. */
async function noteEnd(deps: SyncDeps, run: SyncRun): Promise<void> {
  const source = `${run.connection}/${run.stream}`;
  const { backfill, people = 0, gone = 0, error } = run;
  if (error === undefined) {
    const { guardrails } = await deps.definitions();
    await noteSourceSize(deps, source, { backfill, people, gone }, guardrails.minSource);
    await closeAlerts(deps, source, ['failed', 'silent']);
    return;
  }
  const says = `the pull failed with ${error.code}: ${error.message}`;
  const todo = `see docs/errors.md under ${error.code}; pushes are held until this source is read again`;
  await raiseAlert(deps, { kind: 'failed', subject: source, says, todo, run: run.id });
}

function countOf(page: Page, kind: 'profile' | 'gone'): number {
  return page.changes.reduce((sum, change) => sum + (change.kind === kind ? 1 : 0), 0);
}

async function settleFailure(
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
    await release(deps, command.connection, stream, held);
    throw error;
  }
  await finish(deps, command.connection, stream, held, error);
  if (does === 'dead-letter') throw error;
}
