import { createHash } from 'node:crypto';
import type { FileAccess, OpenFile, RowPlace } from '../../connectors/row-file.ts';
import { type FailureKind, TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import { closeAlerts, raiseAlert } from '../alerts.ts';
import { delayOf } from '../delay.ts';
import type { Notify, PlainObjects, Queue } from '../ports.ts';
import { type TakenUp, takeUp } from '../run-lease.ts';
import { LEASE_MS, listRun, RUNS_KEPT_MS } from '../run-list.ts';
import { DROP, type DroppedFile, shownName } from './drop-notice.ts';
import type { ImportDeps } from './import-file.ts';
import type { RejectsPlace } from './write-rejects.ts';

/** As long as the archive keeps what was dropped. */
const FILE_KEPT_MS = 15 * 24 * 3_600_000;

export interface DropDeps extends ImportDeps {
  readonly files: PlainObjects;
  /** Finds out what a file is by what is in it. Throws errors of kind `rejected` that say what is wrong, and at which line. */
  readonly openFile: (access: FileAccess) => Promise<OpenFile>;
  /** The queue that files come from, for what is left of one. */
  readonly imports: Queue;
  readonly notify: Notify;
  readonly workspace: string;
  /** The bucket that files are dropped in. */
  readonly bucket: string;
}

/** One dropped file on its way in, as `tributary runs` lists it. */
export interface ImportRun {
  readonly id: string;
  readonly connection: string;
  /** `<connection>/<name>`, as it may be shown. */
  readonly file: string;
  readonly state: 'running' | 'finished' | 'failed';
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly rows: number;
  readonly changes: number;
  readonly rejected: number;
  /** The object that rejected rows are in; where it became too large, the first of them. */
  readonly rejects?: string;
  /** Columns that the mapping names and the file does not have. */
  readonly missing?: readonly string[];
  /** It was read to its end before, under the mapping as it is: nothing was taken again. */
  readonly again?: true;
  readonly error?: { readonly kind: FailureKind; readonly code: string; readonly message: string };
}

/** How far a file was read, and who is reading it. */
export interface DropState {
  readonly file: DroppedFile;
  readonly run: ImportRun;
  /** The import that its rows belong to, once its bytes were seen. */
  readonly import?: string;
  /** Batches that are taken, and the place of the first row that is not. */
  readonly batches: number;
  readonly place?: RowPlace;
  /** Nothing is left to read. */
  readonly whole?: true;
  readonly rejects?: RejectsPlace;
  /** That the run ended is listed and told. */
  readonly told?: true;
  /** Until then nobody else reads it, in ms. 0 = free. */
  readonly leaseUntil: number;
  /** Workers that took it up since a row was last taken. */
  readonly tries: number;
  /** What the last of them failed of, if it lived to tell. */
  readonly trouble?: string;
}

export interface HeldDrop {
  readonly state: DropState;
  readonly version: number;
}

/** Workers that may die on a file at the same place. One less than a message is tried, so that the run still tells. */
const MOST_TRIES = 3;

/** Notes a file that S3 told of. Told again, it is the one that is known. */
export async function noteDrop(deps: DropDeps, file: DroppedFile): Promise<void> {
  const run: ImportRun = {
    id: file.id,
    connection: shownName(DROP + (file.key.slice(DROP.length).split('/')[0] ?? '')),
    file: shownName(file.key),
    state: 'running',
    startedAt: formatInstant(deps.clock.now().getTime()),
    rows: 0,
    changes: 0,
    rejected: 0,
  };
  const state: DropState = { file, run, batches: 0, leaseUntil: 0, tries: 0 };
  await deps.state.put('drop', file.id, state as unknown as JsonObject, 0, expiry(run));
}

/** Takes a file up, or goes on with it. Undefined when it is done, nobody knows it, or somebody else reads it. */
export function takeUpDrop(deps: DropDeps, id: string): Promise<HeldDrop | undefined> {
  return takeUp(() => tryTakeUp(deps, id));
}

async function tryTakeUp(deps: DropDeps, id: string): Promise<TakenUp<HeldDrop>> {
  const document = await deps.state.get('drop', id);
  const state = document?.body as unknown as DropState | undefined;
  const now = deps.clock.now().getTime();
  if (document === undefined || state === undefined) return undefined;
  const found = { state, version: document.version };
  if (state.run.state !== 'running') {
    if (state.told === undefined) await tellEnd(deps, found);
    return undefined;
  }
  if (state.leaseUntil > now) {
    // The message outlives whoever has the file: `LEASE_MS` says why.
    await deps.imports.send([{ body: { file: id }, ...delayOf((state.leaseUntil - now) / 1_000) }]);
    return undefined;
  }
  const held = await saveDrop(deps, found, { ...state, tries: state.tries + 1 });
  if (held === undefined) return 'moved';
  await listRun(deps.state, 'import', held.state.run);
  return held;
}

/** Throws `import/no-progress` when workers kept dying on the file. */
export function refuseWhenStuck({ tries, place, trouble }: DropState): void {
  if (tries <= MOST_TRIES) return;
  const where = place === undefined ? 'at its beginning' : `at line ${place.line}`;
  const why = trouble === undefined ? '' : `, last with ${trouble}`;
  const message = `reading stopped ${MOST_TRIES} times ${where}${why}; the file is damaged, or one of its parts is too large when it is unpacked`;
  throw new TributaryError('rejected', 'import/no-progress', message);
}

/** Writes the state if nobody wrote it since, and keeps the file; undefined when somebody did. */
export async function saveDrop(deps: DropDeps, held: HeldDrop, next: DropState): Promise<HeldDrop | undefined> {
  const leaseUntil = deps.clock.now().getTime() + LEASE_MS;
  return put(deps, held, { ...next, leaseUntil });
}

/** Lets the file go, for whoever takes it up next. */
export async function releaseDrop(deps: DropDeps, held: HeldDrop, next: DropState): Promise<HeldDrop | undefined> {
  return put(deps, held, { ...next, leaseUntil: 0 });
}

/** Ends the run, as finished or with the error that it failed of, and tells whoever it concerns. */
export async function endDrop(
  deps: DropDeps,
  held: HeldDrop,
  more: Partial<ImportRun>,
  error?: TributaryError,
): Promise<void> {
  const run: ImportRun = {
    ...held.state.run,
    ...more,
    state: error === undefined ? 'finished' : 'failed',
    endedAt: formatInstant(deps.clock.now().getTime()),
    ...(error === undefined ? {} : { error: { kind: error.kind, code: error.code, message: error.message } }),
  };
  const ended = await put(deps, held, { ...held.state, run, leaseUntil: 0 });
  if (ended !== undefined) await tellEnd(deps, ended);
}

/** Lists a run that ended, and tells whoever it concerns; told once more when somebody died before noting it. */
async function tellEnd(deps: DropDeps, held: HeldDrop): Promise<void> {
  const { file, run } = held.state;
  const { id, state, rows, changes, rejected, error } = run;
  await listRun(deps.state, 'import', run);
  deps.log('file read', { run: id, state, rows, changes, rejected, code: error?.code ?? null });
  // A file may be called like a person: whoever is on call gets a number for it, and the list of runs has the name.
  const subject = `a dropped file (${createHash('sha256').update(file.key).digest('hex').slice(0, 8)})`;
  if (error === undefined) await closeAlerts(deps, subject, ['failed']);
  else {
    const says = `a dropped file was not taken to its end: ${error.code}: ${error.message}`;
    const todo = `tributary runs names the file, docs/errors.md says more under ${error.code}; put it right and drop it again under its name`;
    // By then the file is gone, and may have been dropped again under another name.
    await raiseAlert(deps, { kind: 'failed', subject, says, todo, run: id, endsAfterMs: FILE_KEPT_MS });
  }
  await put(deps, held, { ...held.state, told: true });
}

async function put(deps: DropDeps, held: HeldDrop, state: DropState): Promise<HeldDrop | undefined> {
  const body = state as unknown as JsonObject;
  const stored = await deps.state.put('drop', state.file.id, body, held.version, expiry(state.run));
  return stored ? { state, version: held.version + 1 } : undefined;
}

function expiry({ startedAt }: ImportRun): { readonly expiresAt: number } {
  return { expiresAt: Date.parse(startedAt) + RUNS_KEPT_MS };
}
