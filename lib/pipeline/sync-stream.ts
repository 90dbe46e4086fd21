import type { Page, Stream } from '../connectors/contract.ts';
import type { Change, Rejection } from '../domain/change.ts';
import { asTributaryError, dispositions, failAgain, type TributaryError } from '../domain/errors.ts';
import { formatInstant } from '../domain/instant.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { type ConnectionDeps, type OpenConnection, openConnection } from './connections.ts';
import type { Archive, Queue, StateStore } from './ports.ts';
import { EPOCH_SIZE, type HeldStream, listRun, readStream, saveStream, type StreamState, type SyncRun } from './sync-run.ts';

export interface SyncDeps extends ConnectionDeps {
  readonly state: StateStore;
  readonly archive: Archive;
  readonly changes: Queue;
  readonly sync: Queue;
}

/** What a message of the sync queue asks: advance a stream, or read single records again. */
export interface SyncCommand {
  readonly connection: string;
  readonly stream: string;
  /** When the schedule meant it to run; two firings of one instant are one run. */
  readonly scheduledAt?: string;
  /** Forget the checkpoint and read everything. */
  readonly full?: boolean;
  /** Go on with this run. */
  readonly run?: string;
  /** Read these vendor ids again instead: what a webhook hinted at. */
  readonly reread?: readonly string[];
}

/** A message of the changes queue: changes, and if they were pulled the run and number they count for. */
export interface ChangesMessage {
  readonly changes: readonly Change[];
  readonly run?: { readonly id: string; readonly number: number };
  readonly origin: 'page' | 'delivery';
  readonly connection: string;
}

/** Bytes of changes in one message; an invocation's batch of ten stays within Lambda's payload. */
const MESSAGE_BYTES = 200_000;
/** Longer than a function may run: nobody takes over a stream that somebody works on. */
const LEASE_MS = 16 * 60_000;
const QUARANTINE_KEPT_MS = 90 * 24 * 3_600_000;

/**
 * Advances one stream by pages: archive the page, queue its changes, store the checkpoint, until the source has no more
 * or time is short; then queues itself to go on. Killed at any line, the next worker goes on from the last checkpoint.
 */
export function syncStream(deps: SyncDeps) {
  return async function sync(command: SyncCommand, signal: AbortSignal): Promise<void> {
    const connection = await openConnection(deps, command.connection);
    const stream = connection.connector.streams.find(({ name }) => name === command.stream);
    if (stream === undefined) {
      deps.log('no such stream', { connection: command.connection, stream: command.stream, code: 'sync/unknown-stream' });
      return;
    }
    if (command.reread !== undefined) {
      await reread(deps, connection, stream, command.reread, signal);
      return;
    }
    const held = await takeUp(deps, command);
    if (held === undefined) return;
    await pull(deps, connection, stream, command, held, signal);
  };
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
  const again = async (delaySeconds: number): Promise<void> => {
    const body = { connection: name, stream: stream.name, run: runId };
    if ((await release(deps, name, stream.name, held)) === undefined) return;
    await deps.sync.send([{ body, ...(delaySeconds > 0 ? { delaySeconds } : {}) }]);
  };
  try {
    const api = await connection.connect(signal);
    const now = new Date(taken.state.run?.startedAt ?? deps.clock.now());
    for await (const page of stream.read(api, name, held.state.checkpoint, { signal, now })) {
      const next = await storePage(deps, name, stream.name, held, page);
      if (next === undefined) return; // Somebody took the stream over; what was queued twice folds to the same.
      held = next;
      if (signal.aborted) {
        await again(0);
        return;
      }
    }
    await finish(deps, name, stream.name, held, undefined);
  } catch (thrown) {
    const error = asTributaryError(thrown);
    if (signal.aborted && error.kind !== 'config' && error.kind !== 'auth') {
      await again(0);
      return;
    }
    await settleFailure(deps, command, stream.name, held, error, again);
  }
}

async function storePage(
  deps: SyncDeps,
  connection: string,
  stream: string,
  held: HeldStream,
  page: Page,
): Promise<HeldStream | undefined> {
  const { state } = held;
  const run = state.run as SyncRun;
  const epoch = String(state.epoch);
  const first = run.sent[epoch] ?? 0;
  await deps.archive.put(pageKey(connection, stream, run, state.epoch), page.records);
  const messages = pack(page.changes).map((changes, at) => ({
    body: {
      origin: 'page',
      connection,
      changes,
      run: { id: run.id, number: state.epoch * EPOCH_SIZE + first + at },
    } as unknown as Json,
  }));
  await deps.changes.send(messages);
  await quarantine(deps, connection, stream, `${run.id}#${state.epoch}#${run.pages}`, page.rejected);
  const next: StreamState = {
    ...state,
    checkpoint: page.checkpoint,
    leaseUntil: deps.clock.now().getTime() + LEASE_MS,
    run: {
      ...run,
      pages: run.pages + 1,
      changes: run.changes + page.changes.length,
      rejected: run.rejected + page.rejected.length,
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
  if (running && leaseUntil > now.getTime()) return undefined;
  const id = `${connection}.${stream}.${command.scheduledAt ?? formatInstant(now.getTime())}`;
  if (!running && run !== undefined && (run.id === id || run.id === command.run)) {
    failAgain(run.error);
    return undefined;
  }
  if (command.run !== undefined && run?.id !== command.run) return undefined;
  const start = command.full === true && !running ? undefined : checkpoint;
  const next: SyncRun = running
    ? run
    : {
        id,
        connection,
        stream,
        state: 'running',
        startedAt: formatInstant(now.getTime()),
        backfill: start === undefined,
        pages: 0,
        changes: 0,
        rejected: 0,
        sent: {},
      };
  const taken = await saveStream(deps.state, connection, stream, held, {
    ...(start === undefined ? {} : { checkpoint: start }),
    run: next,
    epoch: held.state.epoch + 1,
    leaseUntil: now.getTime() + LEASE_MS,
  });
  if (taken !== undefined) await listRun(deps.state, next);
  return taken;
}

async function release(deps: SyncDeps, connection: string, stream: string, held: HeldStream) {
  return saveStream(deps.state, connection, stream, held, { ...held.state, leaseUntil: 0 });
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
  const saved = await saveStream(deps.state, connection, stream, held, { ...held.state, run, leaseUntil: 0 });
  if (saved !== undefined) await listRun(deps.state, run);
  const { id, pages, changes, rejected } = run;
  deps.log('sync run ended', { run: id, state: run.state, pages, changes, rejected, code: error?.code ?? null });
}

async function settleFailure(
  deps: SyncDeps,
  command: SyncCommand,
  stream: string,
  held: HeldStream,
  error: TributaryError,
  again: (delaySeconds: number) => Promise<void>,
): Promise<void> {
  const { does } = dispositions[error.kind];
  deps.log('sync run stopped', { connection: command.connection, stream, kind: error.kind, code: error.code, reason: error.message });
  if (error.kind === 'rate-limited') {
    await again(Math.ceil((error.retryAfterMs ?? 60_000) / 1_000));
    return;
  }
  if (does === 'retry-later') {
    await release(deps, command.connection, stream, held);
    throw error;
  }
  await finish(deps, command.connection, stream, held, error);
  if (does === 'dead-letter') throw error;
}

async function reread(
  deps: SyncDeps,
  connection: OpenConnection,
  stream: Stream<unknown>,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (stream.reread === undefined) return;
  const { name } = connection.definition;
  const api = await connection.connect(signal);
  const now = deps.clock.now();
  const page = await stream.reread(api, name, ids, { signal, now });
  const stamp = formatInstant(now.getTime());
  await deps.archive.put(`pages/${name}/${stream.name}/rereads/${stamp}-${deps.clock.random().toString(36).slice(2)}.ndjson.gz`, page.records);
  await quarantine(deps, name, stream.name, `reread#${stamp}`, page.rejected);
  await deps.changes.send(
    pack(page.changes).map((changes) => ({ body: { origin: 'page', connection: name, changes } as unknown as Json })),
  );
}

/** Keeps rejected records for a person to look at, with their reason. */
export async function quarantine(
  deps: Pick<SyncDeps, 'state' | 'clock'>,
  connection: string,
  stream: string,
  prefix: string,
  rejected: readonly Rejection[],
): Promise<void> {
  const expiresAt = deps.clock.now().getTime() + QUARANTINE_KEPT_MS;
  for (const [at, { code, reason, record }] of rejected.entries()) {
    const body = { connection, stream, code, reason, record: record as Json } satisfies JsonObject;
    await deps.state.put(`quarantine#${connection}`, `${prefix}#${at}`, body, 0, { expiresAt });
  }
}

/** Changes in groups of bounded size, in order. */
export function pack(changes: readonly Change[]): Change[][] {
  const groups: Change[][] = [];
  let bytes = 0;
  for (const change of changes) {
    const size = JSON.stringify(change).length * 1.2;
    const last = groups.at(-1);
    if (last === undefined || bytes + size > MESSAGE_BYTES) {
      groups.push([change]);
      bytes = size;
    } else {
      last.push(change);
      bytes += size;
    }
  }
  return groups;
}

function pageKey(connection: string, stream: string, run: SyncRun, epoch: number): string {
  const hour = run.startedAt.slice(0, 13).replace('T', '/');
  return `pages/${connection}/${stream}/${hour}/${run.id}-${epoch}-${run.pages}.ndjson.gz`;
}
