import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { AudienceDestination, Member, Outcome } from '../../lib/connectors/contract.ts';
import { canonicalText } from '../../lib/domain/canonical.ts';
import type { Identifier } from '../../lib/domain/change.ts';
import type { Json } from '../../lib/domain/json.ts';
import { outcomesOf } from '../../lib/pipeline/push/send-members.ts';
import type { Way } from '../../lib/pipeline/push/ways.ts';
import { echoChecks, truthChecks } from './check-truth.ts';
import { followJob } from './follow-job.ts';
import { type Check, type Rig, sorted, withRig } from './rig.ts';
import type { AudienceScenario, Scenario, Simulator } from './scenario.ts';

interface Case {
  readonly rig: Rig;
  readonly api: unknown;
  readonly destination: AudienceDestination<unknown>;
  /** How members are given to it: its own way, unless a check says otherwise. */
  readonly way: Way;
  readonly told: AudienceScenario<Simulator>;
  readonly people: ReturnType<AudienceScenario<Simulator>['seed']>;
  readonly remoteId: string;
}

/** Pushing: the remote list is what we asked for, and every member's outcome is the truth about it. */
export function audienceChecks(
  scenario: Scenario,
  told: AudienceScenario<Simulator>,
  destination: AudienceDestination<unknown> | undefined,
): readonly Check[] {
  const on = (check: (case_: Case) => Promise<void>) => () =>
    withRig(scenario, async (rig) => {
      if (destination === undefined)
        throw new Error('the connector has no such audiences, which its scenario describes');
      const people = told.seed(rig.vendor);
      const api = await rig.connect();
      const { remoteId } = await destination.ensure(api, told.target);
      await check({ rig, api, destination, way: destination, told, people, remoteId });
    });
  return [
    { name: 'refuses an empty target with a message', run: on(refusesEmptyTarget) },
    { name: 'finds what it made before', run: on(ensuresOnce) },
    ...when(destination !== undefined && !('fieldOf' in destination), {
      name: 'tells lists apart as the tool does',
      run: on(tellsListsApart),
    }),
    { name: 'adds once: the second time everybody is unchanged', run: on(addsOnce) },
    ...when(destination?.canRemove, { name: 'removes once, and takes a stranger calmly', run: on(removes) }),
    { name: 'gives every member of a mixed batch one true outcome', run: on(settlesMixedBatch) },
    { name: 'fills a batch to its limit', run: on(fillsBatch) },
    { name: 'comes through a rate limit with nobody lost', run: on((case_) => comesThrough(case_, 'rate-limit')) },
    { name: 'comes through a server error with nobody lost', run: on((case_) => comesThrough(case_, 'server-error')) },
    ...when(told.silence, { name: 'never takes silence about a member for success', run: on(doubtsSilence) }),
    ...(destination === undefined
      ? []
      : [...truthChecks(scenario, told, destination), ...echoChecks(scenario, told, destination)]),
    ...when(destination?.bulk, {
      name: 'says the same of everybody by its way for very many, additions and removals',
      run: on(worksInBulk),
    }),
  ];
}

/** A facet that is absent has nothing to prove: no check, rather than one that passes without asking. */
function when(facet: unknown, check: Check): readonly Check[] {
  return facet === undefined || facet === false ? [] : [check];
}

async function refusesEmptyTarget({ destination, told }: Case): Promise<void> {
  const empty = destination.target.safeParse({});

  expect(destination.target.safeParse(told.target).success).toBe(true);
  expect(empty.success).toBe(false);
  expect(empty.success ? [] : empty.error.issues.map(({ message }) => message !== '')).toContain(true);
}

async function ensuresOnce({ rig, destination, told, api, remoteId }: Case): Promise<void> {
  const again = await destination.ensure(api, told.target);
  const elsewhere = await destination.ensure(await rig.connect(), told.target);

  expect([again, elsewhere]).toEqual([{ remoteId }, { remoteId }]);
}

/** Two audiences of one list take off each other's members: a workspace with both must be refused. */
async function tellsListsApart({ destination, told, api, remoteId }: Case): Promise<void> {
  const swapped = JSON.stringify(told.target).replaceAll(/(?<=:")[^"]*/g, (name) =>
    [...name].map((letter) => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase())).join(''),
  );
  const other = JSON.parse(swapped) as Json;
  const listOf = (target: Json) => destination.listOf?.(target) ?? canonicalText(target);

  const found = await destination.ensure(api, other);

  expect(swapped).not.toBe(JSON.stringify(told.target));
  expect(listOf(told.target) === listOf(other)).toBe(found.remoteId === remoteId);
}

async function addsOnce(case_: Case): Promise<void> {
  const { people, told, rig } = case_;

  const first = await apply(case_, 'add', people.known);
  const second = await apply(case_, 'add', people.known);

  expect(statuses(first)).toEqual(people.known.map(() => 'applied'));
  expect(statuses(second)).toEqual(people.known.map(() => (case_.destination.writeOnly ? 'applied' : 'unchanged')));
  expect(told.remote(rig.vendor)).toEqual(valuesOf(people.known));
}

async function removes(case_: Case): Promise<void> {
  const { people, told, rig } = case_;
  const [leaver, ...stayers] = people.known;
  if (leaver === undefined) throw new Error('the scenario knows nobody');
  await apply(case_, 'add', people.known);

  const first = await apply(case_, 'remove', [leaver, people.stranger]);
  const second = await apply(case_, 'remove', [leaver]);

  const blind = case_.destination.writeOnly === true;
  expect(first.get('m0')).toEqual({ status: 'applied' });
  expect(blind ? ['applied'] : ['unchanged', 'unmatched']).toContain(first.get('m1')?.status);
  expect(statuses(second)).toEqual([blind ? 'applied' : 'unchanged']);
  expect(told.remote(rig.vendor)).toEqual(valuesOf(stayers));
}

async function settlesMixedBatch(case_: Case): Promise<void> {
  const { people, told, rig } = case_;
  const members = [people.stranger, ...people.known, ...people.refused.map(({ key }) => key)];

  const outcomes = await apply(case_, 'add', members);

  expect([...outcomes.values()]).toEqual([
    { status: case_.destination.writeOnly ? 'applied' : 'unmatched' },
    ...people.known.map(() => ({ status: 'applied' })),
    ...people.refused.map(({ code }) => ({ status: 'refused', code })),
  ]);
  expect(told.remote(rig.vendor)).toEqual(landed(case_, [people.stranger]));
}

async function fillsBatch(case_: Case): Promise<void> {
  const { people, told, rig, destination } = case_;
  const strangers = moreStrangers(case_, destination.batch.maxMembers - people.known.length);
  const members = [...people.known, ...strangers];

  const outcomes = await apply(case_, 'add', members);

  const counts = statuses(outcomes).filter((status) => status === 'applied' || status === 'unmatched');
  expect(outcomes.size).toBe(destination.batch.maxMembers);
  expect(counts.length, 'people we can add are applied, strangers unmatched').toBe(outcomes.size);
  expect(told.remote(rig.vendor)).toEqual(landed(case_, strangers));
}

async function comesThrough(case_: Case, kind: 'rate-limit' | 'server-error'): Promise<void> {
  const { people, told, rig } = case_;
  const members = [...people.known, people.stranger];
  told.fault(rig.vendor, kind);

  let outcomes: ReadonlyMap<string, Outcome> = new Map();
  const failure = await rig.errorOf(async () => {
    outcomes = await apply(case_, 'add', members);
  });
  if (failure !== undefined) {
    expect(['rate-limited', 'transient']).toContain(failure.kind);
    if (kind === 'rate-limit') expect(failure).toMatchObject({ kind: 'rate-limited' });
  }
  const retried = await apply(case_, 'add', members);

  const first = statuses(outcomes).filter((status) => status === 'rejected' || status === 'refused');
  expect(first, 'a failure of the vendor is nobody’s own').toEqual([]);
  const others = statuses(retried).filter((status) => status !== 'applied' && status !== 'unchanged');
  expect(others).toEqual(case_.destination.writeOnly ? [] : ['unmatched']);
  expect(told.remote(rig.vendor)).toEqual(landed(case_, [people.stranger]));
}

async function worksInBulk(case_: Case): Promise<void> {
  const { people, told, rig, destination } = case_;
  const { bulk } = destination;
  if (bulk === undefined) throw new Error('the destination has no way for very many');
  const inBulk: Case = { ...case_, way: bulk };
  const [leaver] = people.known;
  if (leaver === undefined) throw new Error('the scenario knows nobody');
  const everybody = [people.stranger, ...people.known, ...people.refused.map(({ key }) => key)];

  const first = await apply(inBulk, 'add', everybody);
  const again = await apply(inBulk, 'add', people.known);
  const off = destination.canRemove ? await apply(inBulk, 'remove', [leaver, people.stranger]) : undefined;

  expect(bulk.batch.maxMembers).toBeGreaterThan(destination.batch.maxMembers);
  expect([...first.values()]).toEqual([
    { status: 'unmatched' },
    ...people.known.map(() => ({ status: 'applied' })),
    ...people.refused.map(({ code }) => ({ status: 'refused', code })),
  ]);
  expect(statuses(again)).toEqual(people.known.map(() => 'unchanged'));
  expect(off?.get('m0') ?? { status: 'applied' }).toEqual({ status: 'applied' });
  expect(told.remote(rig.vendor).includes(leaver.value)).toBe(!destination.canRemove);
}

async function doubtsSilence(case_: Case): Promise<void> {
  const { people, told, rig, way, api, remoteId } = case_;
  const [unheard] = people.known;
  if (unheard === undefined) throw new Error('the scenario knows nobody');
  told.silence?.(rig.vendor, unheard);

  const batch = { remoteId, op: 'add', members: membersOf(people.known), idempotencyKey: 'silence' } as const;
  const { outcomes } = await followJob(rig, way, api, batch);

  // The pipeline turns a missing outcome into `retry`; what may not happen is a success that is none.
  const claimed = batch.members.filter(({ memberId }) => isIn(outcomes.get(memberId)));
  const remote = told.remote(rig.vendor);
  expect(claimed.filter(({ keys }) => !remote.includes(keys[0]?.value ?? ''))).toEqual([]);
}

/** Applies one batch, follows a job, and holds the answer to the contract: one outcome each, no stranger, each true. */
async function apply(
  { way, api, remoteId, told, rig }: Case,
  op: 'add' | 'remove',
  keys: readonly Identifier[],
): Promise<ReadonlyMap<string, Outcome>> {
  const members = membersOf(keys);
  const before = told.remote(rig.vendor);
  // Each is a batch of its own: under the same key a tool may repeat its former answer.
  const batch = { remoteId, op, members, idempotencyKey: randomUUID() };
  const result = await followJob(rig, way, api, batch);
  expect(result.calls).toBeGreaterThan(0);
  const ids = members.map(({ memberId }) => memberId);
  const outcomes = outcomesOf(result, ids);
  expect(sorted(outcomes.keys()), 'one outcome for each member').toEqual(sorted(ids));
  const remote = told.remote(rig.vendor);
  const untrue = members.filter(({ memberId, keys: [key] }) => {
    const value = key?.value ?? '';
    if (!isIn(outcomes.get(memberId))) return remote.includes(value) !== before.includes(value);
    return remote.includes(value) !== (op === 'add');
  });
  expect(
    untrue.map(({ memberId }) => outcomes.get(memberId)),
    'an outcome contradicts the list',
  ).toEqual([]);
  return new Map(ids.map((id) => [id, outcomes.get(id) ?? { status: 'retry', code: '' }]));
}

/** True when the outcome claims that the list is now as we asked. */
function isIn(outcome: Outcome | undefined): boolean {
  return outcome?.status === 'applied' || outcome?.status === 'unchanged';
}

function moreStrangers({ told, people }: Case, count: number): readonly Identifier[] {
  if (told.strangers !== undefined) return told.strangers(count);
  if (people.stranger.type !== 'email')
    throw new Error('the scenario needs `strangers`: its stranger is no e-mail address');
  return Array.from({ length: count }, (_, n) => ({ type: 'email', value: `n${n}.${people.stranger.value}` }));
}

function membersOf(keys: readonly Identifier[]): Member[] {
  return keys.map((key, index) => ({ memberId: `m${index}`, keys: [key] }));
}

function statuses(outcomes: ReadonlyMap<string, Outcome>): string[] {
  return [...outcomes.values()].map(({ status }) => status);
}

/** Who is on the list once everybody was sent: a tool that tells nobody apart takes strangers too. */
function landed({ people, destination }: Case, strangers: readonly Identifier[]): string[] {
  return valuesOf(destination.writeOnly === true ? [...people.known, ...strangers] : people.known);
}

function valuesOf(keys: readonly Identifier[]): string[] {
  return sorted(keys.map(({ value }) => value));
}
