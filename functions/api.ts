import { handle } from 'hono/aws-lambda';
import { openTotals } from '../lib/adapters/dynamodb/totals.ts';
import { readEnv } from '../lib/adapters/env.ts';
import { openIdentityKey } from '../lib/adapters/identity-key.ts';
import { openBasics, openPeople, openQueues } from '../lib/adapters/open.ts';
import { createApi } from '../lib/api/app.ts';
import { serveConsole } from '../lib/api/console.ts';
import { connectors } from '../lib/connectors/registry.ts';
import { openCompiled, openDefinitions } from '../lib/pipeline/definitions.ts';

const env = readEnv(process.env, 'IDENTITY_KEY_SECRET', 'PROFILES_TABLE', 'ACTIVITIES_TABLE', 'STATE_TABLE');
const tables = { profiles: env.PROFILES_TABLE, activities: env.ACTIVITIES_TABLE, state: env.STATE_TABLE };
const basics = openBasics(process.env);
const queues = openQueues(process.env, 'SYNC_QUEUE_URL', 'PUSH_QUEUE_URL', 'RECOMPUTE_QUEUE_URL');
const definitions = openDefinitions(basics);
const api = createApi({
  ...basics,
  ...openPeople(process.env, basics.dynamo, async () => (await definitions()).privacy.activitiesKeptMs),
  key: openIdentityKey(basics.secrets, env.IDENTITY_KEY_SECRET),
  totals: openTotals(basics.dynamo, tables),
  sync: queues.SYNC_QUEUE_URL,
  push: queues.PUSH_QUEUE_URL,
  recompute: queues.RECOMPUTE_QUEUE_URL,
  connectors,
  definitions,
  compiled: openCompiled(definitions),
});

export const handler = handle(serveConsole(api));
