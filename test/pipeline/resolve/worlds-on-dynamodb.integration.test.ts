import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAccountStore } from '../../../lib/adapters/dynamodb/account-store.ts';
import { openActivityStore } from '../../../lib/adapters/dynamodb/activity-store.ts';
import { openDynamo } from '../../../lib/adapters/dynamodb/client.ts';
import { openHistoryStore } from '../../../lib/adapters/dynamodb/history-store.ts';
import { openIdentityIndex } from '../../../lib/adapters/dynamodb/identity-index.ts';
import { openMembershipStore } from '../../../lib/adapters/dynamodb/membership-store.ts';
import { openProfileStore } from '../../../lib/adapters/dynamodb/profile-store.ts';
import type { ActivityChange, Change, Identifier } from '../../../lib/domain/change.ts';
import { compileDefinitions } from '../../../lib/domain/decide.ts';
import { TributaryError } from '../../../lib/domain/errors.ts';
import type { Profile } from '../../../lib/domain/profile.ts';
import { accessKeyIdOf } from '../../../lib/local/proxy/callers.ts';
import { isLiving } from '../../../lib/pipeline/resolve/gather.ts';
import { resolveProfile } from '../../../lib/pipeline/resolve/resolve-profile.ts';
import { engineLogin, withEngines } from '../../engines.ts';
import { synthesiseTiny } from '../../infra/tiny-workspace.ts';
import { type LowerStage, openLowerStage } from '../../local/proxy-stage.ts';
import { identityKey, seededFate, standingClock } from '../delivering.ts';
import { Death, type Fate } from '../memory-stores.ts';
import { openReplayRig, type RigStream } from '../replay/replay-rig.ts';
import { actsBy, anAct, doneText } from '../replay/replayed-activities.ts';
import { definitions, NOW, peopleText, reference } from '../world.ts';

const WORLDS = Number(process.env.TRIBUTARY_WORLDS ?? 25);
const HOUR = 3_600_000;
const RATES = { throttle: 0.05, conflict: 0.05, unprocessed: 0.1, resetBefore: 0.02, resetAfter: 0.02 };

const identity = {
  ...definitions.identity,
  limits: { user_id: { most: 1, per: 'ever' as const }, '*': { most: 2, per: 'ever' as const } },
};
const compiled = compileDefinitions({ ...definitions, identity });
const engines = withEngines();
let stage: LowerStage;
let tidy: () => void;
const opened: DynamoDBClient[] = [];

beforeAll(async () => {
  const { template, close } = await synthesiseTiny();
  tidy = close;
  stage = await openLowerStage(engines().dynamodbUrl, { template: template as never, faults: { seed: 11 } });
});
afterAll(async () => {
  for (const client of opened) client.destroy();
  await stage?.close();
  tidy?.();
});

/** As the deployed function would be: through the proxy that knows its role. */
const login = (role = 'ResolveProfileFunction') => ({
  ...engineLogin,
  endpoint: stage.proxy.url,
  credentials: { accessKeyId: accessKeyIdOf(role), secretAccessKey: 'secret' },
});

/** Values carry the world's number, so that worlds do not meet in the tables. */
function changesOf(world: string): fc.Arbitrary<Change[]> {
  const fragment = fc.integer({ min: 1, max: 5 }).map((id) => `crm:contact:${world}-${id}`);
  const at = fc.integer({ min: 0, max: 12 }).map((hours) => new Date(NOW - 960 * HOUR + hours * HOUR).toISOString());
  const identifier: fc.Arbitrary<Identifier> = fc.oneof(
    fc.constantFrom('1', '2').map((value) => ({ type: 'user_id', value: `${world}-${value}` })),
    fc.constantFrom('ann', 'bob', 'cyd').map((name) => ({ type: 'email', value: `${name}.${world}@example.com` })),
  );
  const told = fc.record({
    kind: fc.constantFrom('profile' as const, 'profile' as const, 'profile' as const, 'gone' as const),
    fragment,
    at,
    identifiers: fc.uniqueArray(identifier, { maxLength: 2, selector: ({ type }) => type }),
  });
  const done = fc.record({
    kind: fc.constant('activity' as const),
    fragment,
    // Late ones and one from the future.
    at: fc.constantFrom(-20, -3, -1, 2).map((days) => new Date(NOW + days * 24 * HOUR).toISOString()),
    id: fc.constantFrom('e1', 'e2', 'e3'),
    name: fc.constantFrom('Opened', 'Clicked'),
  });
  const unmerged = fc
    .record({ kind: fc.constant('unmerge' as const), fragment, from: fragment, at, identifier })
    .filter((one) => one.fragment !== one.from);
  return fc.array(
    fc.oneof({ weight: 6, arbitrary: told }, { weight: 3, arbitrary: done }, { weight: 1, arbitrary: unmerged }),
    { minLength: 2, maxLength: 12 },
  );
}

/** The stores as a function has them, in a process that dies at a share of its requests. */
function openStores(fate: Fate, role = 'ResolveProfileFunction') {
  const table = (name: string) => stage.resolver.nameOf(name);
  const dynamo = openDynamo(standingClock.wait, Math.random, login(role));
  opened.push(dynamo.client);
  dieAtTimes(dynamo.client, fate);
  return {
    identities: openIdentityIndex(dynamo, table('IdentifiersTable')),
    profiles: openProfileStore(dynamo, { profiles: table('ProfilesTable'), identifiers: table('IdentifiersTable') }),
    accounts: openAccountStore(dynamo, table('AccountsTable')),
    activities: openActivityStore(dynamo, table('ActivitiesTable'), async () => 400 * 24 * HOUR),
    history: openHistoryStore(dynamo, table('HistoryTable')),
    memberships: openMembershipStore(dynamo, table('MembershipsTable'), standingClock.now),
  };
}

/** A writer of its own connections, whose process dies at a share of its requests, before or after they take effect. */
function openWriter(fate: Fate) {
  return resolveProfile({
    ...openStores(fate),
    recompute: { send: async () => {} },
    versions: async () => undefined,
    compiled: async () => compiled,
    key: identityKey,
    tooLarge: async (changes) => expect(changes).toEqual([]),
    clock: standingClock,
    log: () => {},
  });
}

function dieAtTimes(client: DynamoDBClient, fate: Fate): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const what = fate();
      if (what === 'dies-before') throw new Death();
      const answer = await next(args);
      if (what === 'dies-after') throw new Death();
      return answer;
    },
    { step: 'initialize', priority: 'high', name: 'dieAtTimes' },
  );
}

/** Delivers a message until it is acknowledged: a death, a failure that passes and a lost race bring it again. */
async function deliver(resolve: ReturnType<typeof resolveProfile>, change: Change): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      const { failed } = await resolve([{ changes: [change], profiles: [], accounts: [] }]);
      if (failed.size === 0) return;
    } catch (error) {
      const passes = error instanceof Death || (error instanceof TributaryError && error.kind === 'transient');
      if (!passes) throw error;
    }
  }
  throw new Error('a message never got through');
}

async function peopleOf(world: string): Promise<string[]> {
  const dynamo = openDynamo(standingClock.wait, Math.random, login());
  const store = openProfileStore(dynamo, {
    profiles: stage.resolver.nameOf('ProfilesTable'),
    identifiers: stage.resolver.nameOf('IdentifiersTable'),
  });
  const people: Profile[] = [];
  for await (const page of store.scan(0, 1)) {
    people.push(...page.people.filter((one): one is Profile => 'fragments' in one));
  }
  dynamo.client.destroy();
  return people
    .filter(({ fragments }) => Object.keys(fragments).some((id) => id.startsWith(`crm:contact:${world}-`)))
    .map(({ fragments }) => peopleText(fragments))
    .sort();
}

describe('random worlds on DynamoDB', () => {
  it('end in the people of the plainest reading, with writers beside each other, refused requests and deaths', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2 ** 31 }).chain((seed) => {
          count += 1;
          const world = `w${count}`;
          return changesOf(world).map((changes) => ({ seed, world, changes }));
        }),
        async ({ seed, world, changes }) => {
          stage.proxy.faults.set(RATES);
          const writers = [0, 1, 2].map(async (writer) => {
            const resolve = openWriter(seededFate(seed + writer, 0.04));
            for (const [place, change] of changes.entries()) {
              if (place % 3 === writer || place % 3 === (writer + 1) % 3) await deliver(resolve, change);
            }
          });
          await Promise.all(writers);
          stage.proxy.faults.set({});

          expect(await peopleOf(world)).toEqual(reference(changes, identity));
        },
      ),
      { numRuns: WORLDS, endOnFailure: true },
    );
    const { throttle, conflict, unprocessed } = stage.proxy.faults.happened;
    expect(Math.min(throttle, conflict, unprocessed)).toBeGreaterThan(0);
  });
});

describe('a full replay on DynamoDB', () => {
  it('ends in the rows and the memory of a fresh load, with refused requests, deaths and late messages', async () => {
    const [tool, other] = ['former', 'fresh'];
    const records = [
      ...[1, 2, 3].map((n) => anAct(`a${n}`, { hour: n })),
      ...[4, 5].map((n) => anAct(`a${n}`, { what: 'click', hour: n })),
      ...[6, 7].map((n) => anAct(`a${n}`, { id: '2', what: 'look', hour: n })),
    ];
    const former = actsBy(1, { open: 'Opened', click: 'Clicked', look: 'Opened' });
    const acts: RigStream = { mapping: former, records };
    const rig = openReplayRig({ acts }, { connection: tool, stores: openStores(seededFate(5, 0.02)) });
    stage.proxy.faults.set(RATES);
    const old = await rig.pull(true);
    // Kinds change their names, one is dropped.
    acts.mapping = actsBy(2, { open: 'Clicked', click: 'Opened' });
    rig.clock.pass(HOUR);
    const replaying = { ...rig, profiles: openStores(() => 'lives', 'RunJobFunction').profiles };

    const job = await rig.replay(NOW, NOW + 2 * HOUR, () => rig.deliver(old.slice(1)), replaying);
    await rig.deliver(old);
    stage.proxy.faults.set({});
    const fresh = openReplayRig({ acts: { ...acts } }, { connection: other, stores: openStores(() => 'lives') });
    fresh.clock.pass(HOUR);
    await fresh.pull(true);

    expect(job).toMatchObject({ state: 'finished', parts: [{ changes: 5, rejected: 2 }, {}] });
    const replayed = await doneOf(tool);
    expect(replayed).toContain('"name":"Clicked"');
    expect(replayed.replaceAll(`${tool}:`, `${other}:`)).toBe(await doneOf(other));
  });
});

/** What is stored of the activities of a connection's records, and what their people remember of it. */
async function doneOf(connection: string): Promise<string> {
  const { profiles, activities } = openStores(() => 'lives');
  const people: Profile[] = [];
  for await (const page of profiles.scan(0, 1)) people.push(...page.people.filter(isLiving));
  const theirs = people.filter(({ fragments }) => Object.keys(fragments).some((id) => id.startsWith(`${connection}:`)));
  const done: ActivityChange[] = [];
  for (const id of theirs.flatMap(({ fragments }) => Object.keys(fragments))) {
    for await (const page of activities.all(id)) done.push(...page);
  }
  return doneText(done, theirs);
}
