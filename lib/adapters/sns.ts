import type { Notify } from '../pipeline/ports.ts';
import { clientConfig } from './client-config.ts';
import { readEnv } from './env.ts';
import { tellPassingFailures } from './passing-failures.ts';

/** SNS takes a subject of at most 100 characters, all of them ASCII (SNS API reference, Publish). */
const MOST_SUBJECT = 100;

/** Tells everybody who subscribed to the topic of those on call. */
export function openNotify(env: Readonly<Record<string, string | undefined>>): Notify {
  const { ALERTS_TOPIC } = readEnv(env, 'ALERTS_TOPIC');
  // Few processes ever have something to tell.
  let opening: ReturnType<typeof openClient> | undefined;
  return async ({ subject, text }) => {
    opening ??= openClient();
    const { client, PublishCommand } = await opening;
    const Subject = subject.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, MOST_SUBJECT);
    await client.send(new PublishCommand({ TopicArn: ALERTS_TOPIC, Subject, Message: text }));
  };
}

async function openClient() {
  const { PublishCommand, SNSClient } = await import('@aws-sdk/client-sns');
  return { client: tellPassingFailures(new SNSClient(clientConfig)), PublishCommand };
}
