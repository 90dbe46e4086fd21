import { openProfileStore } from '../lib/adapters/dynamodb/profile-store.ts';
import { readEnv } from '../lib/adapters/env.ts';
import { openBasics, openQueues } from '../lib/adapters/open.ts';
import { openNotify } from '../lib/adapters/sns.ts';
import { sqsHandler } from '../lib/adapters/sqs/handler.ts';
import { openDefinitions } from '../lib/pipeline/define/definitions.ts';
import { sweepDue } from '../lib/pipeline/resolve/sweep-due.ts';
import { watchAlerts } from '../lib/pipeline/watch-alerts.ts';
import { watchSchedules } from '../lib/pipeline/watch-schedules.ts';

const env = readEnv(process.env, 'PROFILES_TABLE');
const basics = openBasics(process.env);
const sweep = sweepDue({
  ...basics,
  profiles: openProfileStore(basics.dynamo, { profiles: env.PROFILES_TABLE, identifiers: '' }),
  recompute: openQueues(process.env, 'RECOMPUTE_QUEUE_URL').RECOMPUTE_QUEUE_URL,
});
const told = { ...basics, notify: openNotify(process.env) };
const watchOpen = watchAlerts(told);
const watch = watchSchedules({ ...told, definitions: openDefinitions(basics) });

export const handler = sqsHandler(async (_body, signal) => {
  await sweep(signal);
  await watchOpen();
  await watch();
}, basics.log);
