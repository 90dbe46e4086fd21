import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { openAccountStore } from '../../lib/adapters/dynamodb/account-store.ts';
import { openActivityStore } from '../../lib/adapters/dynamodb/activity-store.ts';
import { openBlockStore } from '../../lib/adapters/dynamodb/block-store.ts';
import { openDynamo } from '../../lib/adapters/dynamodb/client.ts';
import { formats } from '../../lib/adapters/dynamodb/format.ts';
import { openHistoryStore } from '../../lib/adapters/dynamodb/history-store.ts';
import { openIdentityIndex } from '../../lib/adapters/dynamodb/identity-index.ts';
import { openMembershipStore } from '../../lib/adapters/dynamodb/membership-store.ts';
import { openProfileStore } from '../../lib/adapters/dynamodb/profile-store.ts';
import { openStateStore } from '../../lib/adapters/dynamodb/state-store.ts';
import { openArchive } from '../../lib/adapters/s3/archive.ts';
import { openQueue } from '../../lib/adapters/sqs/queue.ts';
import { createApi } from '../../lib/api/app.ts';
import type { ApiDeps } from '../../lib/api/deps.ts';
import { connectors } from '../../lib/connectors/registry.ts';
import type { Change } from '../../lib/domain/change.ts';
import type { Declared } from '../../lib/domain/declared.ts';
import { openPublished } from '../../lib/pipeline/define/definitions.ts';
import { regionsAskedFor } from '../../lib/pipeline/define/regions.ts';
import { publishDefinitions } from '../../lib/pipeline/define/switch-definitions.ts';
import type { BlockStore } from '../../lib/pipeline/ports.ts';
import { resolveProfile } from '../../lib/pipeline/resolve/resolve-profile.ts';
import { suggestDuplicates } from '../../lib/pipeline/resolve/suggest-duplicates.ts';
import { loadWorkspace } from '../../lib/workspace/load.ts';
import { openSegmentTexts } from '../../lib/workspace/segment-texts.ts';
import { createTables, engineLogin, type TestEngines } from '../engines.ts';
import { bySignature } from './gateway-context.ts';

/** The API on real tables, queues and a real bucket, with the starter workspace published. */
export interface RunningApi {
  /** Asked by somebody who signed for IAM. */
  readonly app: { request(path: string, asked?: RequestInit): Promise<Response> };
  readonly deps: ApiDeps & { readonly blocks: BlockStore };
  /** The client behind every store: its middleware sees each request. */
  readonly dynamodb: DynamoDBClient;
  /** Folds changes as the resolve-profile function does. */
  fold(changes: readonly Change[]): Promise<void>;
  /** Changes that the API sent and nobody has folded yet. */
  sentChanges(): Promise<readonly Change[]>;
  /** Compares people with others as the resolve-profile function does. */
  compare(people: readonly string[]): Promise<void>;
  close(): void;
}

/** Starts on a time of the caller's own: what is evaluated against windows must not depend on the day of the test. */
export async function openRunningApi(
  engines: TestEngines,
  now: Date,
  /** Called with the client of every store before it is used. */
  watch: (client: DynamoDBClient) => void = () => {},
): Promise<RunningApi> {
  const tables = await createTables(engines.dynamodb, 'api-');
  const login = { ...engineLogin, endpoint: engines.queuesUrl };
  const s3 = new S3Client({ ...login, forcePathStyle: true });
  const sqs = new SQSClient(login);
  await s3.send(new CreateBucketCommand({ Bucket: 'archive' }));
  const clock = { now: () => now, wait: async () => {}, random: Math.random };
  const dynamo = openDynamo(clock.wait, clock.random, { ...engineLogin, endpoint: engines.dynamodbUrl });
  watch(dynamo.client);
  const state = openStateStore(dynamo, tables.state);
  const archive = openArchive(s3, 'archive');
  const [changes, sync, push, recompute, jobs] = await Promise.all([
    openOwnQueue(sqs, 'changes'),
    openOwnQueue(sqs, 'sync'),
    openOwnQueue(sqs, 'push'),
    openOwnQueue(sqs, 'recompute'),
    openOwnQueue(sqs, 'jobs'),
  ]);
  const key = { secret: 'k'.repeat(32), generation: 1 };
  const deps = {
    state,
    archive,
    changes,
    sync,
    push,
    recompute,
    jobs,
    ...openPublished({ state, archive }),
    connectors,
    clock,
    texts: openSegmentTexts(connectors, regionsAskedFor),
    deployed: (wanted: Declared) => wanted,
    inventory: { secrets: 1, alarms: 40, dashboards: 1, polledQueues: 7 },
    sweepShards: 4,
    queueDepths: async () => ({ changes: { ready: 0, hidden: 0, delayed: 0 } }),
    program: { release: '0.1.0', node: process.version, formats },
    identities: openIdentityIndex(dynamo, tables.identifiers),
    profiles: openProfileStore(dynamo, { profiles: tables.profiles, identifiers: tables.identifiers }),
    accounts: openAccountStore(dynamo, tables.accounts),
    activities: openActivityStore(dynamo, tables.activities, async () => 400 * 86_400_000),
    blocks: openBlockStore(dynamo, tables.memberships),
    memberships: openMembershipStore(dynamo, tables.memberships, clock.now),
    history: openHistoryStore(dynamo, tables.history),
    key: async () => key,
    log: () => {},
    notify: async () => {},
  };
  const starter = await loadWorkspace(new URL('../../examples/starter', import.meta.url).pathname);
  if (starter.definitions === undefined) throw new Error('examples/starter has problems; see tributary check');
  await publishDefinitions(deps, starter.definitions);
  const resolve = resolveProfile({ ...deps, key, tooLarge: async () => {} });
  const app = createApi(deps);
  return {
    app: { request: async (path, asked) => app.request(path, asked, bySignature) },
    deps,
    dynamodb: dynamo.client,
    async fold(changes) {
      await resolve([{ changes, profiles: [], accounts: [] }]);
    },
    async sentChanges() {
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'api-changes' }));
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      return Messages.flatMap(({ Body }) => (JSON.parse(Body ?? '{}') as { changes: readonly Change[] }).changes);
    },
    compare: suggestDuplicates(deps),
    close() {
      for (const client of [s3, sqs, dynamo.client]) client.destroy();
    },
  };
}

async function openOwnQueue(sqs: SQSClient, name: string) {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `api-${name}` }));
  return openQueue(sqs, QueueUrl ?? '');
}
