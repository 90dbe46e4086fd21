import { asTributaryError, TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { delayOf } from '../delay.ts';
import type { Archive, Clock, Log, ProfileStore, Queue, StateStore, StoredProfile } from '../ports.ts';
import { LEASE_MS } from '../run-list.ts';

/** A walk over everybody, in parts that are done by messages of the recompute queue. */
export interface Scan {
  readonly id: string;
  /** Which work is done with the people that are met; see `ScanWork`. */
  readonly what: string;
  /** Of how many equal parts of the table the first `parts` are walked. Fewer than all are a random sample. */
  readonly parts: number;
  readonly of: number;
  readonly startedAt: string;
  /** What the work needs to know. */
  readonly about: JsonObject;
}

/** How far one part is. The row is the truth: a message only says which part to go on with. */
export interface ScanPart {
  readonly part: number;
  readonly done: boolean;
  readonly after?: string;
  readonly people: number;
  /** Read units that walking took so far. */
  readonly readUnits: number;
  /** What the work found among these people. */
  readonly found: JsonObject;
  /** The object of the archive in which it is instead, of work that finds much. */
  readonly foundAt?: string;
}

/** `outdated`: nothing is done, for good, for that reason. `early`: nothing yet, for so many seconds. */
export type Readiness = 'ready' | { readonly outdated: string } | { readonly early: number };

/** What is done with the people of a scan. */
export interface ScanWork {
  /** It finds more than a row holds, so that it is kept in the archive; `people` may change what it is given in place. */
  readonly findsMuch?: true;
  /** Whether it may be done now. Absent = it always may. */
  readiness?(scan: Scan): Promise<Readiness>;
  /** What a part finds before it meets anybody. Absent = nothing. */
  begin?(scan: Scan, part: number): Promise<JsonObject>;
  /** Does some people, and adds what is found to what was found before. May see the same people twice. */
  people(scan: Scan, people: readonly StoredProfile[], found: JsonObject): Promise<JsonObject>;
  /** Every part is done. May be told twice. */
  end?(scan: Scan, parts: readonly ScanPart[]): Promise<void>;
}

export interface ScanDeps {
  readonly state: StateStore;
  readonly archive: Pick<Archive, 'getJson' | 'putJson'>;
  readonly profiles: ProfileStore;
  readonly recompute: Queue;
  readonly clock: Clock;
  readonly log: Log;
}

const KEPT_MS = 30 * 24 * 3_600_000;
/** Pages that one message walks: its work stays small beside that of people whose time has come. */
export const PAGES_IN_MESSAGE = 8;

/** Stores a scan and asks for its parts. Asking twice is asking once: each part goes on where its row says. */
export async function startScan(
  deps: Pick<ScanDeps, 'state' | 'recompute'> & { readonly clock: Pick<Clock, 'now'> },
  scan: Scan,
  delaySeconds = 0,
): Promise<void> {
  const expiresAt = deps.clock.now().getTime() + KEPT_MS;
  await deps.state.put('scan', scan.id, scan as unknown as JsonObject, 0, { expiresAt });
  await askForParts(deps.recompute, scan, delaySeconds);
}

async function askForParts(recompute: Queue, { id, parts }: Scan, delaySeconds: number): Promise<void> {
  const messages = Array.from({ length: parts }, (_, part) => ({ body: { scan: { id, part } } }));
  await recompute.send(messages.map((message) => (delaySeconds === 0 ? message : { ...message, delaySeconds })));
}

export async function readScan(state: StateStore, id: string): Promise<Scan | undefined> {
  return (await state.get('scan', id))?.body as unknown as Scan | undefined;
}

/** How far each part is. */
export async function readParts(state: StateStore, scan: Scan): Promise<readonly ScanPart[]> {
  const rows = Array.from({ length: scan.parts }, async (_, part) => (await readPart(state, scan.id, part)).part);
  return Promise.all(rows);
}

/**
 * Does one message of a scan: goes on with a part for some pages, stores how far it came, then asks for the rest, by the
 * row that it stored. A part that two messages work on at the same time is stored by one of them; a death loses the pages
 * since the last store. Whoever finds that one store ahead asks too, for later: that one may have died before it asked,
 * and the queue deletes a message that came twice for both (ADR 0077). Two stores ahead, somebody did ask.
 */
export function workScan(deps: ScanDeps, works: Readonly<Record<string, ScanWork>>) {
  return async function work(message: JsonObject, signal: AbortSignal): Promise<void> {
    const id = String(message.id);
    const number = Number(message.part);
    const scan = await readScan(deps.state, id);
    const does = works[scan?.what ?? ''];
    if (scan === undefined || does === undefined) return;
    const readiness = (await does.readiness?.(scan)) ?? 'ready';
    if (readiness !== 'ready') {
      if ('early' in readiness) return deps.recompute.send([{ body: { scan: message }, ...delayOf(readiness.early) }]);
      deps.log('scan let go', { scan: id, part: number, reason: readiness.outdated });
      return;
    }
    const { part, version } = await readPart(deps.state, id, number);
    const ask = async (row: number, seconds = 0): Promise<void> =>
      deps.recompute.send([{ body: { scan: { id, part: number, row } }, ...delayOf(seconds) }]);
    if (!part.done && typeof message.row === 'number' && message.row < version) {
      if (message.row === version - 1) await ask(version, LEASE_MS / 1_000);
      return;
    }
    const from = part.done || does.findsMuch === undefined ? part : { ...part, found: await readFound(deps, part) };
    const reached = part.done ? part : await walk(deps, scan, does, from, signal);
    if (!part.done) {
      const expiresAt = deps.clock.now().getTime() + KEPT_MS;
      const row = does.findsMuch === undefined ? reached : await putFound(deps, id, reached);
      const stored = await deps.state.put(rowsOf(id), String(number), row as unknown as JsonObject, version, {
        expiresAt,
      });
      if (!stored) return ask(version + 1, LEASE_MS / 1_000);
    }
    if (!reached.done) return ask(version + 1);
    const parts = await readParts(deps.state, scan);
    if (parts.every(({ done }) => done)) await does.end?.(scan, parts);
  };
}

/** What a part found, from its row or from the archive; nothing yet is an empty object. It belongs to whoever asked. */
export async function readFound(
  deps: { readonly archive: Pick<Archive, 'getJson'> },
  { found, foundAt }: ScanPart,
): Promise<JsonObject> {
  const kept = foundAt === undefined ? found : await deps.archive.getJson(foundAt);
  if (isJsonObject(kept)) return structuredClone(kept);
  throw new TributaryError('defect', 'scan/lost', 'what a part of a scan found is not in the archive any more');
}

/** Each store has an object of its own: of two messages that do one part, only the one whose row is stored is read. */
async function putFound({ archive, clock }: ScanDeps, id: string, part: ScanPart): Promise<ScanPart> {
  const foundAt = `scans/${id}/${part.part}.${clock.random().toString(36).slice(2, 12)}.json.gz`;
  await archive.putJson(foundAt, part.found);
  return { ...part, found: {}, foundAt };
}

async function walk(
  deps: ScanDeps,
  scan: Scan,
  work: ScanWork,
  from: ScanPart,
  signal: AbortSignal,
): Promise<ScanPart> {
  const begun = from.after === undefined ? await work.begin?.(scan, from.part) : undefined;
  let reached = begun === undefined ? from : { ...from, found: begun };
  let pages = 0;
  for await (const page of deps.profiles.scan(from.part, scan.of, from.after)) {
    const found = await work.people(scan, page.people, reached.found);
    reached = {
      part: from.part,
      done: page.after === undefined,
      people: reached.people + page.people.length,
      readUnits: reached.readUnits + page.readUnits,
      found,
      ...(page.after === undefined ? {} : { after: page.after }),
    };
    pages += 1;
    if (pages === PAGES_IN_MESSAGE || signal.aborted) return reached;
  }
  return { ...reached, done: true };
}

async function readPart(
  state: StateStore,
  id: string,
  part: number,
): Promise<{ readonly part: ScanPart; readonly version: number }> {
  const row = await state.get(rowsOf(id), String(part));
  const none: ScanPart = { part, done: false, people: 0, readUnits: 0, found: {} };
  return { part: row === undefined ? none : (row.body as unknown as ScanPart), version: row?.version ?? 0 };
}

function rowsOf(id: string): string {
  return `scan#${id}`;
}

/** What a message of a scan failed at, for the log: the message comes again, its neighbours are not held up. */
export function tellFailure(log: Log, message: JsonObject, thrown: unknown): void {
  const { kind, code, message: reason } = asTributaryError(thrown);
  log('scan failed', { scan: String(message.id), part: Number(message.part), kind, code, reason });
}
