import type { AudienceDestination } from '../../connectors/contract.ts';
import type { AudienceDefinition, Definitions } from '../../domain/definitions.ts';
import { TributaryError } from '../../domain/errors.ts';
import { guardrailsOf, type Hold, judgePush } from '../../domain/guardrails.ts';
import type { PushPlan } from '../../domain/push.ts';
import type { StateStore } from '../ports.ts';
import { shrunkSources } from '../sync/source-size.ts';
import {
  beginPlanning,
  censusOf,
  concludePlan,
  countRows,
  needsCensus,
  type PlanPushDeps,
  planStep,
} from './plan-push.ts';
import { readPush, recentChanges } from './push-run.ts';

/** What a push would do now, without a call to the tool, and what would hold it. */
export interface DryRun extends PushPlan {
  readonly id: string;
  readonly holds: readonly Hold[];
}

/** Plans as a push would, and keeps nothing: neither a list nor what it found on the way. */
export async function dryRun(
  deps: Omit<PlanPushDeps, 'archive'> & { readonly state: StateStore },
  definitions: Definitions,
  audience: AudienceDefinition,
  destination: Pick<AudienceDestination<unknown>, 'batch' | 'bulk' | 'removalUnsubscribes'>,
): Promise<DryRun> {
  const connection = definitions.connections[audience.connection];
  if (connection === undefined) {
    throw new TributaryError('config', 'connection/unknown', `no connection is called ${audience.connection}`);
  }
  const looking: PlanPushDeps = {
    clock: deps.clock,
    memberships: { ...deps.memberships, settle: async () => new Set() },
    archive: { put: async () => {}, lines: async () => undefined },
  };
  let planning = beginPlanning(false);
  for (let done = false; !done; ) {
    ({ planning, done } = await planStep(looking, audience, { id: `${audience.audience}.dry` }, planning, 'dry'));
  }
  const { state } = await readPush(deps.state, audience.audience);
  // A long list is told by what a push counted of it.
  const countedNow = needsCensus(state, deps.clock.now().getTime());
  const { size = 0, census } = countedNow
    ? censusOf((await countRows(deps.memberships, audience)).counting, deps.clock)
    : state;
  const plan = concludePlan(planning, { size, census, destination, connection, pace: state.pace, countedNow });
  const holds = judgePush(
    {
      ...plan,
      recent: recentChanges(state, deps.clock.now().getTime()),
      firstRun: state.begun !== true,
      // Only a look into the tool could tell, and this looks at nothing but what we know.
      strangers: false,
      listReplaced: false,
      unsettled: [],
      shrunk: await shrunkSources(deps, definitions),
    },
    guardrailsOf(definitions.guardrails, audience),
  );
  return { id: audience.audience, ...plan, holds };
}
