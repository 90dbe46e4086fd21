import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { AudienceDestination, Member, Outcome } from '../../lib/connectors/contract.ts';
import { outcomesOf } from '../../lib/pipeline/push/send-members.ts';
import { followJob } from './follow-job.ts';
import { type Check, type Rig, sorted, withRig } from './rig.ts';
import type { AudienceScenario, Scenario, Simulator } from './scenario.ts';
import { nextTroubled, onRoad, type Passing, passingTroubles, type Road, type Trouble } from './troubled-road.ts';

interface Case {
  readonly rig: Rig;
  readonly destination: AudienceDestination<unknown>;
  readonly told: AudienceScenario<Simulator>;
}

type Outcomes = ReadonlyMap<string, Outcome>;

/** Pushing over a bad road: the list is found or made, members are added and taken off, a job is followed to its end. */
export function audienceRoadChecks(
  scenario: Scenario,
  told: AudienceScenario<Simulator>,
  destination: AudienceDestination<unknown>,
): readonly Check[] {
  return Object.entries(passingTroubles).map(([name, troubled]) => ({
    name,
    run: () => withRig(scenario, (rig) => comesThrough({ rig, destination, told }, troubled)),
  }));
}

async function comesThrough({ rig, destination, told }: Case, troubled: (passing: Passing) => Trouble): Promise<void> {
  const { known, stranger } = told.seed(rig.vendor);
  const members = [...known, stranger].map((key, n): Member => ({ memberId: `m${n}`, keys: [key] }));
  const writeOnly = destination.writeOnly === true;
  const ops = destination.canRemove ? (['add', 'remove'] as const) : (['add'] as const);
  for (const op of ops) {
    const outcomes = await pushUntilUntroubled({ rig, destination, told }, op, members, troubled);

    const calm = (status = ''): boolean => ['applied', 'unchanged', 'unmatched'].includes(status);
    expect([...outcomes.values()].filter(({ status }) => !calm(status))).toEqual([]);
    const landed = op === 'remove' ? [] : writeOnly ? [...known, stranger] : known;
    expect(told.remote(rig.vendor), `after ${op}`).toEqual(sorted(landed.map(({ value }) => value)));
  }
}

/** The first try meets the trouble at its first request, the next at its second, until one has no request left to be hurt. */
async function pushUntilUntroubled(
  case_: Case,
  op: 'add' | 'remove',
  members: readonly Member[],
  troubled: (passing: Passing) => Trouble,
): Promise<Outcomes> {
  const { rig, told } = case_;
  for (let at = 1; ; at = nextTroubled(at)) {
    let outcomes: Outcomes = new Map();
    const trouble = (passing: Passing) => (passing.number === at ? troubled(passing) : undefined);
    const { failure, met } = await onRoad(rig, trouble, async (road) => ({
      failure: await rig.errorOf(async () => {
        outcomes = await push(case_, road, op, members);
      }),
      met: road.passed.length >= at,
    }));
    if (!met) {
      if (failure !== undefined) throw failure;
      return outcomes;
    }
    if (failure !== undefined) {
      expect(['rate-limited', 'transient'], `${op}, ${failure.code}: ${failure.message}`).toContain(failure.kind);
    }
    const blamed = [...outcomes.values()].filter(({ status }) => status === 'rejected' || status === 'refused');
    expect(blamed, 'trouble on the road is nobody’s own').toEqual([]);
    rig.pass(Math.max(failure?.retryAfterMs ?? 1_000, told.lagMs ?? 0));
  }
}

async function push(
  { rig, destination, told }: Case,
  road: Road,
  op: 'add' | 'remove',
  members: readonly Member[],
): Promise<Outcomes> {
  const api = await rig.connect({ endpoint: road.url });
  const { remoteId } = await destination.ensure(api, told.target);
  const batch = { remoteId, op, members, idempotencyKey: randomUUID(), target: told.target };
  return outcomesOf(
    await followJob(rig, destination, api, batch),
    members.map(({ memberId }) => memberId),
  );
}
