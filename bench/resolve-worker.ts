import { fileURLToPath } from 'node:url';
import { openAccountStore } from '../lib/adapters/dynamodb/account-store.ts';
import { openActivityStore } from '../lib/adapters/dynamodb/activity-store.ts';
import type { Dynamo } from '../lib/adapters/dynamodb/client.ts';
import { openHistoryStore } from '../lib/adapters/dynamodb/history-store.ts';
import { openIdentityIndex } from '../lib/adapters/dynamodb/identity-index.ts';
import { openMembershipStore } from '../lib/adapters/dynamodb/membership-store.ts';
import { openProfileStore } from '../lib/adapters/dynamodb/profile-store.ts';
import { openStateStore } from '../lib/adapters/dynamodb/state-store.ts';
import { sqsBatchHandler } from '../lib/adapters/sqs/handler.ts';
import type { Change } from '../lib/domain/change.ts';
import type { Definitions } from '../lib/domain/definitions.ts';
import type { Json, JsonObject } from '../lib/domain/json.ts';
import { openCompiled, openDefinitions } from '../lib/pipeline/define/definitions.ts';
import { publishDefinitions } from '../lib/pipeline/define/switch-definitions.ts';
import type { Archive, Clock, StateStore } from '../lib/pipeline/ports.ts';
import { type ResolveDeps, type Resolved, resolveProfile } from '../lib/pipeline/resolve/resolve-profile.ts';
import { doWork } from '../lib/pipeline/resolve/work.ts';
import { loadWorkspace } from '../lib/workspace/load.ts';
import type { TableNames } from './database.ts';

/** The stores of the profile side, and state. */
export type Stores = Pick<
  ResolveDeps,
  'identities' | 'profiles' | 'accounts' | 'activities' | 'memberships' | 'history'
> & { readonly state: StateStore };

/** One message of the changes queue as text, as Lambda hands it over, and how many changes it holds. */
export interface Message {
  readonly body: string;
  readonly changes: number;
}

export interface Worker {
  /** Handles one batch; throws when a message would have to come again. */
  handle(batch: readonly Message[]): Promise<Resolved>;
}

export const identityKey = { secret: 'the identity key of the benches', generation: 1 };

/** Bytes of changes in one message and messages in one batch, as sync-stream and the queue's event source pack them. */
const MESSAGE_BYTES = 200_000;
const MESSAGES_IN_BATCH = 10;
const NOTHING: Resolved = { failed: new Set(), written: 0, unchanged: 0, activities: 0, conflicts: 0, erased: 0 };

/** What examples/acme publishes. */
export async function acmeDefinitions(): Promise<Definitions> {
  const { definitions } = await loadWorkspace(fileURLToPath(new URL('../examples/acme', import.meta.url)));
  if (definitions === undefined) throw new Error('examples/acme has problems: run tributary check examples/acme');
  return definitions;
}

/** The real adapters on a set of tables. */
export function openStores(dynamo: Dynamo, names: TableNames, now: () => Date): Stores {
  return {
    identities: openIdentityIndex(dynamo, names.identifiers),
    profiles: openProfileStore(dynamo, names),
    accounts: openAccountStore(dynamo, names.accounts),
    activities: openActivityStore(dynamo, names.activities, async () => 400 * 24 * 3_600_000),
    memberships: openMembershipStore(dynamo, names.memberships, now),
    history: openHistoryStore(dynamo, names.history),
    state: openStateStore(dynamo, names.state),
  };
}

/** The function resolve-profile with these stores: its handler, its definitions look-up, its notes of what is folded. */
export async function openWorker(stores: Stores, definitions: Definitions, clock: Clock): Promise<Worker> {
  const document = definitions as unknown as Json;
  const archive: Archive = {
    put: async () => {},
    putJson: async () => {},
    getJson: async () => document,
    lines: async () => undefined,
    async *list() {},
    remove: async () => {},
  };
  const recompute = { send: async () => {} };
  const log = () => {};
  await publishDefinitions({ state: stores.state, archive, recompute, clock }, definitions);
  const compiled = openCompiled(openDefinitions({ state: stores.state, archive }), async () => undefined);
  // A warm function: compiling is paid once a version of the definitions.
  await compiled();
  const tooLarge = async (changes: readonly unknown[]) => {
    if (changes.length > 0) throw new Error('a generated profile is too large');
  };
  const versions = async () => undefined;
  const resolve = resolveProfile({ ...stores, recompute, compiled, versions, key: identityKey, tooLarge, clock, log });
  let latest = NOTHING;
  const work = doWork({
    state: stores.state,
    archive,
    clock,
    log,
    compare: async () => {},
    scan: async () => {},
    recount: async () => {},
    pause: async () => {},
    mark: async () => [],
    resolve: async (batch) => {
      latest = await resolve(batch);
      return latest;
    },
  });
  const handler = sqsBatchHandler(work, log);
  return {
    async handle(batch) {
      const Records = batch.map(({ body }, at) => ({ messageId: String(at), body }));
      const { batchItemFailures } = await handler({ Records }, { getRemainingTimeInMillis: () => 60_000 });
      if (batchItemFailures.length > 0)
        throw new Error(`${batchItemFailures.length} messages would have to come again`);
      return latest;
    },
  };
}

/** Packs changes into numbered messages of about 200 KB, ten to a batch. */
export function packBatches(changes: readonly Change[], run: string): readonly (readonly Message[])[] {
  const messages: Message[] = [];
  let held: Change[] = [];
  let bytes = 0;
  const flush = (): void => {
    if (held.length === 0) return;
    const body = { origin: 'page', connection: 'salesforce', changes: held, run: { id: run, number: messages.length } };
    messages.push({ body: JSON.stringify(body), changes: held.length });
    held = [];
    bytes = 0;
  };
  for (const change of changes) {
    const size = JSON.stringify(change).length;
    if (bytes + size > MESSAGE_BYTES) flush();
    held.push(change);
    bytes += size;
  }
  flush();
  const batches: Message[][] = [];
  for (let at = 0; at < messages.length; at += MESSAGES_IN_BATCH)
    batches.push(messages.slice(at, at + MESSAGES_IN_BATCH));
  return batches;
}

export function countChanges(batch: readonly Message[]): number {
  return batch.reduce((sum, { changes }) => sum + changes, 0);
}

/** State kept in memory, for what is measured without a database. */
export function openMemoryState(): StateStore {
  const documents = new Map<string, { version: number; text: string }>();
  const sets = new Map<string, Set<number>>();
  return {
    async get(kind, id) {
      const held = documents.get(`${kind}\n${id}`);
      return held === undefined ? undefined : { id, version: held.version, body: JSON.parse(held.text) as JsonObject };
    },
    async put(kind, id, body, expected) {
      if ((documents.get(`${kind}\n${id}`)?.version ?? 0) !== expected) return false;
      documents.set(`${kind}\n${id}`, { version: expected + 1, text: JSON.stringify(body) });
      return true;
    },
    list: async () => [],
    async addNumbers(kind, numbers) {
      sets.set(kind, new Set([...(sets.get(kind) ?? []), ...numbers]));
    },
    async *all() {},
    remove: async () => {},
    numbers: async (kind) => sets.get(kind) ?? new Set(),
  };
}
