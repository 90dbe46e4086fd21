import { openWriteLedger } from '../lib/adapters/dynamodb/write-ledger.ts';
import { readEnv } from '../lib/adapters/env.ts';
import { answerHttp, type HttpEvent, readRequest } from '../lib/adapters/http.ts';
import { openIdentityKey } from '../lib/adapters/identity-key.ts';
import { openBasics, openQueues } from '../lib/adapters/open.ts';
import { connectors } from '../lib/connectors/registry.ts';
import { openDefinitions } from '../lib/pipeline/define/definitions.ts';
import { receiveWebhook } from '../lib/pipeline/sync/receive-webhook.ts';

const env = readEnv(process.env, 'LEDGER_TABLE', 'IDENTITY_KEY_SECRET');
const basics = openBasics(process.env);
const queues = openQueues(process.env, 'CHANGES_QUEUE_URL', 'SYNC_QUEUE_URL');
const receive = receiveWebhook({
  ...basics,
  connectors,
  definitions: openDefinitions(basics),
  ledger: openWriteLedger(basics.dynamo, env.LEDGER_TABLE),
  key: openIdentityKey(basics.secrets, env.IDENTITY_KEY_SECRET),
  changes: queues.CHANGES_QUEUE_URL,
  sync: queues.SYNC_QUEUE_URL,
});

export async function handler(event: HttpEvent) {
  return answerHttp(await receive(event.pathParameters?.connection ?? '', readRequest(event)));
}
