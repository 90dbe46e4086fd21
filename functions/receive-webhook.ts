import { answerHttp, type HttpEvent, readRequest } from '../lib/adapters/http.ts';
import { openBasics, openQueues } from '../lib/adapters/open.ts';
import { connectors } from '../lib/connectors/registry.ts';
import { openDefinitions } from '../lib/pipeline/definitions.ts';
import { receiveWebhook } from '../lib/pipeline/receive-webhook.ts';

const basics = openBasics(process.env);
const queues = openQueues(process.env, 'CHANGES_QUEUE_URL', 'SYNC_QUEUE_URL');
const receive = receiveWebhook({
  ...basics,
  connectors,
  definitions: openDefinitions(basics),
  changes: queues.CHANGES_QUEUE_URL,
  sync: queues.SYNC_QUEUE_URL,
});

export async function handler(event: HttpEvent) {
  return answerHttp(await receive(event.pathParameters?.connection ?? '', readRequest(event)));
}
