import { TributaryError } from '../../domain/errors.ts';
import { formatInstant, type Milliseconds } from '../../domain/instant.ts';
import type { Why } from '../../domain/profile.ts';
import type { DayFacts } from '../../domain/review/facts.ts';
import type { Clock, HistoryLine, HistoryStore, MembershipStore, StateStore } from '../ports.ts';
import { readFacts } from '../review/day-facts.ts';

/** Somebody entered or left a segment, as /api tells it. */
export interface HistoryEntry {
  readonly profile: string;
  readonly segment: string;
  readonly entered: boolean;
  readonly at: string;
  readonly why: Why | null;
  /** Version of the definitions that decided; null for a person who was merged away. */
  readonly definitions: string | null;
}

export function tellLine({ profile, segment, member, at, why, definitions }: HistoryLine): HistoryEntry {
  return {
    profile,
    segment,
    entered: member,
    at: formatInstant(at),
    why: why ?? null,
    definitions: definitions ?? null,
  };
}

/** One UTC day of a segment. */
export interface SegmentDay {
  readonly day: string;
  readonly entered: number;
  readonly left: number;
  /** Members at the instant in `counted`, exactly; null = nobody counted on that day. */
  readonly size: number | null;
  readonly counted: string | null;
  /** The day is not closed, and so many moved that these are only some of them. */
  readonly more?: true;
}

/** How many are in a segment now, and how that was found. */
export interface SizeNow {
  readonly members: number;
  /**
   * `recount + live`: counted exactly at `counted`, then who entered and left since; `recount`: so many moved since that a
   * page does not count them; `rows`: never recounted yet, and `at least`: the same of very many.
   */
  readonly how: 'recount + live' | 'recount' | 'rows' | 'at least';
  readonly counted: string | null;
}

export interface SegmentHistory {
  readonly segment: string;
  /** Newest first. */
  readonly days: readonly SegmentDay[];
  readonly size: SizeNow;
  readonly latest: readonly HistoryEntry[];
}

export interface HistoryDeps {
  readonly history: HistoryStore;
  readonly memberships: MembershipStore;
  readonly state: StateStore;
  readonly clock: Pick<Clock, 'now'>;
}

const DAY = 86_400_000;
const DAYS_SHOWN = 14;
const MOST_DAYS = 92;
const LATEST = 50;
const MOST_MEMBERS = 1_000;
/** Rows, or lines of one day, that a page counts at most: what it reads does not grow with a segment. */
const MOST_COUNTED = 20_000;
/** Days counted at the same time: each takes some queries. */
const AT_ONCE = 8;

/**
 * Who entered and left a segment on each UTC day from `from` to `to` (both counted; the last two weeks if not said), and
 * how many are in it. Throws `api/bad-query`.
 */
export async function readSegmentHistory(
  deps: HistoryDeps,
  segment: string,
  range: { readonly from?: string | undefined; readonly to?: string | undefined },
): Promise<SegmentHistory> {
  const now = deps.clock.now().getTime();
  const days = daysOf(range, now);
  const [latestDay = '', oldestDay = ''] = [days[0], days.at(-1)];
  const facts = await readFacts(deps.state, segment, { from: oldestDay, to: latestDay, most: MOST_DAYS });
  const counted: SegmentDay[] = [];
  for (let at = 0; at < days.length; at += AT_ONCE) {
    const some = days.slice(at, at + AT_ONCE).map(async (day): Promise<SegmentDay> => {
      const known = facts.find((one) => one.day === day);
      // A day that no night has closed is counted as it stands.
      const moved = closed(known) ?? (await deps.history.countDay(segment, day, undefined, MOST_COUNTED));
      const more = closed(known) === undefined && moved.entered + moved.left >= MOST_COUNTED;
      return { day, ...moved, ...(more ? { more } : {}), size: known?.size ?? null, counted: known?.at ?? null };
    });
    counted.push(...(await Promise.all(some)));
  }
  const [newest] = await readFacts(deps.state, segment, { to: formatInstant(now).slice(0, 10), most: 1 });
  const latest = await deps.history.ofSegment(segment, latestDay, LATEST);
  return { segment, days: counted, size: await sizeNow(deps, segment, newest, now), latest: latest.map(tellLine) };
}

function closed(facts: DayFacts | undefined): { readonly entered: number; readonly left: number } | undefined {
  if (facts === undefined || facts.entered === null || facts.left === null) return undefined;
  return { entered: facts.entered, left: facts.left };
}

/** Some members of a segment, and where to ask for the next ones. */
export async function readMembers(
  deps: Pick<HistoryDeps, 'memberships'>,
  segment: string,
  { from, most }: { readonly from: string | undefined; readonly most: number },
) {
  if (!(most >= 1 && most <= MOST_MEMBERS) || (from !== undefined && !/^[0-7]\.[\w-]*$/.test(from))) {
    const message = `most is a number from 1 to ${MOST_MEMBERS}, from is the \`next\` of the answer before`;
    throw new TributaryError('rejected', 'api/bad-query', message);
  }
  const page = await deps.memberships.someMembers(segment, Math.floor(most), from);
  return {
    segment,
    members: page.members.map(({ profile, since }) => ({ profile, since: formatInstant(since) })),
    next: page.next ?? null,
  };
}

/** Counts a segment up to now from a recount, or its rows where the recount is too old. */
export async function sizeNow(
  deps: HistoryDeps,
  segment: string,
  counted: DayFacts | undefined,
  now: Milliseconds,
): Promise<SizeNow> {
  if (counted === undefined || now - Date.parse(counted.at) > 3 * DAY) {
    const members = await deps.memberships.countSegment(segment, MOST_COUNTED);
    return { members, how: members >= MOST_COUNTED ? 'at least' : 'rows', counted: null };
  }
  const since = Date.parse(counted.at);
  let members = counted.size;
  for (let at = startOfDay(since); at <= now; at += DAY) {
    const day = formatInstant(at).slice(0, 10);
    // Whoever moved at the very instant at which counting began is in the count already.
    const from = at <= since ? since + 1 : undefined;
    const { entered, left } = await deps.history.countDay(segment, day, from, MOST_COUNTED);
    if (entered + left >= MOST_COUNTED) return { members: counted.size, how: 'recount', counted: counted.at };
    members += entered - left;
  }
  return { members: Math.max(0, members), how: 'recount + live', counted: counted.at };
}

function daysOf({ from, to }: { from?: string | undefined; to?: string | undefined }, now: Milliseconds): string[] {
  const last = to === undefined ? startOfDay(now) : readDay(to);
  const first = from === undefined ? last - (DAYS_SHOWN - 1) * DAY : readDay(from);
  if (!(first <= last) || last - first >= MOST_DAYS * DAY) {
    const message = `from and to are days such as 2026-11-21, the first before the second, at most ${MOST_DAYS} of them`;
    throw new TributaryError('rejected', 'api/bad-query', message);
  }
  const days: string[] = [];
  for (let at = last; at >= first; at -= DAY) days.push(formatInstant(at).slice(0, 10));
  return days;
}

function readDay(text: string): Milliseconds {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
}

function startOfDay(at: Milliseconds): Milliseconds {
  return Math.floor(at / DAY) * DAY;
}
