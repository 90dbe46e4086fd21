import type { AudienceDestination } from '../../connectors/contract.ts';
import type { AudienceDefinition, ConnectionDefinition } from '../../domain/definitions.ts';
import { formatInstant } from '../../domain/instant.ts';
import { differenceOf, EMPTY_PLAN, type PlanEntry, type PushPlan, planEntry, planHash } from '../../domain/push.ts';
import { type Archive, type AudienceRow, type Clock, type MembershipStore, rowsAtOnce } from '../ports.ts';
import type { Census, Chunk, Counting, Planning, PushRun, PushState } from './push-run.ts';
import { callsFor } from './ways.ts';

export interface PlanPushDeps {
  readonly memberships: MembershipStore;
  readonly archive: Pick<Archive, 'put' | 'lines'>;
  readonly clock: Clock;
}

/** Entries of one direction in one object of the list, about. */
const CHUNK = 5_000;
/** A call with members takes about this long until we have measured it. */
const PACE_MS = 1_000;
/** Lists up to this size are counted whole with each plan; larger ones once in a while. */
const COUNTED_EACH_TIME = 20_000;
const CENSUS_MS = 7 * 24 * 3_600_000;

export function beginPlanning(fresh: boolean): Planning {
  return {
    chunks: { add: [], remove: [] },
    hash: EMPTY_PLAN,
    optOuts: 0,
    removedBecause: {},
    ...(fresh ? { fresh: true } : {}),
  };
}

/**
 * One step of a plan: reads some thousand rows whose sides may differ, again by key, writes what differs into the
 * archive, and says where the next step goes on; undefined `after` = that was the last. `name` must be new with each
 * step, so that a step that died half-way leaves nothing in the list.
 */
export async function planStep(
  deps: PlanPushDeps,
  audience: AudienceDefinition,
  run: Pick<PushRun, 'id'>,
  planning: Planning,
  name: string,
): Promise<{ readonly planning: Planning; readonly done: boolean }> {
  const lists: Record<'add' | 'remove', PlanEntry[]> = { add: [], remove: [] };
  const removedBecause: Record<string, number> = { ...planning.removedBecause };
  let { hash, optOuts, after } = planning;
  let done = true;
  for await (const rows of differing(deps.memberships, audience, planning)) {
    const last = rows.at(-1);
    for (const row of rows) {
      for (const operation of differenceOf(row, audience.mode)) {
        const entry = planEntry(row.profile, operation, row.wantedVersion);
        lists[entry.op].push(entry);
        hash = planHash(hash, entry);
        if (touchesOptOut(row, entry.op)) optOuts += 1;
        if (entry.op === 'remove') {
          const because = row.wanted.in ? 'another-key' : row.wanted.reason;
          removedBecause[because] = (removedBecause[because] ?? 0) + 1;
        }
      }
    }
    if (last !== undefined) after = last.profile;
    if (lists.add.length >= CHUNK || lists.remove.length >= CHUNK) {
      done = false;
      break;
    }
  }
  const chunks = { ...planning.chunks };
  for (const op of ['remove', 'add'] as const) {
    const entries = lists[op];
    if (entries.length === 0) continue;
    await deps.archive.put(planKey(run, op, name), entries);
    chunks[op] = [...chunks[op], { name, entries: entries.length }];
  }
  return {
    planning: { ...planning, chunks, hash, optOuts, removedBecause, ...(after === undefined ? {} : { after }) },
    done,
  };
}

/** Rows that differ, in their order, from where the planning stands. Rows that agree by now leave the pending index. */
async function* differing(
  memberships: MembershipStore,
  audience: AudienceDefinition,
  { after, fresh }: Pick<Planning, 'after' | 'fresh'>,
): AsyncIterable<readonly AudienceRow[]> {
  if (fresh === true) {
    for await (const rows of memberships.audienceRows(audience.audience, undefined, after)) yield rows.map(untold);
    return;
  }
  for await (const page of memberships.pending(audience.audience, after)) {
    for (let at = 0; at < page.length; at += rowsAtOnce) {
      const ids = page.slice(at, at + rowsAtOnce);
      const found = await memberships.readAudienceRows(audience.audience, ids);
      const rows = ids.flatMap((id) => found.get(id) ?? []).filter(({ pending }) => pending);
      const agreeing = rows.filter((row) => differenceOf(row, audience.mode).length === 0);
      if (agreeing.length > 0) {
        await memberships.settle(
          audience.audience,
          agreeing.map((row) => ({ row, pending: false })),
        );
      }
      yield rows;
    }
  }
}

function untold({ told: _, ...row }: AudienceRow): AudienceRow {
  return row;
}

/** An addition of somebody who opted out in the tool, unless their consent is newer than the tool's answer. */
function touchesOptOut({ wanted, told }: AudienceRow, op: 'add' | 'remove'): boolean {
  if (op === 'remove' || told?.outcome !== 'refused' || !wanted.in) return false;
  return wanted.consent === undefined || Date.parse(wanted.consent.at) <= told.at;
}

/** The object of a plan that holds one step's entries of one direction. */
function planKey(run: Pick<PushRun, 'id'>, op: 'add' | 'remove', name: string): string {
  return `push-plans/${run.id.slice(0, run.id.indexOf('.'))}/${run.id}/${name}-${op}.ndjson.gz`;
}

/** Entries of a frozen plan from a position on, some at a time, with the position of the first. */
export async function* planEntries(
  archive: Pick<Archive, 'lines'>,
  run: Pick<PushRun, 'id'>,
  op: 'add' | 'remove',
  chunks: readonly Chunk[],
  from: number,
  atOnce = rowsAtOnce,
): AsyncIterable<{ readonly at: number; readonly entries: readonly PlanEntry[] }> {
  let start = 0;
  for (const { name, entries: count } of chunks) {
    const end = start + count;
    if (end > from) {
      const entries = ((await archive.lines(planKey(run, op, name))) ?? []) as unknown as readonly PlanEntry[];
      for (let at = Math.max(from, start); at < end; at += atOnce) {
        yield { at, entries: entries.slice(at - start, Math.min(at + atOnce, end) - start) };
      }
    }
    start = end;
  }
}

/** What a planning that is done comes to, with the numbers that need the tool's limits and the list's size. */
export function concludePlan(
  planning: Pick<Planning, 'chunks' | 'hash' | 'optOuts' | 'removedBecause'>,
  given: {
    readonly size: number;
    readonly census: Census | undefined;
    readonly destination: Pick<AudienceDestination<unknown>, 'batch' | 'bulk' | 'removalUnsubscribes'>;
    readonly connection: ConnectionDefinition;
    readonly pace: number | undefined;
    readonly countedNow: boolean;
  },
): PushPlan {
  const sum = (chunks: readonly Chunk[]) => chunks.reduce((total, { entries }) => total + entries, 0);
  const [add, remove] = [sum(planning.chunks.add), sum(planning.chunks.remove)];
  const { size, census, destination, connection, pace = PACE_MS } = given;
  const calls = callsFor(destination, add) + callsFor(destination, remove);
  const allowance =
    connection.requestsPerDay === undefined ? undefined : connection.requestsPerDay * connection.quotaShare;
  return {
    hash: planning.hash,
    add,
    remove,
    unchanged: Math.max(0, size - remove),
    blocked: census?.blocked ?? {},
    ...(census === undefined || given.countedNow ? {} : { countedAt: census.at }),
    removedBecause: planning.removedBecause,
    optOuts: planning.optOuts + (destination.removalUnsubscribes === true ? remove : 0),
    size,
    calls,
    quota: allowance === undefined ? null : calls / allowance,
    minutes: Math.ceil((calls * pace) / 60_000),
  };
}

/** Whether the rows must be counted whole again before a plan. */
export function needsCensus({ size, census }: PushState, now: number): boolean {
  if (size === undefined || census === undefined || size <= COUNTED_EACH_TIME) return true;
  return Date.parse(census.at) < now - CENSUS_MS;
}

/** Counts the rows of an audience from where a count stands, and longer than one page only while `signal` lets it. */
export async function countRows(
  memberships: Pick<MembershipStore, 'audienceRows'>,
  audience: AudienceDefinition,
  from: Counting = { size: 0, blocked: {} },
  signal?: AbortSignal,
): Promise<{ readonly counting: Counting; readonly done: boolean }> {
  const blocked: Record<string, number> = { ...from.blocked };
  let { size, after } = from;
  const countedSoFar = (): Counting => ({ size, blocked, ...(after === undefined ? {} : { after }) });
  for await (const rows of memberships.audienceRows(audience.audience, undefined, after)) {
    for (const row of rows) {
      if (row.told?.in === true) size += 1;
      const reason = standsAside(row, audience.mode);
      if (reason !== undefined) blocked[reason] = (blocked[reason] ?? 0) + 1;
    }
    after = rows.at(-1)?.profile ?? after;
    if (signal?.aborted) return { counting: countedSoFar(), done: false };
  }
  return { counting: countedSoFar(), done: true };
}

/** A count that has come to its end: who is on the list, and who of the segment is not sent and why. */
export function censusOf(
  { size, blocked }: Counting,
  clock: Clock,
): { readonly size: number; readonly census: Census } {
  return { size, census: { at: formatInstant(clock.now().getTime()), blocked } };
}

/** Why a person of the segment is neither on the list nor sent: our reason, or the tool's own answer. */
function standsAside(row: AudienceRow, mode: AudienceDefinition['mode']): string | undefined {
  const { wanted, told } = row;
  if (!wanted.in) return wanted.reason === 'not-in-segment' ? undefined : wanted.reason;
  if (told?.in === true || (row.pending && differenceOf(row, mode).length > 0)) return undefined;
  return told?.outcome;
}
