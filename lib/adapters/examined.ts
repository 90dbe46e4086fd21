import { SQSClient } from '@aws-sdk/client-sqs';
import packageFile from '../../package.json' with { type: 'json' };
import { clientConfig } from './client-config.ts';
import { formats } from './dynamodb/format.ts';
import { readEnv } from './env.ts';
import { tellPassingFailures } from './passing-failures.ts';
import { openQueueDepths } from './sqs/queue-depths.ts';

/** What a doctor's visit looks at besides stores: queues, and the program itself. */
export function openExamined(env: Readonly<Record<string, string | undefined>>) {
  const { CHANGES_QUEUE_URL, WATCHED_QUEUES } = readEnv(env, 'CHANGES_QUEUE_URL', 'WATCHED_QUEUES');
  return {
    queueDepths: openQueueDepths(tellPassingFailures(new SQSClient(clientConfig)), CHANGES_QUEUE_URL, WATCHED_QUEUES),
    program: { release: packageFile.version, node: process.version, formats },
  };
}
