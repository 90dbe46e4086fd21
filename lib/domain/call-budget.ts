/** What all functions together have taken of one connection's limits: one small document. */
export interface Spent {
  /** Holders that may have calls under way → until when that counts, in ms, should the holder die. */
  readonly slots: Readonly<Record<string, number>>;
  /** Who was turned away for want of a slot or of the second's calls, in the order in which they came. */
  readonly line: Readonly<Record<string, Ticket>>;
  /** Calls that may be made at once now, as of `at`. */
  readonly tokens: number;
  readonly at: number;
  /** The tool asked everybody to wait until then, in ms. */
  readonly blockedUntil: number;
  /** UTC day, and calls that were granted on it: all of them, and those of pulls. */
  readonly day: string;
  readonly calls: number;
  readonly pulled: number;
  /** What the vendor last said that everybody who uses the account has used, and `calls` as of then. */
  readonly reported?: DayReport & { readonly calls: number };
}

interface Ticket {
  readonly since: number;
  /** Who has not asked again by then has given up, or died. */
  readonly until: number;
}

interface DayReport {
  readonly used: number;
  readonly limit: number;
  /** When it was heard, in ms. */
  readonly at: number;
}

/** What a connection may take. */
export interface Limits {
  readonly atOnce: number;
  readonly perSecond: number | undefined;
  /** Our share of the day, where somebody says what a day holds. */
  readonly perDay: number | undefined;
  /** 0 to 1, of what the vendor reports as the day's limit. */
  readonly share: number;
  /** Who uses the connection: each keeps a part of the day from the other. */
  readonly pulls: boolean;
  readonly pushes: boolean;
}

/** `pull`: reads, also of a list that is checked. Removals may spend what additions and pulls leave over. */
export type CallUse = 'pull' | 'add' | 'remove';

export interface Ask {
  /** The same for whoever goes on with the same work, so that a worker's slot and place in line outlive it. */
  readonly holder: string;
  readonly use: CallUse;
}

/** Leave to make some calls, one after the other. */
export interface Portion {
  readonly calls: number;
}

/**
 * Why there is no call to give: the tool asked everybody to wait, our share of the day is spent, by ourselves or by
 * everybody together, or others are before us.
 */
export interface Refusal {
  readonly waitMs: number;
  readonly why: 'asked-to-wait' | 'day-spent' | 'day-spent-by-all' | 'busy';
}

/** What became of a portion. */
export interface Settled {
  readonly granted: number;
  readonly use: CallUse;
  readonly made: number;
  readonly retryAfterMs?: number;
  readonly reported?: DayReport;
}

/** Calls of one portion: few enough that others wait only for a moment, many enough that the document is rarely written. */
export const PORTION_CALLS = 20;
/** A holder that died gives its slot back by itself: longer than the slowest call takes. */
const SLOT_MS = 130_000;
/** How long to wait for a slot before asking again. */
const SLOT_WAIT_MS = 1_000;
/** Who was turned away has this much longer than asked to come back to their place: a message and a cold start. */
const GRACE_MS = 10_000;
/** What additions leave of the day for removals and opt-outs. */
const KEPT_FOR_REMOVALS = 0.1;
/** What pulls leave of the day for pushes, and pushes for pulls, until it is used. */
const KEPT_FOR_EACH = 0.25;
/** What a vendor said is believed for this long; then a few calls may go out to hear anew. */
const HEARSAY_MS = 60 * 60_000;
/** A sign-in and a question. */
const PROBE_CALLS = 3;
const DAY_MS = 86_400_000;

/**
 * How much of our share of the day is spent, 1 = all of it: by our own calls, or by everybody's as the vendor tells them,
 * whichever is more. Undefined where nobody says what a day holds.
 */
export function shareSpent(
  { calls, reported }: { readonly calls: number; readonly reported?: Pick<DayReport, 'used' | 'limit'> | undefined },
  { perDay, share }: Pick<Limits, 'perDay' | 'share'>,
): number | undefined {
  const ours = perDay === undefined ? [] : [calls / perDay];
  const all = reported === undefined || reported.limit * share <= 0 ? [] : [reported.used / (reported.limit * share)];
  return ours.length + all.length === 0 ? undefined : Math.max(...ours, ...all);
}

/** The document as any release wrote it; undefined = nothing was taken yet. */
export function readSpent(stored: unknown): Spent {
  const none: Spent = {
    slots: {},
    line: {},
    tokens: Number.MAX_SAFE_INTEGER,
    at: 0,
    blockedUntil: 0,
    day: '',
    calls: 0,
    pulled: 0,
  };
  return { ...none, ...(stored as Partial<Spent> | undefined) };
}

/** The document as of now, without a holder's slot, and with what became of the holder's last portion. */
export function settle(stored: Spent, limits: Limits, now: number, holder: string, portion?: Settled): Spent {
  const spent = asOf(stored, limits, now);
  const { [holder]: _, ...slots } = spent.slots;
  if (portion === undefined) return { ...spent, slots };
  const { use, granted, made, retryAfterMs = 0, reported } = portion;
  const more = made - granted;
  const calls = Math.max(0, spent.calls + more);
  const newer = reported !== undefined && reported.at >= (spent.reported?.at ?? 0);
  return {
    ...spent,
    slots,
    tokens: limits.perSecond === undefined ? spent.tokens : Math.min(capacityOf(limits), spent.tokens - more),
    calls,
    pulled: Math.max(0, spent.pulled + (use === 'pull' ? more : 0)),
    blockedUntil: Math.max(spent.blockedUntil, retryAfterMs > 0 ? now + retryAfterMs : 0),
    ...(newer ? { reported: { ...reported, calls } } : {}),
  };
}

/** Gives a portion, or says what to wait for; `next` is the document to be written, the same object if there is nothing to write. */
export function tryGrant(
  spent: Spent,
  limits: Limits,
  now: number,
  { holder, use }: Ask,
): { readonly answer: Portion | Refusal; readonly next: Spent } {
  const refuse = (waitMs: number, why: Refusal['why']) => ({ answer: { waitMs, why }, next: spent });
  if (spent.blockedUntil > now) return refuse(spent.blockedUntil - now, 'asked-to-wait');
  const ofDay = limits.perDay === undefined ? PORTION_CALLS : leftOf(limits.perDay, spent.calls, spent, limits, use);
  if (ofDay < 1) return refuse(DAY_MS - (now % DAY_MS), 'day-spent');
  const { reported } = spent;
  const used = reported === undefined ? 0 : reported.used + Math.max(0, spent.calls - reported.calls);
  const told = reported === undefined ? PORTION_CALLS : leftOf(reported.limit * limits.share, used, spent, limits, use);
  const isStale = reported !== undefined && now - reported.at >= HEARSAY_MS;
  if (told < 1 && !isStale) return refuse((reported?.at ?? now) + HEARSAY_MS - now, 'day-spent-by-all');

  const own = spent.line[holder];
  const others = Object.entries(spent.line).filter(([name]) => name !== holder);
  const before = others.filter(([, { since }]) => own === undefined || since < own.since).length;
  const tokens = limits.perSecond === undefined ? PORTION_CALLS : Math.floor(spent.tokens) - before;
  const slots = limits.atOnce - Object.keys(spent.slots).length - before;
  if (slots < 1 || tokens < 1) {
    const waitMs =
      slots < 1 ? SLOT_WAIT_MS : Math.ceil(((1 + before - spent.tokens) / (limits.perSecond ?? 1)) * 1_000);
    // Behind everybody who stands there, also whoever came in the same millisecond.
    const last = Math.max(now, ...others.map(([, { since }]) => since + 1));
    const ticket = { since: own?.since ?? last, until: now + waitMs + GRACE_MS };
    return { answer: { waitMs, why: 'busy' }, next: { ...spent, line: { ...spent.line, [holder]: ticket } } };
  }
  const calls = Math.floor(Math.min(PORTION_CALLS, ofDay, tokens, told < 1 ? PROBE_CALLS : told));
  const { [holder]: _, ...line } = spent.line;
  return {
    answer: { calls },
    next: {
      ...spent,
      line,
      slots: { ...spent.slots, [holder]: now + SLOT_MS },
      tokens: spent.tokens - calls,
      calls: spent.calls + calls,
      pulled: spent.pulled + (use === 'pull' ? calls : 0),
      // One asks anew for all.
      ...(reported !== undefined && told < 1 ? { reported: { ...reported, at: now } } : {}),
    },
  };
}

/** What one use may still take of an allowance of which `used` is gone. */
function leftOf(allowance: number, used: number, spent: Spent, { pulls, pushes }: Limits, use: CallUse): number {
  if (use === 'remove') return allowance - used;
  const keptFor = (uses: boolean, taken: number) => (uses ? Math.max(0, allowance * KEPT_FOR_EACH - taken) : 0);
  if (use === 'pull') return allowance - used - keptFor(pushes, spent.calls - spent.pulled);
  return allowance * (1 - KEPT_FOR_REMOVALS) - used - keptFor(pulls, spent.pulled);
}

function asOf(stored: Spent, limits: Limits, now: number): Spent {
  const { perSecond } = limits;
  // Whoever's clock is behind does not turn the document's back: the same time would count twice.
  const at = Math.max(stored.at, now);
  const day = new Date(at).toISOString().slice(0, 10);
  const sameDay = stored.day === day;
  const refilled = stored.tokens + ((at - stored.at) / 1_000) * (perSecond ?? 0);
  const { reported, ...rest } = stored;
  return {
    ...rest,
    slots: Object.fromEntries(Object.entries(stored.slots).filter(([, until]) => until > now)),
    line: Object.fromEntries(Object.entries(stored.line).filter(([, { until }]) => until > now)),
    tokens: perSecond === undefined ? Number.MAX_SAFE_INTEGER : Math.min(capacityOf(limits), refilled),
    at,
    day,
    calls: sameDay ? stored.calls : 0,
    pulled: sameDay ? stored.pulled : 0,
    ...(reported === undefined ? {} : { reported: sameDay ? reported : { ...reported, calls: 0 } }),
  };
}

/** One second's worth may be made at once. */
function capacityOf({ perSecond }: Limits): number {
  return Math.max(1, perSecond ?? 1);
}
