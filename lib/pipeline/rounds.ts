import type { Round } from '../domain/rounds.ts';
import type { Clock, StateStore } from './ports.ts';

const KIND = 'round';

/** Notes that a round has begun: the job that it is, is forgotten sooner than its absence is to be noticed. */
export async function noteRound(
  deps: { readonly state: StateStore; readonly clock: Pick<Clock, 'now'> },
  round: Round,
): Promise<void> {
  const before = await deps.state.get(KIND, round);
  // Whoever writes at the same moment writes the same.
  await deps.state.put(KIND, round, { startedAt: deps.clock.now().toISOString() }, before?.version ?? 0);
}

/** When a round last began, RFC 3339. */
export async function latestRound(state: StateStore, round: Round): Promise<string | undefined> {
  const startedAt = (await state.get(KIND, round))?.body.startedAt;
  return typeof startedAt === 'string' ? startedAt : undefined;
}
