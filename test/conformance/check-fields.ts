import { expect } from 'vitest';
import type { FieldDestination, Outcome } from '../../lib/connectors/contract.ts';
import type { Identifier } from '../../lib/domain/change.ts';
import type { Json } from '../../lib/domain/json.ts';
import { audienceChecks } from './check-audiences.ts';
import { type Check, type Rig, withRig } from './rig.ts';
import type { FieldScenario, Scenario, Simulator } from './scenario.ts';

interface Case {
  readonly rig: Rig;
  readonly api: unknown;
  readonly destination: FieldDestination<unknown>;
  readonly told: FieldScenario<Simulator>;
  readonly people: ReturnType<FieldScenario<Simulator>['seed']>;
}

/** A field is an audience like a list, held to all that a list is; and it takes nothing from anybody but its own value. */
export function fieldChecks(scenario: Scenario, told: FieldScenario<Simulator>): readonly Check[] {
  const destination = scenario.connector.fieldValues;
  const on = (check: (case_: Case) => Promise<void>) => () =>
    withRig(scenario, async (rig) => {
      if (destination === undefined) throw new Error('the connector keeps no fields, which its scenario describes');
      const people = told.seed(rig.vendor);
      await check({ rig, told, people, destination, api: await rig.connect() });
    });
  return [
    ...audienceChecks(scenario, told, destination),
    { name: 'leaves a value that somebody else has set', run: on(leavesTheirs) },
    { name: 'keeps the new value of a person who changes between two, in either order', run: on(switches) },
    { name: 'names the same field whatever the value', run: on(namesField) },
    ...(told.impossible.length === 0
      ? []
      : [{ name: 'refuses what the tool cannot hold, and says what to change', run: on(refusesImpossible) }]),
    ...(told.byHand?.deleteList === undefined
      ? []
      : [{ name: 'says which field is missing, and makes none', run: on(namesMissing) }]),
  ];
}

async function leavesTheirs(case_: Case): Promise<void> {
  const { rig, told, people } = case_;
  const [edited, kept] = twoOf(people.known);
  await apply(case_, 'add', told.target, [edited, kept]);
  told.overwrite(rig.vendor, edited, told.theirs);

  const outcomes = await apply(case_, 'remove', told.target, [edited, kept]);

  expect(outcomes).toEqual([{ status: 'unchanged' }, { status: 'applied' }]);
  expect([told.held(rig.vendor, edited), told.held(rig.vendor, kept)]).toEqual([told.theirs, undefined]);
}

async function switches(case_: Case): Promise<void> {
  const { rig, told, people } = case_;
  const [first, second] = twoOf(people.known);
  await apply(case_, 'add', told.target, [first, second]);

  await apply(case_, 'remove', told.target, [first]);
  await apply(case_, 'add', told.other, [first]);
  await apply(case_, 'add', told.other, [second]);
  await apply(case_, 'remove', told.target, [second]);

  const values = [first, second].map((key) => told.held(rig.vendor, key));
  expect(values.map(String)).toEqual([wantedBy(told.other), wantedBy(told.other)]);
}

async function namesField({ told, destination }: Case): Promise<void> {
  const [one, other] = [told.target, told.other].map((target) => parsedBy(destination, target));

  expect(destination.fieldOf(one ?? null)).toBe(destination.fieldOf(other ?? null));
  expect(destination.fieldOf(one ?? null)).not.toBe('');
}

async function refusesImpossible({ rig, told, destination, api }: Case): Promise<void> {
  for (const { target, names } of told.impossible) {
    const read = destination.target.safeParse(target);
    if (!read.success) {
      expect(read.error.issues.map(({ message }) => message).join()).toContain(names);
      continue;
    }
    const failure = await rig.errorOf(() => destination.ensure(api, read.data));

    expect(failure, `nothing is said of ${names}`).toMatchObject({ kind: 'config' });
    expect(failure?.message).toContain(names);
  }
}

async function namesMissing({ rig, told, destination, api }: Case): Promise<void> {
  told.byHand?.deleteList?.(rig.vendor);
  const target = parsedBy(destination, told.target);
  const ask = [
    () => destination.ensure(api, target),
    async () => destination.truth?.find(api, target),
    () => destination.ensure(api, target),
  ];

  for (const one of ask) {
    const failure = await rig.errorOf(one);

    expect(failure, 'a field that is missing was found').toMatchObject({ kind: 'config' });
    expect(failure?.message.toLowerCase()).toContain(nameIn(destination.fieldOf(target)));
  }
}

/** Sends one batch as it is and gives the outcomes in the order of the people. */
async function apply(
  { destination, api }: Case,
  op: 'add' | 'remove',
  to: Json,
  keys: readonly Identifier[],
): Promise<readonly (Outcome | undefined)[]> {
  const target = parsedBy(destination, to);
  const { remoteId } = await destination.ensure(api, target);
  const members = keys.map((key, n) => ({ memberId: `m${n}`, keys: [key] }));
  const result = await destination.apply(api, { remoteId, op, members, idempotencyKey: op, target });
  if (result.state !== 'done') throw new Error('a field is written at once');
  return members.map(({ memberId }) => result.outcomes.get(memberId));
}

function parsedBy(destination: FieldDestination<unknown>, target: Json): Json {
  const read = destination.target.safeParse(target);
  if (!read.success) throw new Error('the scenario’s target does not fit the connector’s own schema');
  return read.data;
}

function twoOf(known: readonly Identifier[]): readonly [Identifier, Identifier] {
  const [first, second] = known;
  if (first === undefined || second === undefined) throw new Error('the scenario knows fewer than two people');
  return [first, second];
}

function wantedBy(target: Json): string {
  return String((target as Readonly<Record<string, Json>>).value);
}

/** `contact.vip__c` → `vip__c`: what an operator would look for. */
function nameIn(field: string): string {
  return (field.split('.').at(-1) ?? '').toLowerCase();
}
