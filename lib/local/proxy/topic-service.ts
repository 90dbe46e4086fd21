import { randomUUID } from 'node:crypto';
import type { EngineAnswer } from '../engines/exchange.ts';
import { failureAnswer } from './answers.ts';
import type { Need } from './operations.ts';

/** What a function told a topic. */
export interface Published {
  readonly topic: string;
  readonly subject: string;
  readonly text: string;
}

/** SNS as far as functions use it: everything that is published is kept in memory, and told. */
export interface TopicService {
  handle(form: URLSearchParams): EngineAnswer;
  readonly published: readonly Published[];
}

const MOST_KEPT = 1_000;

export function openTopicService(onPublished: (published: Published) => void): TopicService {
  const published: Published[] = [];
  return {
    published,
    handle(form) {
      if (form.get('Action') !== 'Publish') {
        return failureAnswer('sns', { status: 400, code: 'InvalidAction', message: 'the stage only publishes' });
      }
      const one = {
        topic: form.get('TopicArn') ?? '',
        subject: form.get('Subject') ?? '',
        text: form.get('Message') ?? '',
      };
      published.push(one);
      if (published.length > MOST_KEPT) published.shift();
      onPublished(one);
      const body = `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${randomUUID()}</MessageId></PublishResult><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></PublishResponse>`;
      return { status: 200, headers: { 'content-type': 'text/xml' }, body: Buffer.from(body) };
    },
  };
}

/** The permission behind a request (Service Authorization Reference, Amazon SNS); undefined when it is not known. */
export function snsNeeds(form: URLSearchParams): readonly Need[] | undefined {
  if (form.get('Action') !== 'Publish') return undefined;
  return [{ action: 'sns:Publish', resource: form.get('TopicArn') ?? '' }];
}
