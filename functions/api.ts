import { handle } from 'hono/aws-lambda';
import { readEnv } from '../lib/adapters/env.ts';
import { openIdentityKey } from '../lib/adapters/identity-key.ts';
import { openBasics, openPeople, openQueues } from '../lib/adapters/open.ts';
import { createApi } from '../lib/api/app.ts';
import { serveConsole } from '../lib/api/console.ts';
import { connectors } from '../lib/connectors/registry.ts';
import { openCompiled, openDefinitions } from '../lib/pipeline/definitions.ts';

const env = readEnv(process.env, 'IDENTITY_KEY_SECRET');
const basics = openBasics(process.env);
const queues = openQueues(process.env, 'CHANGES_QUEUE_URL', 'SYNC_QUEUE_URL', 'PUSH_QUEUE_URL', 'RECOMPUTE_QUEUE_URL');
const definitions = openDefinitions(basics);
const api = createApi({
  ...basics,
  ...openPeople(process.env, basics.dynamo, async () => (await definitions()).privacy.activitiesKeptMs),
  key: openIdentityKey(basics.secrets, env.IDENTITY_KEY_SECRET),
  changes: queues.CHANGES_QUEUE_URL,
  sync: queues.SYNC_QUEUE_URL,
  push: queues.PUSH_QUEUE_URL,
  recompute: queues.RECOMPUTE_QUEUE_URL,
  connectors,
  definitions,
  compiled: openCompiled(definitions),
});

export const handler = handle(serveConsole(api));
