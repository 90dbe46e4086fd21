import { openIdentityIndex } from '../lib/adapters/dynamodb/identity-index.ts';
import { openMembershipStore } from '../lib/adapters/dynamodb/membership-store.ts';
import { readEnv } from '../lib/adapters/env.ts';
import { openIdentityKey } from '../lib/adapters/identity-key.ts';
import { openBasics, openQueues } from '../lib/adapters/open.ts';
import { sqsHandler } from '../lib/adapters/sqs/handler.ts';
import { connectors } from '../lib/connectors/registry.ts';
import { activateAudience, type PushCommand } from '../lib/pipeline/activate-audience.ts';
import { openDefinitions } from '../lib/pipeline/definitions.ts';

const env = readEnv(process.env, 'MEMBERSHIPS_TABLE', 'IDENTIFIERS_TABLE', 'IDENTITY_KEY_SECRET');
const basics = openBasics(process.env);
const activate = activateAudience({
  ...basics,
  connectors,
  definitions: openDefinitions(basics),
  memberships: openMembershipStore(basics.dynamo, env.MEMBERSHIPS_TABLE, basics.clock.now),
  identities: openIdentityIndex(basics.dynamo, env.IDENTIFIERS_TABLE),
  key: openIdentityKey(basics.secrets, env.IDENTITY_KEY_SECRET),
  push: openQueues(process.env, 'PUSH_QUEUE_URL').PUSH_QUEUE_URL,
});

export const handler = sqsHandler((body, signal) => activate(body as unknown as PushCommand, signal), basics.log);
