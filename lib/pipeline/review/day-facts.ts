import type { Milliseconds } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { DayFacts } from '../../domain/review/facts.ts';
import type { Pushed } from '../../domain/review/spent.ts';
import type { Clock, HistoryStore, StateStore } from '../ports.ts';
import { pushesBetween } from '../push/push-run.ts';

/** As long as the history of segments. */
export const FACTS_KEPT_MS: Milliseconds = 400 * 86_400_000;
/** So many days are looked through for one that is over and not closed: nights may have been missed. */
const DAYS_LOOKED_BACK = 10;

interface FactsDeps {
  readonly state: StateStore;
  readonly history: HistoryStore;
  readonly clock: Pick<Clock, 'now'>;
}

/** Facts of a segment from one day to another, both counted, newest first. */
export async function readFacts(
  state: StateStore,
  segment: string,
  { from = '', to, most }: { readonly from?: string; readonly to: string; readonly most: number },
): Promise<readonly DayFacts[]> {
  // Below the day and anything behind it: the day itself is listed.
  const kept = await state.list(kindOf(segment), { most, after: `${to}~` });
  return kept.map(({ body }) => body as unknown as DayFacts).filter(({ day }) => day >= from);
}

/** The facts of one day; undefined when nobody counted on it. */
export async function factsOn(state: StateStore, segment: string, day: string): Promise<DayFacts | undefined> {
  return (await state.get(kindOf(segment), day))?.body as unknown as DayFacts | undefined;
}

/** Keeps the facts of a day, unless a later count of it is kept. Twice is once. */
export async function keepFacts({ state, clock }: FactsDeps, facts: DayFacts): Promise<void> {
  const expiresAt = clock.now().getTime() + FACTS_KEPT_MS;
  for (;;) {
    const held = await state.get(kindOf(facts.segment), facts.day);
    if (held !== undefined && String(held.body.at) >= facts.at) return;
    const body = facts as unknown as JsonObject;
    if (await state.put(kindOf(facts.segment), facts.day, body, held?.version ?? 0, { expiresAt })) return;
  }
}

/**
 * Writes into the days before `day` who entered and left on them, and what was pushed from each until the next that was
 * counted: they are over, so it does not change any more.
 */
export async function closeDays(
  deps: FactsDeps,
  segment: string,
  day: string,
  audiences: readonly string[],
): Promise<void> {
  const expiresAt = deps.clock.now().getTime() + FACTS_KEPT_MS;
  let until = day;
  for (const { id, version, body } of await deps.state.list(kindOf(segment), { most: DAYS_LOOKED_BACK, after: day })) {
    if (body.entered === null) {
      const [counted, pushed] = await Promise.all([
        deps.history.countDay(segment, id),
        pushedBetween(deps.state, audiences, id, until),
      ]);
      // Whoever wrote in between closed it with the same numbers.
      await deps.state.put(kindOf(segment), id, { ...body, ...counted, pushed: { ...pushed } }, version, { expiresAt });
    }
    until = id;
  }
}

/** What pushes of some audiences did that began from one day on and before another. */
async function pushedBetween(
  state: StateStore,
  audiences: readonly string[],
  from: string,
  until: string,
): Promise<Pushed> {
  const runs = (await Promise.all(audiences.map((one) => pushesBetween(state, one, from, until)))).flat();
  const sum = (what: 'added' | 'removed' | 'calls') => runs.reduce((all, { tally }) => all + tally[what], 0);
  return { runs: runs.length, added: sum('added'), removed: sum('removed'), calls: sum('calls') };
}

function kindOf(segment: string): string {
  return `facts#${segment}`;
}
