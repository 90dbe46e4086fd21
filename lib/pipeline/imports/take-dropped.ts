import { createHash } from 'node:crypto';
import type { FileAccess, OpenFile, RejectedRow } from '../../connectors/row-file.ts';
import { asTributaryError, TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import { quarantine } from '../quarantine.ts';
import { type DroppedFile, placeInDrop, readNotice } from './drop-notice.ts';
import {
  type DropDeps,
  type DropState,
  endDrop,
  type HeldDrop,
  noteDrop,
  refuseWhenStuck,
  releaseDrop,
  saveDrop,
  takeUpDrop,
} from './drop-run.ts';
import { endImport, openImports, startImport, takeRows } from './import-file.ts';
import { type FileBatch, inBatches, readable, rejectsOf } from './row-batches.ts';
import { addRejects, rejectsKey } from './write-rejects.ts';

/** Bytes of a file, as it is dropped and when it is unpacked. What is larger comes in parts. */
const MOST_BYTES = 2_000_000_000;
const MOST_UNPACKED = 4_000_000_000;
/** Batches that are taken together, before the place in the file is noted. */
const AT_ONCE = 4;
/** Rows of one file that are quarantined: all of them are in the file of rejected rows. */
const MOST_QUARANTINED = 1_000;

/**
 * Takes files that were dropped in the bucket as an import, batch by batch: take rows, write down those that were not,
 * note the place. Stops when time is short and sends itself what is left. Whoever dies is followed by a worker that reads
 * on from the last place; what it repeats changes nothing.
 */
export function takeDropped(deps: DropDeps) {
  return async function take(message: Json, signal: AbortSignal): Promise<void> {
    if (isJsonObject(message) && typeof message.file === 'string') {
      await workOn(deps, message.file, signal);
      return;
    }
    const [first, ...others] = readNotice(message, deps.bucket);
    for (const file of others) await noteDrop(deps, file);
    if (others.length > 0) await deps.imports.send(others.map(({ id }) => ({ body: { file: id } })));
    if (first === undefined) return;
    await noteDrop(deps, first);
    await workOn(deps, first.id, signal);
  };
}

async function workOn(deps: DropDeps, id: string, signal: AbortSignal): Promise<void> {
  const taken = await takeUpDrop(deps, id);
  if (taken === undefined) return;
  const work = { held: taken };
  const again = async (state: DropState): Promise<void> => {
    if ((await releaseDrop(deps, work.held, state)) !== undefined) await deps.imports.send([{ body: { file: id } }]);
  };
  try {
    const read = await readOn(deps, work, signal);
    if (read === 'stopped') await again(work.held.state);
  } catch (thrown) {
    const error = asTributaryError(thrown);
    const { kind, code, message } = error;
    const { state } = work.held;
    deps.log('a dropped file is not read on', { run: id, kind, code, reason: message });
    if (kind === 'transient' || kind === 'rate-limited' || kind === 'defect') {
      // What passes is nobody's fault; a defect counts until the file is given up.
      const tries = kind === 'defect' ? {} : { tries: state.tries - 1 };
      await releaseDrop(deps, work.held, { ...state, ...tries, trouble: code });
      throw error;
    }
    await endDrop(deps, work.held, {}, error);
  }
}

/** `work.held` follows what is stored, so that whoever catches a failure knows where the file stands. */
async function readOn(
  deps: DropDeps,
  work: { held: HeldDrop },
  signal: AbortSignal,
): Promise<'ended' | 'stopped' | 'lost'> {
  const { file: dropped } = work.held.state;
  refuseWhenStuck(work.held.state);
  const place = placeInDrop(dropped.key);
  if (dropped.bytes > MOST_BYTES) throw tooLarge(dropped.bytes);
  const { imports, open } = await openImports(deps, place.connection);
  const access = accessTo(deps, dropped);
  if (work.held.state.whole === undefined) {
    const file = await deps.openFile(access);
    const missing = open.missingIn?.(file) ?? [];
    if (work.held.state.import === undefined) {
      const content = await hashOf(access);
      const begun = await startImport(deps, { ...place, content, fileAt: dropped.at });
      const noted = missing.length === 0 ? {} : { missing };
      if (begun.ended) {
        await endDrop(deps, work.held, { ...noted, again: true });
        return 'ended';
      }
      const { state } = work.held;
      if (!(await keep(deps, work, { ...state, import: begun.import, run: { ...state.run, ...noted } }))) return 'lost';
    }
    const stream = { ...place, stream: imports.stream };
    let waiting: FileBatch[] = [];
    for await (const batch of inBatches(file.rows(work.held.state.place), work.held.state.batches)) {
      if (waiting.length === AT_ONCE) {
        if (!(await takeBatches(deps, work, stream, file, waiting, batch))) return 'lost';
        if (signal.aborted) return 'stopped';
        waiting = [];
      }
      waiting.push(batch);
    }
    if (!(await takeBatches(deps, work, stream, file, waiting, undefined))) return 'lost';
  }
  await endImport(deps, work.held.state.import ?? '');
  await endDrop(deps, work.held, {});
  return 'ended';
}

/** Takes batches; `next` is the one behind them, absent at the end of the file. False when somebody else has the file. */
async function takeBatches(
  deps: DropDeps,
  work: { held: HeldDrop },
  into: { readonly connection: string; readonly name: string; readonly stream: string },
  file: OpenFile,
  batches: readonly FileBatch[],
  next: FileBatch | undefined,
): Promise<boolean> {
  const { state } = work.held;
  const id = state.import ?? '';
  const taken = await Promise.all(
    batches.map(({ number, rows }) =>
      takeRows(deps, id, { batch: number, rows: readable(rows).map(({ line, row }) => ({ line, row })) }),
    ),
  );
  const refused = batches.map(({ rows }, index) => rejectsOf(rows, taken[index]?.rejected ?? []));
  let room = MOST_QUARANTINED - state.run.rejected;
  for (const [index, rows] of refused.entries()) {
    const batch = batches[index];
    if (batch !== undefined && room > 0)
      await quarantineRows(deps, into, `${id}#${batch.number}`, batch, rows.slice(0, room));
    room -= rows.length;
  }
  const keyOf = (part: number, form: string) => rejectsKey(into, state.run.id, part, form);
  const rejects = await addRejects(deps.files, file.rejects, keyOf, state.rejects, refused.flat());
  const count = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + size, 0);
  return keep(deps, work, {
    ...state,
    tries: 0,
    batches: next?.number ?? state.batches + batches.length,
    ...(next === undefined ? { whole: true } : { place: next.from }),
    ...(rejects === undefined ? {} : { rejects }),
    run: {
      ...state.run,
      rows: state.run.rows + count(batches.map(({ rows }) => rows.length)),
      changes: state.run.changes + count(taken.map(({ changes }) => changes)),
      rejected: state.run.rejected + count(refused.map((rows) => rows.length)),
      ...(rejects === undefined ? {} : { rejects: keyOf(1, file.rejects.form) }),
    },
  });
}

async function keep(deps: DropDeps, work: { held: HeldDrop }, next: DropState): Promise<boolean> {
  const saved = await saveDrop(deps, work.held, next);
  if (saved === undefined) return false;
  work.held = saved;
  return true;
}

/** Of a row that cannot be read only the line is kept: an erasure would not find anybody in a text without cells. */
async function quarantineRows(
  deps: DropDeps,
  { connection, stream }: { readonly connection: string; readonly stream: string },
  prefix: string,
  batch: FileBatch,
  rows: readonly RejectedRow[],
): Promise<void> {
  const read = new Map(readable(batch.rows).map(({ line, row }) => [line, row]));
  const rejected = rows.map(({ line, code, reason }) => {
    const row = read.get(line);
    return { code, reason, record: row === undefined ? { line } : { line, row } };
  });
  await quarantine(deps, connection, stream, prefix, rejected);
}

function accessTo({ files }: DropDeps, dropped: DroppedFile): FileAccess {
  return {
    byteLength: dropped.bytes,
    mostUnpacked: MOST_UNPACKED,
    bytes: (from) => files.bytes(dropped, from),
    slice: (start, end = dropped.bytes) => files.slice(dropped, start, end),
  };
}

async function hashOf(access: FileAccess): Promise<string> {
  const sum = createHash('sha256');
  for await (const chunk of access.bytes()) sum.update(chunk);
  return sum.digest('hex');
}

function tooLarge(bytes: number): TributaryError {
  const message = `the file has ${bytes} bytes, at most ${MOST_BYTES} are taken; drop it in parts`;
  return new TributaryError('rejected', 'import/too-large', message);
}
