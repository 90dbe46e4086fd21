import type { Compiled } from '../../domain/decide.ts';
import { TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import { type DayFacts, type Performance, performanceOf } from '../../domain/review/facts.ts';
import { type Lift, liftOf } from '../../domain/review/lift.ts';
import type { Clock, StateStore } from '../ports.ts';
import { readFacts } from './day-facts.ts';

/** The facts of a segment, with what the latest of them mean. */
export interface FactsPage {
  readonly segment: string;
  /** Newest first; a day on which nobody counted is not there. */
  readonly days: readonly DayFacts[];
  readonly performance: Performance | null;
  readonly lift: readonly Lift[];
}

const DAY = 86_400_000;
const DAYS_SHOWN = 90;
const MOST_DAYS = 400;

/** Reads the facts from one day to another, both counted; the last 90 days if not said. Throws `api/bad-query`. */
export async function readFactsPage(
  deps: { readonly state: StateStore; readonly clock: Pick<Clock, 'now'> },
  compiled: Compiled,
  segment: string,
  asked: { readonly from?: string | undefined; readonly to?: string | undefined },
): Promise<FactsPage> {
  const today = formatInstant(deps.clock.now().getTime()).slice(0, 10);
  const to = asked.to ?? today;
  const from = asked.from ?? dayOf(Date.parse(to) - (DAYS_SHOWN - 1) * DAY);
  const length = (Date.parse(to) - Date.parse(from)) / DAY;
  if (![from, to].every((day) => /^\d{4}-\d{2}-\d{2}$/.test(day)) || !(length >= 0 && length < MOST_DAYS)) {
    const message = `from and to are days such as 2026-11-21, the first before the second, at most ${MOST_DAYS} of them`;
    throw new TributaryError('rejected', 'api/bad-query', message);
  }
  const days = await readFacts(deps.state, segment, { from, to, most: MOST_DAYS });
  const all = await readFacts(deps.state, segment, { to: today, most: MOST_DAYS });
  const [latest] = all;
  if (latest === undefined) return { segment, days, performance: null, lift: [] };
  const lift = latest.holdouts.map((one) => liftOf(one, latest.revenue !== null));
  return { segment, days, performance: performanceIn(compiled, latest, all), lift };
}

/** How an objective stands by some facts, newest first; null for a segment without one. */
export function performanceIn(
  { measuring }: Compiled,
  latest: DayFacts,
  known: readonly DayFacts[],
): Performance | null {
  const objective = measuring.objectives.get(latest.segment);
  if (objective === undefined) return null;
  const first = known.findLast((one) => one.objective?.metric === objective.metric && one.objective.value !== null);
  return performanceOf(objective, latest, first ?? latest, known);
}

function dayOf(at: number): string {
  return Number.isNaN(at) ? '' : formatInstant(at).slice(0, 10);
}
