/**
 * What can go wrong, each with the share of calls, or of deliveries, that it befalls. Only functions are disturbed.
 * - `throttle`: DynamoDB refuses the request, or a statement of a batch, for lack of throughput
 * - `conflict`: a DynamoDB write, statement or transaction meets another transaction
 * - `unprocessed`: DynamoDB leaves some keys of BatchGetItem or items of BatchWriteItem to be sent again
 * - `staleIndex`: a query on an index answers from some time ago
 * - `latency`: any answer is late
 * - `resetBefore`, `resetAfter`: the connection breaks before the call is applied, or after it
 * - `slowDown`: S3 answers 503
 * - `queueError`: SQS answers 500
 * - `partialSend`: SQS takes only some messages of a batch
 * - `sentTwice`: SQS delivers a message twice, as two
 * - `deliveredAtOnce`: SQS delivers a message to two workers at once, and whoever is done deletes it for both
 * - `sentLate`: SQS delivers a message up to ten minutes of the stage's time late, after others
 * - `redelivered`: SQS forgets that a message was deleted, and delivers it again after its visibility timeout
 * - `killed`: the process that calls dies, before the call is applied or after it
 * - `timedOut`: the call is never answered, and the invocation is cut as at its time limit, which is not waited for
 * - `outOfMemory`: the process that calls runs out of memory, before the call is applied or after it
 */
export interface FaultRates {
  readonly throttle: number;
  readonly conflict: number;
  readonly unprocessed: number;
  readonly staleIndex: number;
  readonly latency: number;
  readonly resetBefore: number;
  readonly resetAfter: number;
  readonly slowDown: number;
  readonly queueError: number;
  readonly partialSend: number;
  readonly sentTwice: number;
  readonly deliveredAtOnce: number;
  readonly sentLate: number;
  readonly redelivered: number;
  readonly killed: number;
  readonly timedOut: number;
  readonly outOfMemory: number;
}

/** Faults that end the process of a function. */
export const deaths = ['killed', 'timedOut', 'outOfMemory'] as const;

export type Death = (typeof deaths)[number];

export type FaultKind = keyof FaultRates;

export interface FaultOptions {
  /** Equal seeds make equal rolls in equal order. @default 1 */
  readonly seed?: number;
  /** Shares from 0 to 1; what is not named does not happen. */
  readonly rates?: Partial<FaultRates>;
  /** The longest added delay of `latency`, in milliseconds. @default 50 */
  readonly latencyMs?: number;
}

/** Seeded dice, and the rates that they are read by. */
export interface Faults extends Fate {
  /**
   * Replaces the rates; `{}` switches every fault off. Takes effect with the next call. `only`: which functions are
   * disturbed, by their logical ids; default all. `seed`: begins the rolls anew.
   */
  set(
    rates: Partial<FaultRates>,
    how?: { readonly only?: (functionId: string) => boolean; readonly seed?: number },
  ): void;
  /** What befalls one function. */
  of(functionId: string): Fate;
  /** How often each fault has happened. */
  readonly happened: Readonly<Record<FaultKind, number>>;
}

/** What befalls whoever calls. */
export interface Fate {
  /** True when the fault happens now. */
  happens(kind: FaultKind): boolean;
  /** Whether it can happen at all, without rolling. */
  possible(kind: FaultKind): boolean;
  /** How late an answer is, in milliseconds; 0 almost always. */
  delayMs(): number;
  /** From 0 up to 1: for what a fault leaves to chance. */
  chance(): number;
}

const none: FaultRates = {
  throttle: 0,
  conflict: 0,
  unprocessed: 0,
  staleIndex: 0,
  latency: 0,
  resetBefore: 0,
  resetAfter: 0,
  slowDown: 0,
  queueError: 0,
  partialSend: 0,
  sentTwice: 0,
  deliveredAtOnce: 0,
  sentLate: 0,
  redelivered: 0,
  killed: 0,
  timedOut: 0,
  outOfMemory: 0,
};

/** Nothing befalls it. */
export const calm: Fate = { happens: () => false, possible: () => false, delayMs: () => 0, chance: () => 0 };

function anybody(_functionId: string): boolean {
  return true;
}

/** Opens the dice. */
export function openFaults(options: FaultOptions = {}): Faults {
  let rates: FaultRates = { ...none, ...options.rates };
  let concerned = anybody;
  const happened = { ...none };
  let dice = openDice(options.seed ?? 1);
  const roll = () => dice();
  const happens = (kind: FaultKind) => {
    if (rates[kind] === 0 || roll() >= rates[kind]) return false;
    happened[kind] += 1;
    return true;
  };
  const fate: Fate = {
    happens,
    possible: (kind) => rates[kind] > 0,
    delayMs: () => (happens('latency') ? Math.ceil(roll() * (options.latencyMs ?? 50)) : 0),
    chance: roll,
  };
  return {
    ...fate,
    set: (changed, { only = anybody, seed } = {}) => {
      rates = { ...none, ...changed };
      concerned = only;
      if (seed !== undefined) dice = openDice(seed);
    },
    of: (functionId) => (concerned(functionId) ? fate : calm),
    happened,
  };
}

/** The mulberry32 generator: numbers from 0 up to 1, the same for the same seed. */
function openDice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
