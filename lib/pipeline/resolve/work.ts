import { createHash } from 'node:crypto';
import { canonicalText } from '../../domain/canonical.ts';
import {
  type Change,
  connectionOf,
  isTold,
  type PersonChange,
  type Reading,
  type Rejection,
} from '../../domain/change.ts';
import { asTributaryError } from '../../domain/errors.ts';
import { type Milliseconds, parseInstant } from '../../domain/instant.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { metricLines } from '../../domain/metrics.ts';
import { parseChange } from '../../domain/parse-change.ts';
import { archiveKey } from '../archive-hours.ts';
import { tellFailure } from '../define/scan.ts';
import type { Archive, Clock, Log, StateStore } from '../ports.ts';
import { contentName, quarantine } from '../quarantine.ts';
import { markFolded } from '../sync/sync-run.ts';
import type { Resolved, Work } from './resolve-profile.ts';

export interface WorkDeps {
  readonly state: StateStore;
  readonly archive: Pick<Archive, 'put'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly workspace?: string;
  /** Compares people with others who may be the same person. */
  readonly compare: (people: readonly string[]) => Promise<void>;
  /** Does one message of a scan. */
  readonly scan: (message: JsonObject, signal: AbortSignal) => Promise<void>;
  /** Asks for a recount of everybody, by the instant at which it was due. */
  readonly recount: (scheduledAt: string | undefined) => Promise<void>;
  /** Pauses the people of some records because of a hint of this instant, or lets them go on. */
  readonly pause: (fragments: readonly string[], does: 'pause' | 'resume', at: Milliseconds) => Promise<void>;
  /** Brings marks of suppression into line with the list; the profiles that have to be decided again. */
  readonly mark: (keys: readonly string[]) => Promise<readonly string[]>;
  readonly resolve: (batch: readonly Work[]) => Promise<Resolved>;
}

/** Origins whose changes are nowhere else: what was pulled or replayed comes from the archive. */
const DELIVERED = new Set<Json>(['delivery', 'collection']);
const NOTHING: Work = { changes: [], profiles: [], accounts: [] };

/**
 * Does the messages of the changes and the recompute queue: reads them, resolves them together, marks the numbered ones
 * as folded. Returns the positions that must come again. A change that cannot be read is quarantined, its neighbours go on.
 */
export function doWork(deps: WorkDeps) {
  return async function work(
    bodies: readonly Json[],
    signal: AbortSignal,
    queuedAt: readonly number[] = [],
  ): Promise<ReadonlySet<number>> {
    const batch: Work[] = [];
    for (const body of bodies) batch.push(await readWork(deps, body));
    // First: nobody is added while paused, whatever fails after.
    await pauseAll(deps, bodies, 'pause');
    for (const body of bodies) {
      if (!isJsonObject(body) || body.recount !== true) continue;
      await deps.recount(typeof body.scheduledAt === 'string' ? body.scheduledAt : undefined);
    }
    await archiveDeliveries(deps, bodies);
    const resolved = await resolveAll(deps, batch);
    const done = bodies.filter((_, at) => !resolved.failed.has(at));
    await pauseAll(deps, done, 'resume');
    const compared = await compareAll(deps, bodies);
    const failed = new Set([...resolved.failed, ...compared, ...(await scanAll(deps, bodies, signal))]);
    const folded = new Map<string, number[]>();
    for (const [at, body] of bodies.entries()) {
      if (failed.has(at) || !isJsonObject(body) || !isJsonObject(body.run)) continue;
      const { id, number } = body.run;
      if (typeof id === 'string' && typeof number === 'number') folded.set(id, [...(folded.get(id) ?? []), number]);
    }
    const now = deps.clock.now().getTime();
    for (const [run, numbers] of folded) await markFolded(deps.state, run, numbers, now);
    tellFolded(deps, bodies, failed, queuedAt);
    return failed;
  };
}

/** Says which deliveries and runs were folded, and how long after they were queued. */
function tellFolded(
  deps: WorkDeps,
  bodies: readonly Json[],
  failed: ReadonlySet<number>,
  queuedAt: readonly number[],
): void {
  const done = [...bodies.entries()].filter(
    ([at, body]) => !failed.has(at) && isJsonObject(body) && body.origin !== undefined && body.origin !== 'replay',
  );
  if (done.length === 0) return;
  const now = deps.clock.now().getTime();
  const ages = done.map(([at]) => now - (queuedAt[at] ?? Number.NaN)).filter((age) => age >= 0);
  const [age] = metricLines('Pipeline/resolve/age', ages, { workspace: deps.workspace ?? '' }, now);
  const causes = [...new Set(done.flatMap(([, body]) => causeOf(body) ?? []))];
  deps.log('folded', { messages: done.length, causes, ...age });
}

/** What a message of changes came by: a delivery or request by its trace, a run by its id. */
function causeOf(body: Json): string | undefined {
  const { cause, run } = isJsonObject(body) ? body : {};
  if (typeof cause === 'string') return cause;
  return isJsonObject(run) && typeof run.id === 'string' ? run.id : undefined;
}

/**
 * Does the messages that ask for people to be compared: all of them together, because they meet the same others; where that
 * fails, each by itself. Returns the positions that must come again.
 */
async function compareAll(deps: WorkDeps, bodies: readonly Json[]): Promise<ReadonlySet<number>> {
  const asked = [...bodies.entries()].flatMap(([at, body]) =>
    isJsonObject(body) && Array.isArray(body.compare) ? [{ at, people: textsIn(body.compare) }] : [],
  );
  const compare = async (some: typeof asked): Promise<boolean> => {
    try {
      await deps.compare([...new Set(some.flatMap(({ people }) => people))]);
      return true;
    } catch (thrown) {
      // Suggestions are nobody's way to a profile: their message comes again alone, and its neighbours are done.
      const { kind, code, message } = asTributaryError(thrown);
      deps.log('people could not be compared', { kind, code, reason: message });
      return false;
    }
  };
  const failed = new Set<number>();
  if (asked.length === 0 || (await compare(asked))) return failed;
  for (const one of asked) {
    if (asked.length === 1 || !(await compare([one]))) failed.add(one.at);
  }
  return failed;
}

/**
 * Keeps what was delivered before it is folded: one object for everything an invocation brings. Its name is made of what
 * it holds, so that messages that come again as they came are kept once. What is read from pages is in the archive already.
 */
async function archiveDeliveries(deps: WorkDeps, bodies: readonly Json[]): Promise<void> {
  const lines: JsonObject[] = [];
  for (const body of bodies) {
    if (!isJsonObject(body) || !DELIVERED.has(body.origin ?? null) || !Array.isArray(body.changes)) continue;
    for (const change of body.changes) {
      const of = isJsonObject(change) ? (change.fragment ?? change.account) : undefined;
      lines.push({ ...(typeof of === 'string' ? { of } : {}), connection: body.connection ?? null, change });
    }
  }
  if (lines.length === 0) return;
  const name = createHash('sha256').update(canonicalText(lines)).digest('hex').slice(0, 32);
  await deps.archive.put(archiveKey('deliveries', deps.clock.now(), name), lines);
}

/**
 * Resolves a batch together; where something in it is a defect of ours, message by message, so that nobody's neighbours
 * come again for it until all of them are dead letters.
 */
async function resolveAll(deps: WorkDeps, batch: readonly Work[]): Promise<Pick<Resolved, 'failed'>> {
  try {
    return await deps.resolve(batch);
  } catch (thrown) {
    if (asTributaryError(thrown).kind !== 'defect' || batch.length === 1) throw thrown;
  }
  const failed = new Set<number>();
  for (const [at, work] of batch.entries()) {
    try {
      if ((await deps.resolve([work])).failed.size > 0) failed.add(at);
    } catch (thrown) {
      const { kind, code, message } = asTributaryError(thrown);
      deps.log('message could not be resolved', { kind, code, reason: message });
      failed.add(at);
    }
  }
  return { failed };
}

/** Does the messages of scans, after the people whose turn it is. Returns the positions that must come again. */
async function scanAll(deps: WorkDeps, bodies: readonly Json[], signal: AbortSignal): Promise<Set<number>> {
  const failed = new Set<number>();
  for (const [at, body] of bodies.entries()) {
    const message = isJsonObject(body) ? body.scan : undefined;
    if (!isJsonObject(message)) continue;
    try {
      await deps.scan(message, signal);
    } catch (thrown) {
      // Its part goes on with the same message, which comes again alone.
      tellFailure(deps.log, message, thrown);
      failed.add(at);
    }
  }
  return failed;
}

/** A message of a former release does not tell when the hint came: it is taken as of now. */
async function pauseAll(deps: WorkDeps, bodies: readonly Json[], does: 'pause' | 'resume'): Promise<void> {
  for (const body of bodies) {
    if (!isJsonObject(body) || body[does] === undefined) continue;
    await deps.pause(textsIn(body[does]), does, parseInstant(body.hintedAt) ?? deps.clock.now().getTime());
  }
}

function textsIn(list: Json | undefined): readonly string[] {
  return Array.isArray(list) ? (list as readonly Json[]).filter((one) => typeof one === 'string') : [];
}

function textIn(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

async function readWork(deps: WorkDeps, body: Json): Promise<Work> {
  if (!isJsonObject(body)) return NOTHING;
  const changes: Change[] = [];
  const rejected: Rejection[] = [];
  const read = parseReading(body.read);
  for (const record of Array.isArray(body.changes) ? body.changes : []) {
    const parsed = parseChange(record);
    if (parsed.ok) changes.push(read === undefined ? parsed.change : ofReading(parsed.change, read));
    else rejected.push({ code: parsed.code, reason: parsed.reason, record });
  }
  const connection = typeof body.connection === 'string' ? body.connection : 'unknown';
  await quarantine(deps, connection, 'changes', contentName(rejected), rejected);
  await keepRejected(deps, connection, body);
  const marked = textsIn(body.suppression);
  const asked = textsIn(body.profiles);
  const cause = causeOf(body);
  return {
    changes,
    profiles: [...asked, ...(marked.length === 0 ? [] : await deps.mark(marked))],
    accounts: typeof body.account === 'string' ? [body.account] : [],
    ...(marked.length === 0 ? {} : { marked }),
    ...(cause === undefined ? {} : { cause }),
  };
}

/** What was read from pages says so: what a replay made void is known by its reading. */
function ofReading(change: Change, read: Reading): Change {
  return change.kind === 'account' || !isTold(change) ? change : { ...change, read };
}

function parseReading(value: Json | undefined): Reading | undefined {
  const { stream, hour, at } = isJsonObject(value) ? value : {};
  return typeof stream === 'string' && typeof hour === 'string' && typeof at === 'string'
    ? { stream, hour, at }
    : undefined;
}

/** What the collector could not use: it touches no table, so its rejections come by the queue and are kept here. */
async function keepRejected(
  deps: WorkDeps,
  connection: string,
  { rejected, stream, stamp }: JsonObject,
): Promise<void> {
  if (!Array.isArray(rejected) || typeof stream !== 'string' || typeof stamp !== 'string') return;
  await quarantine(deps, connection, stream, stamp, (rejected as readonly Json[]).map(readRejection));
}

function readRejection(value: Json): Rejection {
  const { code, reason, record } = isJsonObject(value) ? value : {};
  return { code: textIn(code), reason: textIn(reason), record };
}

/** Keeps changes that would make a profile too large, named by their limit, and lets their neighbours go on. */
export function quarantineTooLarge(deps: Pick<WorkDeps, 'state' | 'clock'>) {
  return async function keep(changes: readonly PersonChange[], asked: readonly string[]): Promise<void> {
    for (const change of changes) {
      const rejected = {
        code: 'profile/full',
        reason: 'the profile would be larger than 256 KB, or the people it is regrouped with larger than 4 MB',
        record: change,
      };
      await quarantine(deps, connectionOf(change.fragment), 'changes', contentName([rejected]), [rejected]);
    }
    for (const profile of asked) {
      const reason = 'decided again, the profile would be larger than 256 KB: it stays as it was last decided';
      await quarantine(deps, 'profiles', 'recompute', profile, [{ code: 'profile/full', reason, record: { profile } }]);
    }
  };
}
