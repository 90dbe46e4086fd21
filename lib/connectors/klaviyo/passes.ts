import type { ReadOptions } from '../contract.ts';
import type { RecordPage } from '../define.ts';
import type { PageQuery } from './client.ts';
import type { Cursor, Position } from './cursor.ts';
import { isCursorRefused, unreadableAnswer } from './errors.ts';

const SECOND = 1_000;

/** One listing that a run goes through from end to end, in the order of some instant. */
export interface Pass {
  readonly name: string;
  /** The listing's own condition for [from, until); `from` is null on a first run. */
  filter(from: number | null, until: number): string;
  readonly sort: string;
  page(query: PageQuery): Promise<{ readonly records: readonly unknown[]; readonly after: string | undefined }>;
  /** The instant that the order is by; undefined where a record does not tell it. */
  instantOf(record: unknown): number | undefined;
}

export interface PassesOptions extends ReadOptions {
  readonly mapping: string;
  /** How much before the end of the last run is read again. */
  readonly lookbackMs: number;
  /** The stream's records that found ones become. */
  readonly dress?: (records: readonly unknown[]) => readonly unknown[];
}

/**
 * Pages of all passes in turn, up to `options.now`. Ends without a word when the signal fires; the checkpoint of the last
 * page is where to go on.
 */
export async function* readPasses(
  passesFor: (from: number | null) => Promise<readonly Pass[]>,
  last: Cursor | undefined,
  options: PassesOptions,
): AsyncIterable<RecordPage<Cursor>> {
  let at: Cursor = last ?? { v: 1, phase: 'done', until: 0 };
  let passes: readonly Pass[] | undefined;
  while (!options.signal.aborted) {
    const here: Position = at.phase === 'done' ? openWindow(at.until, options) : at;
    passes ??= await passesFor(here.from);
    const { records, next } = await readStep(passes, here, options);
    const ends = next.phase === 'done' && next.until >= flooredNow(options.now);
    // In the middle of a listing also an empty page is progress: all of it may have been what nobody asked for.
    if (records.length > 0 || ends || (next.phase === 'window' && next.page !== null)) {
      const dressed = options.dress?.(records) ?? records;
      yield { mapping: options.mapping, records: dressed, checkpoint: next };
    }
    if (ends) return;
    // A run that finished what an older one began goes on to its own end, with passes of its own.
    if (next.phase === 'done') passes = undefined;
    at = next;
  }
}

/** Klaviyo shows most instants in whole seconds: the second that is not over yet is left to the next run. */
function flooredNow(now: Date): number {
  return Math.floor(now.getTime() / SECOND) * SECOND;
}

function openWindow(last: number, { now, lookbackMs }: PassesOptions): Position {
  const from = last === 0 ? null : last - lookbackMs;
  const until = Math.max(last, flooredNow(now));
  return { v: 1, phase: 'window', pass: '', from, until, start: from, page: null, seen: null };
}

function begun(at: Position, { name }: Pass): Position {
  return { ...at, pass: name, start: at.from, page: null, seen: null };
}

/** From a second before the last instant that the pass has brought, because some of that instant may be missing. */
function begunAnew(at: Position): Position {
  const start = at.seen === null ? at.start : Math.max(at.start ?? 0, at.seen - SECOND);
  return { ...at, start, page: null };
}

async function readStep(
  passes: readonly Pass[],
  at: Position,
  options: PassesOptions,
): Promise<{ readonly records: readonly unknown[]; readonly next: Cursor }> {
  // A pass of an older run may be none of today's: all of them are read then, and repeats change nothing.
  const pass = passes.find(({ name }) => name === at.pass) ?? passes[0];
  if (pass === undefined) return { records: [], next: { v: 1, phase: 'done', until: at.until } };
  const here = pass.name === at.pass ? at : begun(at, pass);
  const query: PageQuery = {
    filter: pass.filter(here.start, here.until),
    sort: pass.sort,
    after: here.page ?? undefined,
    size: options.pageSize,
  };
  const answer = await pageOrNothing(pass, query);
  if (answer === undefined) return { records: [], next: begunAnew(here) };
  const { records, after } = answer;
  if (after !== undefined && after === here.page) throw unreadableAnswer('a listing');
  if (after !== undefined) return { records, next: { ...here, page: after, seen: latest(pass, records, here.seen) } };
  const following = passes[passes.indexOf(pass) + 1];
  if (following !== undefined) return { records, next: begun(here, following) };
  return { records, next: { v: 1, phase: 'done', until: here.until } };
}

/** Undefined when Klaviyo does not know the token any more. Whatever else it refuses is a failure. */
async function pageOrNothing(pass: Pass, query: PageQuery): Promise<Awaited<ReturnType<Pass['page']>> | undefined> {
  try {
    return await pass.page(query);
  } catch (thrown) {
    if (query.after === undefined || !isCursorRefused(thrown)) throw thrown;
    return undefined;
  }
}

function latest(pass: Pass, records: readonly unknown[], before: number | null): number | null {
  const instants = records.map((record) => pass.instantOf(record)).filter((one) => one !== undefined);
  return instants.reduce<number | null>((most, one) => Math.max(most ?? one, one), before);
}
