import { openWriteLedger } from '../lib/adapters/dynamodb/write-ledger.ts';
import { readEnv } from '../lib/adapters/env.ts';
import { openIdentityKey } from '../lib/adapters/identity-key.ts';
import { openBasics, openQueues } from '../lib/adapters/open.ts';
import { openNotify } from '../lib/adapters/sns.ts';
import { sqsHandler } from '../lib/adapters/sqs/handler.ts';
import { connectors } from '../lib/connectors/registry.ts';
import { openDefinitions } from '../lib/pipeline/define/definitions.ts';
import { workSyncQueue } from '../lib/pipeline/sync/sync-queue.ts';

const env = readEnv(process.env, 'LEDGER_TABLE', 'IDENTITY_KEY_SECRET');
const basics = openBasics(process.env);
const queues = openQueues(process.env, 'CHANGES_QUEUE_URL', 'SYNC_QUEUE_URL', 'JOBS_QUEUE_URL');
const work = workSyncQueue({
  ...basics,
  connectors,
  notify: openNotify(process.env),
  definitions: openDefinitions(basics),
  ledger: openWriteLedger(basics.dynamo, env.LEDGER_TABLE),
  key: openIdentityKey(basics.secrets, env.IDENTITY_KEY_SECRET),
  changes: queues.CHANGES_QUEUE_URL,
  sync: queues.SYNC_QUEUE_URL,
  jobs: queues.JOBS_QUEUE_URL,
});

export const handler = sqsHandler(work, basics.log);
