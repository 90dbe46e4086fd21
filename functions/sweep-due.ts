import { machineClock as clock } from '../lib/adapters/clock.ts';
import { openDynamo } from '../lib/adapters/dynamodb/client.ts';
import { openProfileStore } from '../lib/adapters/dynamodb/profile-store.ts';
import { openStateStore } from '../lib/adapters/dynamodb/state-store.ts';
import { readEnv } from '../lib/adapters/env.ts';
import { openLog } from '../lib/adapters/log.ts';
import { openQueues } from '../lib/adapters/open.ts';
import { sqsHandler } from '../lib/adapters/sqs/handler.ts';
import { sweepDue } from '../lib/pipeline/sweep-due.ts';

const env = readEnv(process.env, 'PROFILES_TABLE', 'STATE_TABLE');
const dynamo = openDynamo(clock.wait, clock.random);
const log = openLog();
const sweep = sweepDue({
  profiles: openProfileStore(dynamo, { profiles: env.PROFILES_TABLE, identifiers: '' }),
  state: openStateStore(dynamo, env.STATE_TABLE),
  recompute: openQueues(process.env, 'RECOMPUTE_QUEUE_URL').RECOMPUTE_QUEUE_URL,
  clock,
  log,
});

export const handler = sqsHandler(async (_body, signal) => {
  await sweep(signal);
}, log);
