import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { QueueDepth } from '../../pipeline/doctor/check.ts';

/**
 * How many messages queues hold, about. `watched` is the variable WATCHED_QUEUES: `queue:name:name of its dead letters` of
 * each, with commas between; all are beside the queue of the given URL.
 */
export function openQueueDepths(client: SQSClient, beside: string, watched: string) {
  const base = beside.slice(0, beside.lastIndexOf('/') + 1);
  const named = watched.split(',').flatMap((entry) => {
    const [label = '', name, dead] = entry.split(':');
    return [
      ...(name === undefined || name === '' ? [] : [[label, name] as const]),
      ...(dead === undefined ? [] : [[name === '' ? label : `${label}-dead-letters`, dead] as const]),
    ];
  });
  return async function depths(): Promise<Readonly<Record<string, QueueDepth>>> {
    const asked = named.map(async ([label, name]): Promise<readonly [string, QueueDepth]> => {
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({
          QueueUrl: `${base}${name}`,
          AttributeNames: [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed',
          ],
        }),
      );
      const {
        ApproximateNumberOfMessages: ready = 0,
        ApproximateNumberOfMessagesNotVisible: hidden = 0,
        ApproximateNumberOfMessagesDelayed: delayed = 0,
      } = Attributes;
      return [label, { ready: Number(ready), hidden: Number(hidden), delayed: Number(delayed) }];
    });
    return Object.fromEntries(await Promise.all(asked));
  };
}
