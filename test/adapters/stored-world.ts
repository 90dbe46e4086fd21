import { BatchWriteItemCommand, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { openAccountStore } from '../../lib/adapters/dynamodb/account-store.ts';
import { openActivityStore } from '../../lib/adapters/dynamodb/activity-store.ts';
import type { Item } from '../../lib/adapters/dynamodb/client.ts';
import { openHistoryStore } from '../../lib/adapters/dynamodb/history-store.ts';
import { openIdentityIndex } from '../../lib/adapters/dynamodb/identity-index.ts';
import { openMembershipStore } from '../../lib/adapters/dynamodb/membership-store.ts';
import { openProfileStore } from '../../lib/adapters/dynamodb/profile-store.ts';
import { openStateStore } from '../../lib/adapters/dynamodb/state-store.ts';
import type { Change } from '../../lib/domain/change.ts';
import { compileDefinitions } from '../../lib/domain/decide.ts';
import { newRun, readPush, savePush } from '../../lib/pipeline/push/push-run.ts';
import { resolveProfile } from '../../lib/pipeline/resolve/resolve-profile.ts';
import { readStream, saveStream } from '../../lib/pipeline/sync/sync-run.ts';
import { createTables } from '../engines.ts';
import { identityKey, standingClock } from '../pipeline/delivering.ts';
import { NOW, peopleText, definitions as plain } from '../pipeline/world.ts';
import { openTestDynamo } from './opened-dynamo.ts';

const AUDIENCE = 'to-tool';
const HOUR = 3_600_000;

/** What everything is decided by: one of each kind of thing that a profile keeps. */
const definitions = {
  ...plain,
  audiences: plain.audiences.map((one) => ({ ...one, holdout: 0.5, needs: { subscribed: 'email' } })),
};
const compiled = compileDefinitions(definitions);

/** The tables of a prefix, with the stores over them that functions use. */
export async function openStoredWorld(client: DynamoDBClient, endpoint: string, prefix: string) {
  const tables = await createTables(client, prefix);
  const dynamo = openTestDynamo(endpoint);
  const stores = {
    identities: openIdentityIndex(dynamo, tables.identifiers),
    profiles: openProfileStore(dynamo, { profiles: tables.profiles, identifiers: tables.identifiers }),
    accounts: openAccountStore(dynamo, tables.accounts),
    activities: openActivityStore(dynamo, tables.activities, async () => 400 * 24 * HOUR),
    history: openHistoryStore(dynamo, tables.history),
    memberships: openMembershipStore(dynamo, tables.memberships, standingClock.now),
    state: openStateStore(dynamo, tables.state),
  };
  const resolve = resolveProfile({
    ...stores,
    recompute: { send: async () => {} },
    versions: async () => undefined,
    compiled: async () => compiled,
    key: identityKey,
    tooLarge: async () => {},
    clock: standingClock,
    log: () => {},
  });
  return {
    ...stores,
    audience: AUDIENCE,
    /** Folds each change by itself, as if each had come with a message of its own. */
    async fold(changes: readonly Change[]): Promise<void> {
      for (const change of changes) {
        await resolve([{ changes: [change], profiles: [], accounts: [], cause: 'cause-1' }]);
      }
    },
    /** Everybody who lives, as text, sorted: who has which records, and what these say. */
    async people(): Promise<readonly string[]> {
      const found: string[] = [];
      for await (const { people } of stores.profiles.scan(0, 1)) {
        for (const one of people) if ('fragments' in one) found.push(peopleText(one.fragments));
      }
      return found.sort();
    },
    /** What is stored, by table, in the order of keys. */
    async items(): Promise<Readonly<Record<string, readonly Item[]>>> {
      const each = Object.entries(tables).map(async ([name, TableName]) => {
        const { Items = [] } = await client.send(new ScanCommand({ TableName }));
        return [name, [...Items].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))] as const;
      });
      return Object.fromEntries(await Promise.all(each));
    },
    /** Stores items as they are. */
    async load(items: Readonly<Record<string, readonly Item[]>>): Promise<void> {
      for (const [name, list] of Object.entries(items)) {
        const table = tables[name as keyof typeof tables];
        for (const one of list) {
          const RequestItems = { [table]: [{ PutRequest: { Item: one } }] };
          await client.send(new BatchWriteItemCommand({ RequestItems }));
        }
      }
    },
    close: () => dynamo.client.destroy(),
  };
}

export type StoredWorld = Awaited<ReturnType<typeof openStoredWorld>>;

/** What is stored besides what changes make: what a tool was told, an erased person, a pull and a push with all they note. */
export async function storeTheRest(world: StoredWorld): Promise<void> {
  const { memberships, state, profiles, audience } = world;
  const rows = [];
  for await (const page of memberships.audienceRows(audience)) rows.push(...page);
  const at = NOW;
  const consent = {
    topic: 'email',
    state: 'granted',
    at: new Date(NOW).toISOString(),
    source: 'form',
    by: 'person',
  } as const;
  const told = {
    in: true,
    keys: [],
    outcome: 'refused',
    code: 'tool/unsubscribed',
    op: 'add',
    run: 'r1',
    at,
    consent,
  } as const;
  await memberships.settle(
    audience,
    rows.map((row) => ({ row, told, pending: false })),
  );
  const erased = { id: 'p_erased', version: 0, erased: at, outbox: [], dueAt: null } as const;
  const remains = {
    fragments: ['crm:contact:9'],
    profiles: ['p_erased'],
    accounts: [],
    segments: [],
    audiences: [audience],
  };
  await profiles.writeTogether([{ ...erased, remains }], [], []);
  const startedAt = new Date(NOW).toISOString();
  const sync = {
    id: 'crm/contacts.1',
    connection: 'crm',
    stream: 'contacts',
    startedAt,
    endedAt: startedAt,
    backfill: true,
  };
  const counts = { pages: 1, changes: 2, echoes: 0, rejected: 0, people: 2, gone: 0, sent: { '1': 1 } };
  const stream = await readStream(state, 'crm', 'contacts');
  const run = { ...sync, ...counts, state: 'finished' } as const;
  const kept = { checkpoint: { v: 1, after: 'x' }, run, epoch: 1, leaseUntil: 0, wholeSince: startedAt };
  await saveStream(state, 'crm', 'contacts', stream, kept);
  const push = await readPush(state, audience);
  await savePush({ state, clock: standingClock }, push, {
    ...push.state,
    size: 1,
    run: newRun('r1', audience, startedAt, false),
  });
}
