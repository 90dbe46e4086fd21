import { expect } from 'vitest';
import type { ListedMember, Truth, WriteNotes } from '../../lib/connectors/contract.ts';
import { canonicalText } from '../../lib/domain/canonical.ts';
import type { Change, Identifier } from '../../lib/domain/change.ts';
import type { Definitions } from '../../lib/domain/definitions.ts';
import { dropEchoes, openNotes } from '../../lib/pipeline/push/write-ledger.ts';
import { openMemoryLedger } from '../pipeline/memory-ledger.ts';
import { definitions } from '../pipeline/world.ts';
import { followJob } from './follow-job.ts';
import { type Check, CONNECTION, HOUR, type Rig, sorted, withRig } from './rig.ts';
import type { AudienceScenario, Scenario, Simulator } from './scenario.ts';

type ByHand = NonNullable<AudienceScenario<Simulator>['byHand']>;

interface Case {
  readonly rig: Rig;
  readonly api: unknown;
  readonly told: AudienceScenario<Simulator>;
  readonly people: ReturnType<AudienceScenario<Simulator>['seed']>;
  readonly byHand: ByHand;
}

/** Reading the real list: everybody who is on it, whatever people did to it, and nothing is changed by looking. */
export function truthChecks(scenario: Scenario, told: AudienceScenario<Simulator>): readonly Check[] {
  const truth = scenario.connector.audiences?.truth;
  if (truth === undefined) return [];
  const on = (check: (case_: Case, truth: Truth<unknown>) => Promise<void>) =>
    run(scenario, told, (c) => check(c, truth));
  return [
    { name: 'finds the list only while it is there, and makes none', run: on(findsOnly) },
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
export function echoChecks(scenario: Scenario, told: AudienceScenario<Simulator>): readonly Check[] {
  if (scenario.connector.echoes === undefined) return [];
  return [
    { name: 'knows its own additions when they come back', run: run(scenario, told, hearsItself) },
    { name: 'takes what people do to the list by hand for theirs', run: run(scenario, told, hearsPeople) },
  ];
}

function run(
  scenario: Scenario,
  told: AudienceScenario<Simulator>,
  check: (case_: Case) => Promise<void>,
): () => Promise<void> {
  return () =>
    withRig(scenario, async (rig) => {
      if (told.byHand === undefined) throw new Error('the scenario does not say what people do to the list `byHand`');
      const people = told.seed(rig.vendor);
      await check({ rig, told, people, byHand: told.byHand, api: await rig.connect() });
    });
}

async function findsOnly({ rig, told, api, byHand }: Case, truth: Truth<unknown>): Promise<void> {
  const before = [await truth.find(api, told.target), await truth.find(api, told.target)];
  const remote = await ensure(rig, told, api);
  const found = await truth.find(api, told.target);
  byHand.deleteList(rig.vendor);

  expect(before).toEqual([undefined, undefined]);
  expect(found).toEqual(remote);
  expect(await truth.find(api, told.target)).toBeUndefined();
}

async function lists({ rig, told, people, api, byHand }: Case, truth: Truth<unknown>): Promise<void> {
  const remote = await ensure(rig, told, api);
  const [first, second, ...others] = people.known;
  if (first === undefined || second === undefined) throw new Error('the scenario knows fewer than two people');
  await add(rig, told, api, [first, ...others]);
  byHand.add(rig.vendor, second);
  const all = await membersOf(truth, api, remote.remoteId);
  byHand.remove(rig.vendor, first);
  const fewer = await membersOf(truth, api, remote.remoteId);

  expect(sorted(all.map(nameOnList))).toEqual(sorted(people.known.map(({ value }) => value)));
  expect(all.map(({ standing }) => standing)).toEqual(people.known.map(() => 'reachable'));
  expect(sorted(fewer.map(nameOnList))).toEqual(sorted([second, ...others].map(({ value }) => value)));
}

async function tellsStanding({ rig, told, people, api, byHand }: Case, truth: Truth<unknown>): Promise<void> {
  await ensure(rig, told, api);
  const [stays, leaves] = people.known;
  if (stays === undefined || leaves === undefined) throw new Error('the scenario knows fewer than two people');
  const expected = byHand.leave(rig.vendor, leaves);
  const members = [stays, leaves, people.stranger].map((key, n) => ({ memberId: `m${n}`, keys: [key] }));

  const standings = await truth.standing?.(api, members);

  expect(members.map(({ memberId }) => standings?.get(memberId) ?? 'unknown')).toEqual([
    'reachable',
    expected,
    'unknown',
  ]);
}

async function sizes({ rig, told, people, api }: Case, truth: Truth<unknown>): Promise<void> {
  const { remoteId } = await ensure(rig, told, api);
  await add(rig, told, api, people.known);

  expect(await truth.size?.(api, remoteId)).toBe(people.known.length);
}

async function hearsItself({ rig, told, people, api }: Case): Promise<void> {
  const ears = await openEars(rig);
  await ensure(rig, told, api);
  await add(rig, told, api, people.known, ears.notes);
  rig.pass(HOUR);

  const { heard, echoes } = await ears.listen();

  expect(echoes, 'the connector has echoes, and nothing of its own came back').toBeGreaterThan(0);
  expect(heard, 'what is left of our own writes tells something new').toEqual([]);
}

async function hearsPeople({ rig, told, people, api, byHand }: Case): Promise<void> {
  const ears = await openEars(rig);
  const [ours, theirs] = people.known;
  if (ours === undefined || theirs === undefined) throw new Error('the scenario knows fewer than two people');
  await ensure(rig, told, api);
  await add(rig, told, api, [ours], ears.notes);
  byHand.add(rig.vendor, theirs);
  rig.pass(HOUR);

  const { heard } = await ears.listen();

  expect(heard.length, 'an addition by hand was taken for our own').toBeGreaterThan(0);
}

/** Everything that the streams bring after now, without our echoes and without what was known before. */
async function openEars(rig: Rig) {
  const { connector } = rig.scenario;
  const ledger = openMemoryLedger();
  const deps = {
    ledger,
    key: async () => ({ secret: 'k'.repeat(32), generation: 1 }),
    clock: { now: rig.now, wait: async () => {}, random: () => 0.5 },
  };
  const [template] = definitions.audiences;
  if (template === undefined) throw new Error('the world has an audience');
  const workspace: Definitions = { ...definitions, audiences: [{ ...template, connection: CONNECTION }] };
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
  const known = new Set((await read()).map(meaningOf));
  rig.pass(HOUR);
  return {
    notes: openNotes(deps, CONNECTION, 400 * 24 * HOUR),
    async listen() {
      const { changes, echoes } = await dropEchoes(deps, workspace, CONNECTION, connector, await read());
      return { echoes, heard: changes.map(meaningOf).filter((text) => !known.has(text)) };
    },
  };
}

/** What a change says, apart from when. */
function meaningOf(change: Change): string {
  return canonicalText({ ...change, at: '' });
}

async function ensure({ scenario }: Rig, { target }: AudienceScenario<Simulator>, api: unknown) {
  const destination = scenario.connector.audiences;
  if (destination === undefined) throw new Error('the connector has no audiences');
  return destination.ensure(api, target);
}

async function add(
  rig: Rig,
  told: AudienceScenario<Simulator>,
  api: unknown,
  keys: readonly Identifier[],
  notes?: WriteNotes,
): Promise<void> {
  const { remoteId } = await ensure(rig, told, api);
  const members = keys.map((key, n) => ({ memberId: `m${n}`, keys: [key] }));
  const batch = { remoteId, op: 'add', members, idempotencyKey: 'add', target: told.target } as const;
  const destination = rig.scenario.connector.audiences;
  if (destination === undefined) throw new Error('the connector has no audiences');
  const started = await destination.apply(api, notes === undefined ? batch : { ...batch, notes });
  const { outcomes } = await followJob(rig, destination, api, started);
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
