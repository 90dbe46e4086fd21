import { openIdentityIndex } from '../lib/adapters/dynamodb/identity-index.ts';
import { openMembershipStore } from '../lib/adapters/dynamodb/membership-store.ts';
import { openWriteLedger } from '../lib/adapters/dynamodb/write-ledger.ts';
import { readEnv } from '../lib/adapters/env.ts';
import { openIdentityKey } from '../lib/adapters/identity-key.ts';
import { openBasics, openQueues } from '../lib/adapters/open.ts';
import { openNotify } from '../lib/adapters/sns.ts';
import { sqsHandler } from '../lib/adapters/sqs/handler.ts';
import { connectors } from '../lib/connectors/registry.ts';
import { openDefinitions } from '../lib/pipeline/define/definitions.ts';
import { workPushQueue } from '../lib/pipeline/push/push-queue.ts';

const env = readEnv(process.env, 'MEMBERSHIPS_TABLE', 'IDENTIFIERS_TABLE', 'LEDGER_TABLE', 'IDENTITY_KEY_SECRET');
const basics = openBasics(process.env);
const work = workPushQueue({
  ...basics,
  connectors,
  notify: openNotify(process.env),
  definitions: openDefinitions(basics),
  memberships: openMembershipStore(basics.dynamo, env.MEMBERSHIPS_TABLE, basics.clock.now),
  identities: openIdentityIndex(basics.dynamo, env.IDENTIFIERS_TABLE),
  ledger: openWriteLedger(basics.dynamo, env.LEDGER_TABLE),
  key: openIdentityKey(basics.secrets, env.IDENTITY_KEY_SECRET),
  push: openQueues(process.env, 'PUSH_QUEUE_URL').PUSH_QUEUE_URL,
});

export const handler = sqsHandler(work, basics.log);
