import type { Calls, Page, Stream } from '../../connectors/contract.ts';
import { asTributaryError, dispositions, type TributaryError } from '../../domain/errors.ts';
import type { FigureDay } from '../../domain/figure.ts';
import { archiveKey, readingOf } from '../archive-hours.ts';
import { withCalls } from '../call-meter.ts';
import { changesMessage } from '../changes-message.ts';
import { type OpenConnection, openConnection } from '../connections.ts';
import { delayOf } from '../delay.ts';
import { keepFigures } from '../figures.ts';
import { pack } from '../pack.ts';
import { dropEchoes } from '../push/write-ledger.ts';
import { quarantine } from '../quarantine.ts';
import { asWhole, wholeInWindow } from '../replay/whole-records.ts';
import { LEASE_MS } from '../run-list.ts';
import { finishSync, settleFailedSync } from './end-sync.ts';
import { noteWait, releaseStream } from './release-stream.ts';
import { rereadOrPostpone } from './reread-records.ts';
import { sampleStream } from './sample-stream.ts';
import { EPOCH_SIZE, type HeldStream, type StreamState, type SyncRun, saveStream } from './sync-run.ts';
import type { SyncCommand, SyncDeps } from './sync-work.ts';
import { takeUpStream } from './take-up-stream.ts';

/**
 * Advances one stream by pages: archive the page, queue its changes, store the checkpoint, until the source has no more
 * or time is short; then queues itself to go on. Killed at any line, the next worker goes on from the last checkpoint.
 */
export function syncStream(deps: SyncDeps) {
  return async function sync(command: SyncCommand, signal: AbortSignal): Promise<void> {
    if (command.sample !== undefined) {
      await sampleStream(deps, command, signal);
      return;
    }
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
    const held = await takeUpStream(deps, command);
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
    const held = known && command.reread === undefined ? await takeUpStream(deps, command) : undefined;
    if (held !== undefined) await finishSync(deps, command.connection, command.stream, held, error);
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
    if ((await releaseStream(deps, name, stream.name, held, delaySeconds)) === undefined) return;
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
    if (read === 'whole') await finishSync(deps, name, stream.name, held, undefined);
  } catch (thrown) {
    const error = asTributaryError(thrown);
    const waits = error.kind === 'config' || error.kind === 'auth' || error.kind === 'rate-limited';
    if (signal.aborted && !waits) {
      await again(0);
      return;
    }
    await settleFailedSync(deps, command, stream.name, held, error, again);
  }
}

async function storePage(
  deps: SyncDeps,
  { connector, config, definition }: OpenConnection,
  stream: string,
  held: HeldStream,
  page: Page,
): Promise<HeldStream | undefined> {
  const { state } = held;
  const { name: connection } = definition;
  const before = state.run as SyncRun;
  const run = page.anewSince === undefined ? before : readAnew(deps, before, page.anewSince);
  const epoch = String(state.epoch);
  const first = run.sent[epoch] ?? 0;
  const name = `${run.id}-${state.epoch}-${run.pages}`;
  const readAt = deps.clock.now();
  if (page.figures === undefined) {
    await deps.archive.put(archiveKey(`pages/${connection}/${stream}`, readAt, name), page.lines);
  } else {
    // Nobody is in them: they lie where no erasure looks, and no replay.
    await deps.archive.put(archiveKey(`figures/${connection}/${stream}`, readAt, name), page.figures);
    await keepFigures(deps, { connection, stream }, page.figures);
  }
  const told = { echoes: connector.echoes, config };
  const heard = await dropEchoes(deps, await deps.definitions(), connection, told, page.changes);
  const whole = await wholeInWindow(deps.state, connection, connector);
  const { groups, tooLarge } = pack(heard.changes.map((change) => asWhole(change, whole)));
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
    leaseUntil: deps.clock.now().getTime() + LEASE_MS,
    run: {
      ...run,
      pages: run.pages + 1,
      changes: run.changes + heard.changes.length,
      echoes: (run.echoes ?? 0) + heard.echoes,
      rejected: run.rejected + rejected.length,
      people: (run.people ?? 0) + countOf(page, 'profile'),
      gone: (run.gone ?? 0) + countOf(page, 'gone'),
      ...(page.figures === undefined ? {} : { figures: (run.figures ?? 0) + figuresIn(page.figures) }),
      sent: { ...run.sent, [epoch]: first + messages.length },
      ...toRead(run, page),
    },
  };
  return saveStream(deps.state, connection, stream, held, next);
}

/** A run that finds that deletions are told no more reads all, as one without a checkpoint does. */
function readAnew(deps: SyncDeps, run: SyncRun, anewSince: string): SyncRun {
  const { id, connection, stream } = run;
  deps.log('deletions are told no more; reading all anew', { run: id, connection, stream, since: anewSince });
  const { toRead: _, ...rest } = run;
  return { ...rest, backfill: true, people: 0, gone: 0, anewSince };
}

/** A pass that begins anew may know of more than the one before. */
function toRead({ toRead: before }: SyncRun, { left, lines }: Page): Pick<SyncRun, 'toRead'> {
  if (left === undefined) return {};
  return { toRead: { left, of: Math.max(before?.of ?? 0, left + lines.length) } };
}

function figuresIn(days: readonly FigureDay[]): number {
  return days.reduce((sum, { figures }) => sum + figures.length, 0);
}

function countOf(page: Page, kind: 'profile' | 'gone'): number {
  return page.changes.reduce((sum, change) => sum + (change.kind === kind ? 1 : 0), 0);
}
