import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { stageAccessKeyId } from '../../lib/local/engines/exchange.ts';
import type { Stage } from '../../lib/local/stage.ts';
import type { RawPerson } from './raw-tables.ts';

const AUDIENCE = 'lapsing-to-mailchimp';
const [SENT, HELD_OUT] = [6, 3];

/**
 * Lets some of those who were sent, and some who were held out, respond and buy after their first exposure, as a tool would
 * tell it: within the rehearsed night nobody does by themselves.
 */
export async function respondAfterwards(stage: Stage, people: readonly RawPerson[]): Promise<void> {
  const at = stage.now();
  const side = (heldOut: boolean, most: number) =>
    people.filter(({ exposed }) => exposed[AUDIENCE]?.heldOut === heldOut).slice(0, most);
  const changes = [...side(false, SENT), ...side(true, HELD_OUT)].flatMap(({ fragments: [fragment] }, n) => [
    { kind: 'activity', fragment, id: `responded-${n}`, at, name: 'Campaign Responded', properties: {} },
    { kind: 'activity', fragment, id: `bought-${n}`, at, name: 'Deal Won', properties: { revenue: 100.25 + n } },
  ]);
  const credentials = { accessKeyId: stageAccessKeyId, secretAccessKey: 'respond' };
  const sqs = new SQSClient({ endpoint: stage.aws, region: 'eu-central-1', credentials });
  try {
    const MessageBody = JSON.stringify({ origin: 'delivery', connection: 'salesforce', changes });
    await sqs.send(new SendMessageCommand({ QueueUrl: String(stage.resolve('CHANGES_QUEUE_URL')), MessageBody }));
  } finally {
    sqs.destroy();
  }
  await stage.idle();
}
