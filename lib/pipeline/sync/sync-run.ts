import type { FailureKind } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { StateStore } from '../ports.ts';
import { RUNS_KEPT_MS } from '../run-list.ts';
import type { RunWait } from '../run-wait.ts';

/** One attempt to advance one stream. */
export interface SyncRun {
  readonly id: string;
  readonly connection: string;
  readonly stream: string;
  readonly state: 'running' | 'finished' | 'failed';
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly backfill: boolean;
  readonly pages: number;
  readonly changes: number;
  /** Changes that were a push of ours coming back, whole or in part. Absent in runs of former releases. */
  readonly echoes?: number;
  readonly rejected: number;
  /** How many records the source says are left to be read, of how many when it said so first. Absent = it does not say. */
  readonly toRead?: { readonly left: number; readonly of: number };
  /** Of the changes: people that it brought, and people that it took away. */
  readonly people?: number;
  readonly gone?: number;
  /** Figures that it brought, of a stream of figures. */
  readonly figures?: number;
  /** Since when the source no longer told all that was deleted, RFC 3339: everything is read anew. */
  readonly anewSince?: string;
  /** Messages stored with a checkpoint, per epoch: message numbers are epoch × 100,000 + n. */
  readonly sent: Readonly<Record<string, number>>;
  /** The vendor, or the connection's budget, makes it wait. */
  readonly waits?: RunWait;
  readonly error?: { readonly kind: FailureKind; readonly code: string; readonly message: string };
}

/** Where a stream stands: its checkpoint, its latest run, and who is working on it. */
export interface StreamState {
  readonly checkpoint?: Json;
  readonly run?: SyncRun;
  /** Counts the workers that took the stream up; makes message numbers of a worker that died its own. */
  readonly epoch: number;
  /** Until then nobody else takes the stream up, in ms. */
  readonly leaseUntil: number;
  /** The run was let go of, and nobody takes it up before then, in ms: the vendor may have asked us to wait. */
  readonly waitUntil?: number;
  /** The start of the latest run that read everything to the end: from then on the archive holds all that there is. */
  readonly wholeSince?: string;
  /** When the latest run that was asked to read everything was asked for, in ms. */
  readonly wholeAsked?: number;
  /** Former runs that had messages on their way when the next one began. */
  readonly earlier?: readonly FormerRun[];
  /** The run has ended, and what follows from that is not all done yet. */
  readonly unannounced?: true;
}

type FormerRun = Pick<SyncRun, 'id' | 'startedAt' | 'sent'>;

export const EPOCH_SIZE = 100_000;
/** How long a former run's unfolded messages hold up pushes; after that they are in the dead letters of somebody's care. */
const FORMER_WATCHED_MS = 24 * 3_600_000;
const EMPTY: StreamState = { epoch: 0, leaseUntil: 0 };

/** A stream's state with the version to write it back on. */
export interface HeldStream {
  readonly state: StreamState;
  readonly version: number;
}

export async function readStream(state: StateStore, connection: string, stream: string): Promise<HeldStream> {
  const document = await state.get('stream', `${connection}/${stream}`);
  return { state: (document?.body as unknown as StreamState | undefined) ?? EMPTY, version: document?.version ?? 0 };
}

/** Writes the stream's state if nobody wrote it since; undefined when somebody did. */
export async function saveStream(
  store: StateStore,
  connection: string,
  stream: string,
  held: HeldStream,
  next: StreamState,
): Promise<HeldStream | undefined> {
  const body = next as unknown as JsonObject;
  if (!(await store.put('stream', `${connection}/${stream}`, body, held.version))) return undefined;
  return { state: next, version: held.version + 1 };
}

/** Notes that a numbered message of a run is folded into profiles. */
export async function markFolded(
  state: StateStore,
  run: string,
  numbers: readonly number[],
  now: number,
): Promise<void> {
  await state.addNumbers(`folded#${run}`, numbers, now + RUNS_KEPT_MS);
}

/** A run is settled when it has read its source to the end and every message it stored is folded. A failed one never is. */
export async function isSettled(state: StateStore, run: SyncRun): Promise<boolean> {
  return run.state === 'finished' && isFolded(state, run);
}

/** A stream is settled when its latest run is, with what follows from its end, and no former run has messages on their way. */
export async function isStreamSettled(
  store: StateStore,
  { run, earlier, unannounced }: StreamState,
  now: number,
): Promise<boolean> {
  if (run === undefined || unannounced === true || !(await isSettled(store, run))) return false;
  return (await unfoldedRuns(store, earlier ?? [], now)).length === 0;
}

/** Runs whose messages are not all folded, as far back as pushes wait for them. */
export async function unfoldedRuns(store: StateStore, runs: readonly FormerRun[], now: number): Promise<FormerRun[]> {
  const unfolded: FormerRun[] = [];
  for (const { id, startedAt, sent } of runs) {
    if (Date.parse(startedAt) < now - FORMER_WATCHED_MS) continue;
    if (!(await isFolded(store, { id, sent }))) unfolded.push({ id, startedAt, sent });
  }
  return unfolded;
}

/** Whether every message that was sent under an id is folded. */
export async function isFolded(state: StateStore, { id, sent }: Pick<SyncRun, 'id' | 'sent'>): Promise<boolean> {
  const folded = await state.numbers(`folded#${id}`);
  return Object.entries(sent).every(([epoch, count]) => {
    for (let n = 0; n < count; n += 1) if (!folded.has(Number(epoch) * EPOCH_SIZE + n)) return false;
    return true;
  });
}
