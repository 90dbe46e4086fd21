import { openBasics, openQueues } from '../lib/adapters/open.ts';
import { sqsHandler } from '../lib/adapters/sqs/handler.ts';
import { connectors } from '../lib/connectors/registry.ts';
import { openDefinitions } from '../lib/pipeline/definitions.ts';
import { type SyncCommand, syncStream } from '../lib/pipeline/sync-stream.ts';

const basics = openBasics(process.env);
const queues = openQueues(process.env, 'CHANGES_QUEUE_URL', 'SYNC_QUEUE_URL');
const definitions = openDefinitions(basics);
const sync = syncStream({
  ...basics,
  connectors,
  definitions,
  changes: queues.CHANGES_QUEUE_URL,
  sync: queues.SYNC_QUEUE_URL,
});

export const handler = sqsHandler((body, signal) => sync(body as unknown as SyncCommand, signal), basics.log);
