import type { Manifest } from '../connectors/contract.ts';
import type { ConnectionDefinition } from '../domain/definitions.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Clock, StateStore } from './ports.ts';

/** What all functions together have taken of one connection's limits: one small document, written on condition. */
interface Spent {
  /** Calls under way: name of the holder → until when it counts, in ms, should the holder die. */
  readonly slots: Readonly<Record<string, number>>;
  /** Calls that may be made at once now, as of `at`. */
  readonly tokens: number;
  readonly at: number;
  /** The tool asked everybody to wait until then, in ms. */
  readonly blockedUntil: number;
  /** UTC day, and calls that were made on it. */
  readonly day: string;
  readonly calls: number;
}

/** Leave to make one call with members. */
export interface Permit {
  /** Gives the slot back, says how many requests the call took, and how long the tool asked everybody to wait. */
  release(calls: number, retryAfterMs?: number): Promise<void>;
}

/** The shared budget of one connection. */
export interface Budget {
  /** Leave for one call; or how long to wait for it. Removals may spend what additions must leave over. */
  take(op: 'remove' | 'add'): Promise<Permit | { readonly waitMs: number }>;
}

/** A holder that died gives its slot back by itself: longer than one call takes. */
const SLOT_MS = 90_000;
/** What additions leave of the day for removals and opt-outs. */
const KEPT_FOR_REMOVALS = 0.1;
/** How long to wait for a slot before asking again. */
const SLOT_WAIT_MS = 1_000;
/** Losing more races than this for one document means that nobody gets through: wait a little. */
const RACES = 10;
const DAY_MS = 86_400_000;

/** Opens the budget of a connection. State is the only memory: any function may die and any other goes on. */
export function openBudget(
  deps: { readonly state: StateStore; readonly clock: Clock },
  connection: Pick<ConnectionDefinition, 'name' | 'quotaShare' | 'requestsPerDay'>,
  limits: Manifest['limits'],
): Budget {
  const perDay = connection.requestsPerDay ?? limits.maxRequestsPerDay;
  const allowance = perDay === undefined ? Number.POSITIVE_INFINITY : perDay * connection.quotaShare;
  const rate = limits.maxRequestsPerSecond;

  const read = async (): Promise<{ readonly spent: Spent; readonly version: number }> => {
    const now = deps.clock.now().getTime();
    const document = await deps.state.get('budget', connection.name);
    const before = (document?.body as unknown as Spent | undefined) ?? EMPTY;
    const day = new Date(now).toISOString().slice(0, 10);
    const slots = Object.fromEntries(Object.entries(before.slots).filter(([, until]) => until > now));
    const refilled = rate === undefined ? 0 : before.tokens + (Math.max(0, now - before.at) / 1_000) * rate;
    const tokens = Math.min(Math.max(1, rate ?? 0), refilled);
    const calls = before.day === day ? before.calls : 0;
    return { spent: { ...before, slots, tokens, at: now, day, calls }, version: document?.version ?? 0 };
  };
  const write = (spent: Spent, version: number): Promise<boolean> =>
    deps.state.put('budget', connection.name, spent as unknown as JsonObject, version);

  const waitFor = (spent: Spent, op: 'remove' | 'add'): number => {
    if (spent.blockedUntil > spent.at) return spent.blockedUntil - spent.at;
    const most = op === 'remove' ? allowance : allowance * (1 - KEPT_FOR_REMOVALS);
    if (spent.calls + 1 > most) return DAY_MS - (spent.at % DAY_MS);
    if (Object.keys(spent.slots).length >= limits.maxConcurrency) return SLOT_WAIT_MS;
    return rate !== undefined && spent.tokens < 1 ? Math.ceil(((1 - spent.tokens) / rate) * 1_000) : 0;
  };

  return {
    async take(op) {
      const holder = deps.clock.random().toString(36).slice(2) + deps.clock.now().getTime().toString(36);
      for (let race = 0; race < RACES; race += 1) {
        const { spent, version } = await read();
        const waitMs = waitFor(spent, op);
        if (waitMs > 0) return { waitMs };
        const slots = { ...spent.slots, [holder]: spent.at + SLOT_MS };
        const taken = { ...spent, slots, tokens: spent.tokens - 1, calls: spent.calls + 1 };
        if (await write(taken, version))
          return { release: (calls, retryAfterMs) => release(holder, calls, retryAfterMs) };
      }
      return { waitMs: SLOT_WAIT_MS };
    },
  };

  async function release(holder: string, calls: number, retryAfterMs = 0): Promise<void> {
    for (let race = 0; race < RACES; race += 1) {
      const { spent, version } = await read();
      const { [holder]: _, ...slots } = spent.slots;
      // One call was paid for when the permit was given.
      const more = Math.max(0, calls - 1);
      const blockedUntil = Math.max(spent.blockedUntil, retryAfterMs > 0 ? spent.at + retryAfterMs : 0);
      const settled = { ...spent, slots, tokens: spent.tokens - more, calls: spent.calls + more, blockedUntil };
      if (await write(settled, version)) return;
    }
    // The slot comes back by itself, and the day's count is a few calls short.
  }
}

const EMPTY: Spent = { slots: {}, tokens: Number.MAX_SAFE_INTEGER, at: 0, blockedUntil: 0, day: '', calls: 0 };
