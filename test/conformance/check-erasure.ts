import { expect } from 'vitest';
import type { Erasure, ErasureAnswer, ToErase } from '../../lib/connectors/contract-erasure.ts';
import { type Check, type Rig, withRig } from './rig.ts';
import type { ErasureScenario, Scenario, Simulator } from './scenario.ts';

interface Case {
  readonly rig: Rig;
  readonly told: ErasureScenario<Simulator>;
  readonly people: ReturnType<ErasureScenario<Simulator>['seed']>;
  readonly erase: (person: ToErase) => Promise<ErasureAnswer>;
}

/** Erasing: the person is gone, nobody else is, and asking again is no failure. */
export function erasureChecks(scenario: Scenario, told: ErasureScenario<Simulator>): readonly Check[] {
  const erasure = scenario.connector.erasure as Erasure<unknown> | undefined;
  const on = (check: (case_: Case) => Promise<void>) => () =>
    withRig(scenario, async (rig) => {
      if (erasure === undefined) throw new Error('the connector has no erasure, which its scenario describes');
      const people = told.seed(rig.vendor);
      const api = await rig.connect();
      await check({ rig, told, people, erase: (person) => erasure.erase(api, person) });
    });
  return [
    { name: 'deletes a person and nobody else', run: on(deletesOne) },
    { name: 'takes a second question and a stranger calmly', run: on(takesItCalmly) },
    { name: 'comes through a rate limit', run: on((case_) => comesThrough(case_, 'rate-limit')) },
    { name: 'comes through a server error', run: on((case_) => comesThrough(case_, 'server-error')) },
  ];
}

async function deletesOne({ rig, told, people, erase }: Case): Promise<void> {
  const answer = await erase(people.ann);

  expect(['confirmed', 'pending']).toContain(answer.state);
  expect(answer.deleted).toBe(1);
  expect(answer.calls).toBeGreaterThan(0);
  expect([told.knows(rig.vendor, people.ann), told.knows(rig.vendor, people.bob)]).toEqual([false, true]);
}

async function takesItCalmly({ people, erase }: Case): Promise<void> {
  const first = await erase(people.ann);
  const second = await erase(people.ann);
  const stranger = await erase(people.stranger);

  expect(second).toMatchObject({ state: first.state, deleted: 0 });
  expect(['confirmed', 'pending']).toContain(stranger.state);
  expect(stranger.deleted).toBe(0);
}

async function comesThrough(case_: Case, kind: 'rate-limit' | 'server-error'): Promise<void> {
  const { rig, told, people, erase } = case_;
  told.fault(rig.vendor, kind);

  let answer: ErasureAnswer | undefined;
  const failure = await rig.errorOf(async () => {
    answer = await erase(people.ann);
  });
  const again = await erase(people.ann);

  if (failure === undefined) expect(answer?.state, 'a failure of the vendor is no answer').toBe('retry');
  else expect(kind === 'rate-limit' ? ['rate-limited'] : ['transient']).toContain(failure.kind);
  expect(['confirmed', 'pending']).toContain(again.state);
  expect([told.knows(rig.vendor, people.ann), told.knows(rig.vendor, people.bob)]).toEqual([false, true]);
}
