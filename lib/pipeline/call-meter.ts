import type { Calls, DayUsage } from '../connectors/contract.ts';
import type { CallUse, Refusal, Settled } from '../domain/call-budget.ts';
import { asTributaryError, TributaryError } from '../domain/errors.ts';
import { metricLines } from '../domain/metrics.ts';
import { openBudget } from './budget.ts';
import type { OpenConnection } from './connections.ts';
import type { Clock, Log, StateStore } from './ports.ts';

/** One worker's calls to one connection, drawn from the connection's budget in portions. */
export interface CallMeter extends Calls {
  /** What the calls from now on are for. */
  turnTo(use: CallUse): void;
  /**
   * Work that may not be stopped between its calls: leave for the first of them is asked for, the others are made in any
   * case and accounted for with the next portion.
   */
  whole<T>(work: () => Promise<T>): Promise<T>;
}

/** A connection that has no call to give: the run waits, and says why. */
const BUDGET_SPENT = 'connection/budget-spent';

/** Waits for calls up to this long happen here; longer ones in the queue. */
const SHORT_WAIT_MS = 2_000;
const SHORT_WAITS = 5;
/** An older portion is given back before the next call: what others were told meanwhile is heard then. */
const PORTION_MS = 15_000;
/** A tool that asks to wait and does not say for how long. */
const DEFAULT_WAIT_MS = 60_000;

const reasons: Readonly<Record<Refusal['why'], string>> = {
  'asked-to-wait': 'the tool asked everybody to wait',
  'day-spent': "the connection's share of the day's requests is spent",
  'day-spent-by-all': "everybody together has used the connection's share of the account's requests",
  busy: 'other pulls and pushes of the connection are before this one',
};

/**
 * Does some work with a connection's calls and gives back what it did not use. When the tool asks the work to wait,
 * everybody else hears of it. `holder` names the work, not the worker: whoever goes on with it takes over its place.
 */
export async function withCalls<T>(
  deps: { readonly state: StateStore; readonly clock: Clock; readonly log?: Log; readonly workspace?: string },
  connection: Pick<OpenConnection, 'definition' | 'connector' | 'audiences'>,
  { holder, use }: { readonly holder: string; readonly use: CallUse },
  work: (meter: CallMeter) => Promise<T>,
): Promise<T> {
  const { definition, connector, audiences } = connection;
  const budget = openBudget(deps, definition, connector.manifest.limits, { audiences });
  let current = use;
  let portion: { granted: number; made: number; use: CallUse; at: number } | undefined;
  let retryAfterMs = 0;
  let reported: (DayUsage & { readonly at: number }) | undefined;
  let unstoppable = false;
  let spent = false;
  let asking: Promise<void> = Promise.resolve();

  const settled = (): Settled | undefined => {
    if (portion === undefined && retryAfterMs === 0) return undefined;
    const { granted = 0, made = 0, use: of = current } = portion ?? {};
    return {
      granted,
      made,
      use: of,
      ...(retryAfterMs > 0 ? { retryAfterMs } : {}),
      ...(reported === undefined ? {} : { reported }),
    };
  };

  const isOpen = (): boolean => {
    if (portion === undefined || spent || portion.use !== current) return false;
    return portion.made < portion.granted && deps.clock.now().getTime() - portion.at < PORTION_MS;
  };

  async function fill(): Promise<void> {
    for (let wait = 0; !isOpen(); wait += 1) {
      const answer = await budget.take({ holder, use: current }, settled());
      portion = undefined;
      reported = undefined;
      if ('calls' in answer) {
        spent = false;
        portion = { granted: answer.calls, made: 0, use: current, at: deps.clock.now().getTime() };
        return;
      }
      const { waitMs, why } = answer;
      if (why !== 'busy' || waitMs > SHORT_WAIT_MS || wait === SHORT_WAITS) {
        throw new TributaryError('rate-limited', BUDGET_SPENT, reasons[why], { retryAfterMs: waitMs });
      }
      await deps.clock.wait(waitMs);
    }
  }

  /** Calls made at the same time ask one after the other. */
  async function inTurn(step: () => Promise<void>): Promise<void> {
    const mine = asking.then(step);
    asking = mine.catch(() => undefined);
    await mine;
  }

  const made = (calls: number): void => {
    portion = portion ?? { granted: 0, made: 0, use: current, at: deps.clock.now().getTime() };
    portion.made += calls;
  };

  const meter: CallMeter = {
    ask: () =>
      inTurn(async () => {
        if (!unstoppable) await fill();
        made(1);
      }),
    heard({ used, calls = 0 }) {
      if (calls > 0) made(calls);
      if (used === undefined) return;
      reported = { ...used, at: deps.clock.now().getTime() };
      spent = budget.isSpent(used);
    },
    turnTo(next) {
      current = next;
    },
    async whole(inner) {
      await inTurn(fill);
      unstoppable = true;
      try {
        return await inner();
      } finally {
        unstoppable = false;
      }
    },
  };
  try {
    return await work(meter);
  } catch (thrown) {
    const error = asTributaryError(thrown);
    if (error.kind === 'rate-limited' && error.code !== BUDGET_SPENT)
      retryAfterMs = error.retryAfterMs ?? DEFAULT_WAIT_MS;
    throw thrown;
  } finally {
    const left = settled();
    const share = left === undefined ? undefined : await budget.giveBack(holder, left);
    if (share !== undefined) {
      const dimensions = {
        workspace: deps.workspace ?? '',
        connector: definition.connector,
        connection: definition.name,
      };
      const [line] = metricLines('Pipeline/call/quota', [share * 100], dimensions, deps.clock.now().getTime());
      deps.log?.('calls made', line);
    }
  }
}
