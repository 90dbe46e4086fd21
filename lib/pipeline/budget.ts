import type { DayUsage, Manifest } from '../connectors/contract.ts';
import {
  type Ask,
  type Limits,
  type Portion,
  type Refusal,
  readSpent,
  type Settled,
  type Spent,
  settle,
  shareSpent,
  tryGrant,
} from '../domain/call-budget.ts';
import type { ConnectionDefinition, Definitions } from '../domain/definitions.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Clock, StateStore } from './ports.ts';

/** The shared budget of one connection, from which pulls, pushes and checks of lists take portions of calls. */
export interface Budget {
  /** Accounts for the holder's portion before this one, and gives the next; or says how long to wait, and for what. */
  take(ask: Ask, before?: Settled): Promise<Portion | Refusal>;
  /** Accounts for the holder's last portion and lets go of its slot. Tells how much of the day's share is spent, if known. */
  giveBack(holder: string, before: Settled): Promise<number | undefined>;
  /** Whether what the vendor reports leaves nothing of the connection's share. */
  isSpent(reported: DayUsage): boolean;
}

/** Losing more races than this for one document means that nobody gets through: wait a little. */
const RACES = 10;

interface Read {
  readonly spent: Spent;
  readonly version: number;
}

/** Opens the budget of a connection. State is the only memory: any function may die and any other goes on. */
export function openBudget(
  deps: { readonly state: StateStore; readonly clock: Pick<Clock, 'now'> },
  connection: Pick<ConnectionDefinition, 'name' | 'quotaShare' | 'requestsPerDay' | 'streams'>,
  limits: Manifest['limits'],
  { audiences }: Pick<Definitions, 'audiences'>,
): Budget {
  const perDay = connection.requestsPerDay ?? limits.maxRequestsPerDay;
  const most: Limits = {
    atOnce: limits.maxConcurrency,
    perSecond: limits.maxRequestsPerSecond,
    perDay: perDay === undefined ? undefined : perDay * connection.quotaShare,
    share: connection.quotaShare,
    // Nothing is kept for those who never come.
    pulls: Object.keys(connection.streams).length > 0,
    pushes: audiences.some((one) => one.connection === connection.name),
  };
  /** As this process last wrote it: while nobody else does, the next portion costs no read. */
  let written: Read | undefined;

  const read = async (): Promise<Read> => {
    const document = await deps.state.get('budget', connection.name);
    return { spent: readSpent(document?.body), version: document?.version ?? 0 };
  };
  const write = async (spent: Spent, version: number): Promise<boolean> => {
    const done = await deps.state.put('budget', connection.name, spent as unknown as JsonObject, version);
    written = done ? { spent, version: version + 1 } : undefined;
    return done;
  };

  return {
    async take(ask, before) {
      for (let race = 0; race < RACES; race += 1) {
        const { spent, version } = written ?? (await read());
        const now = deps.clock.now().getTime();
        const settled = settle(spent, most, now, ask.holder, before);
        const { answer, next } = tryGrant(settled, most, now, ask);
        // Nobody is turned away for what has changed since.
        if ('waitMs' in answer && written !== undefined) {
          written = undefined;
          continue;
        }
        if (next === settled && before === undefined) return answer;
        if (await write(next, version)) return answer;
      }
      return { waitMs: 1_000, why: 'busy' };
    },
    async giveBack(holder, before) {
      for (let race = 0; race < RACES; race += 1) {
        const { spent, version } = written ?? (await read());
        const settled = settle(spent, most, deps.clock.now().getTime(), holder, before);
        if (await write(settled, version)) return shareSpent(settled, most);
      }
      // The slot comes back by itself, and the day's count is a portion too high.
      return undefined;
    },
    isSpent: ({ used, limit }) => used >= limit * most.share,
  };
}
