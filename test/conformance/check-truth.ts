import { expect } from 'vitest';
import type { AudienceDestination, ListedMember, Truth, WriteNotes } from '../../lib/connectors/contract.ts';
import { canonicalText } from '../../lib/domain/canonical.ts';
import type { Change, Identifier } from '../../lib/domain/change.ts';
import type { Definitions } from '../../lib/domain/definitions.ts';
import type { Json } from '../../lib/domain/json.ts';
import { flattenTraits } from '../../lib/domain/trait-value.ts';
import { dropEchoes, openNotes } from '../../lib/pipeline/push/write-ledger.ts';
import { openMemoryLedger } from '../pipeline/memory-ledger.ts';
import { definitions } from '../pipeline/world.ts';
import { followJob } from './follow-job.ts';
import { type Check, CONNECTION, HOUR, type Rig, sorted, withRig } from './rig.ts';
import type { AudienceScenario, Scenario, Simulator } from './scenario.ts';

type ByHand = NonNullable<AudienceScenario<Simulator>['byHand']>;

type Destination = AudienceDestination<unknown>;

interface Case {
  readonly rig: Rig;
  readonly api: unknown;
  readonly destination: Destination;
  readonly told: AudienceScenario<Simulator>;
  readonly people: ReturnType<AudienceScenario<Simulator>['seed']>;
  readonly byHand: ByHand;
}

/** Reading the real list: everybody who is on it, whatever people did to it, and nothing is changed by looking. */
export function truthChecks(
  scenario: Scenario,
  told: AudienceScenario<Simulator>,
  destination: Destination,
): readonly Check[] {
  const { truth } = destination;
  if (truth === undefined) return [];
  const on = (check: (case_: Case, truth: Truth<unknown>) => Promise<void>) =>
    run(scenario, told, destination, (c) => check(c, truth));
  return [
    // A field is there or not: whose audience it is makes none (check-fields.ts).
    ...('fieldOf' in destination
      ? []
      : [{ name: 'finds the list only while it is there, and makes none', run: on(findsOnly) }]),
    {
      name: 'reads members or at least how many they are',
      run: on(async () => expect(truth.members ?? truth.size).toBeDefined()),
    },
    ...(truth.members === undefined
      ? []
      : [{ name: 'lists exactly who is in the tool, by hand or by us', run: on(lists) }]),
    ...(truth.standing === undefined
      ? []
      : [{ name: 'says how people stand who are not on the list', run: on(tellsStanding) }]),
    ...(truth.size === undefined ? [] : [{ name: 'counts who is in the tool', run: on(sizes) }]),
  ];
}

/** Our own writes, read back: recognised, and nobody else's with them. */
export function echoChecks(
  scenario: Scenario,
  told: AudienceScenario<Simulator>,
  destination: Destination,
): readonly Check[] {
  if (scenario.connector.echoes === undefined || told.unheard === true) return [];
  const on = (check: (case_: Case) => Promise<void>) => run(scenario, told, destination, check);
  return [
    { name: 'knows its own additions when they come back', run: on(hearsItself) },
    { name: 'takes what people do to the list by hand for theirs', run: on(hearsPeople) },
    // A list that nobody is on any more tells of nothing; a field that is empty again does.
    ...('fieldOf' in destination
      ? [{ name: 'knows its own removals when they come back', run: on(hearsItsRemovals) }]
      : []),
  ];
}

function run(
  scenario: Scenario,
  told: AudienceScenario<Simulator>,
  destination: Destination,
  check: (case_: Case) => Promise<void>,
): () => Promise<void> {
  return () =>
    withRig(scenario, async (rig) => {
      if (told.byHand === undefined) throw new Error('the scenario does not say what people do to the list `byHand`');
      const people = told.seed(rig.vendor);
      await check({ rig, told, people, destination, byHand: told.byHand, api: await rig.connect() });
    });
}

async function findsOnly({ rig, told, api, byHand, destination }: Case, truth: Truth<unknown>): Promise<void> {
  const before = [await truth.find(api, told.target), await truth.find(api, told.target)];
  const remote = await destination.ensure(api, told.target);
  const found = await truth.find(api, told.target);
  if (byHand.deleteList === undefined) throw new Error('the scenario does not say how the list is deleted');
  byHand.deleteList(rig.vendor);

  expect(before).toEqual([undefined, undefined]);
  expect(found).toEqual(remote);
  expect(await truth.find(api, told.target)).toBeUndefined();
}

async function lists(case_: Case, truth: Truth<unknown>): Promise<void> {
  const { rig, told, people, api, byHand, destination } = case_;
  const remote = await destination.ensure(api, told.target);
  const [first, second, ...others] = people.known;
  if (first === undefined || second === undefined) throw new Error('the scenario knows fewer than two people');
  await apply(case_, 'add', [first, ...others]);
  byHand.add(rig.vendor, second);
  rig.pass(told.lagMs ?? 0);
  const all = await membersOf(truth, api, remote.remoteId);
  byHand.remove(rig.vendor, first);
  rig.pass(told.lagMs ?? 0);
  const fewer = await membersOf(truth, api, remote.remoteId);

  expect(sorted(all.map(nameOnList))).toEqual(sorted(people.known.map(({ value }) => value)));
  expect(all.map(({ standing }) => standing)).toEqual(people.known.map(() => 'reachable'));
  expect(sorted(fewer.map(nameOnList))).toEqual(sorted([second, ...others].map(({ value }) => value)));
}

async function tellsStanding({ rig, told, people, api, byHand, destination }: Case, truth: Truth<unknown>) {
  const { remoteId } = await destination.ensure(api, told.target);
  const [stays, leaves] = people.known;
  if (stays === undefined || leaves === undefined) throw new Error('the scenario knows fewer than two people');
  const expected = byHand.leave(rig.vendor, leaves);
  const members = [stays, leaves, people.stranger].map((key, n) => ({ memberId: `m${n}`, keys: [key] }));

  const standings = await truth.standing?.(api, members, remoteId);

  expect(members.map(({ memberId }) => standings?.get(memberId) ?? 'unknown')).toEqual([
    'reachable',
    expected,
    'unknown',
  ]);
}

async function sizes(case_: Case, truth: Truth<unknown>): Promise<void> {
  const { told, people, api, destination } = case_;
  const { remoteId } = await destination.ensure(api, told.target);
  await apply(case_, 'add', people.known);

  expect(await truth.size?.(api, remoteId)).toBe(people.known.length);
}

async function hearsItself(case_: Case): Promise<void> {
  const { rig, people } = case_;
  const ears = await openEars(rig, case_.told.target);
  await apply(case_, 'add', people.known, ears.notes);
  rig.pass(HOUR);

  const { heard, echoes } = await ears.listen();

  expect(echoes, 'the connector has echoes, and nothing of its own came back').toBeGreaterThan(0);
  expect(heard, 'what is left of our own writes tells something new').toEqual([]);
}

async function hearsItsRemovals(case_: Case): Promise<void> {
  const { rig, people } = case_;
  const ears = await openEars(rig, case_.told.target);
  await apply(case_, 'add', people.known, ears.notes);
  rig.pass(HOUR);
  await ears.listen();
  await apply(case_, 'remove', people.known, ears.notes);
  rig.pass(HOUR);

  const { heard, echoes } = await ears.listen();

  expect(echoes, 'nothing of what was emptied came back').toBeGreaterThan(0);
  expect(heard, 'what is left of our own writes tells something new').toEqual([]);
}

async function hearsPeople(case_: Case): Promise<void> {
  const { rig, people, byHand } = case_;
  const ears = await openEars(rig, case_.told.target);
  const [ours, theirs] = people.known;
  if (ours === undefined || theirs === undefined) throw new Error('the scenario knows fewer than two people');
  await apply(case_, 'add', [ours], ears.notes);
  byHand.add(rig.vendor, theirs);
  rig.pass(HOUR);

  const { heard } = await ears.listen();

  expect(heard.length, 'an addition by hand was taken for our own').toBeGreaterThan(0);
}

/** Everything that the streams bring after now, without our echoes and without what was known before. */
async function openEars(rig: Rig, target: Json) {
  const { connector } = rig.scenario;
  const ledger = openMemoryLedger();
  const deps = {
    ledger,
    key: async () => ({ secret: 'k'.repeat(32), generation: 1 }),
    clock: { now: rig.now, wait: async () => {}, random: () => 0.5 },
  };
  const [template] = definitions.audiences;
  if (template === undefined) throw new Error('the world has an audience');
  const workspace: Definitions = { ...definitions, audiences: [{ ...template, connection: CONNECTION, target }] };
  const checkpoints = new Map<string, unknown>();
  const read = async (): Promise<Change[]> => {
    const api = await rig.connect();
    const changes: Change[] = [];
    for (const stream of connector.streams) {
      const from = checkpoints.get(stream.name) as Parameters<typeof stream.read>[2];
      for await (const page of stream.read(api, CONNECTION, from, {
        signal: new AbortController().signal,
        now: rig.now(),
      })) {
        changes.push(...page.changes);
        checkpoints.set(stream.name, page.checkpoint);
      }
    }
    return changes;
  };
  rig.pass(HOUR);
  const known = new Set((await read()).flatMap(meaningsOf));
  rig.pass(HOUR);
  return {
    notes: openNotes(deps, CONNECTION, { activitiesKeptMs: 400 * 24 * HOUR, archiveKeptMs: 90 * 24 * HOUR }),
    async listen() {
      const told = { echoes: connector.echoes, config: rig.config };
      const { changes, echoes } = await dropEchoes(deps, workspace, CONNECTION, told, await read());
      return { echoes, heard: changes.flatMap(meaningsOf).filter((text) => !known.has(text)) };
    },
  };
}

/** What a change says, apart from when: each trait by itself, because one that is left out says nothing. */
function meaningsOf(change: Change): string[] {
  if (change.kind !== 'profile' || change.traits === undefined) return [canonicalText({ ...change, at: '' })];
  const { traits, ...rest } = change;
  const leaves = [...flattenTraits(traits)].map((leaf) => canonicalText([change.fragment, leaf]));
  return [canonicalText({ ...rest, at: '' }), ...leaves];
}

async function apply(
  { rig, told, destination, api }: Case,
  op: 'add' | 'remove',
  keys: readonly Identifier[],
  notes?: WriteNotes,
): Promise<void> {
  const { remoteId } = await destination.ensure(api, told.target);
  const members = keys.map((key, n) => ({ memberId: `m${n}`, keys: [key] }));
  const batch = { remoteId, op, members, idempotencyKey: op, target: told.target } as const;
  const { outcomes } = await followJob(rig, destination, api, notes === undefined ? batch : { ...batch, notes });
  expect([...outcomes.values()].every(({ status }) => status === 'applied')).toBe(true);
}

async function membersOf(truth: Truth<unknown>, api: unknown, remoteId: string): Promise<ListedMember[]> {
  const found: ListedMember[] = [];
  for await (const page of truth.members?.(api, remoteId, { signal: new AbortController().signal }) ?? []) {
    found.push(...page.members);
  }
  return found;
}

/** Addresses are compared in any case; ids of a tool are not. */
function nameOnList({ keys: [key] }: ListedMember): string {
  return key?.type === 'email' ? key.value.toLowerCase() : (key?.value ?? '');
}
