import { openWriteLedger } from '../lib/adapters/dynamodb/write-ledger.ts';
import { readEnv } from '../lib/adapters/env.ts';
import { openIdentityKey } from '../lib/adapters/identity-key.ts';
import { openBasics, openMembers, openQueues } from '../lib/adapters/open.ts';
import { openNotify } from '../lib/adapters/sns.ts';
import { sqsHandler } from '../lib/adapters/sqs/handler.ts';
import { connectors } from '../lib/connectors/registry.ts';
import { openDefinitions } from '../lib/pipeline/define/definitions.ts';
import { workPushQueue } from '../lib/pipeline/push/push-queue.ts';

const env = readEnv(process.env, 'LEDGER_TABLE', 'IDENTITY_KEY_SECRET');
const basics = openBasics(process.env);
const work = workPushQueue({
  ...basics,
  ...openMembers(process.env, basics.dynamo),
  connectors,
  notify: openNotify(process.env),
  definitions: openDefinitions(basics),
  ledger: openWriteLedger(basics.dynamo, env.LEDGER_TABLE),
  key: openIdentityKey(basics.secrets, env.IDENTITY_KEY_SECRET),
  push: openQueues(process.env, 'PUSH_QUEUE_URL').PUSH_QUEUE_URL,
});

export const handler = sqsHandler(work, basics.log);
