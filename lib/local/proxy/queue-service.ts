import { createHash } from 'node:crypto';
import type { Milliseconds } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { QueueSettings } from '../engines/create-resources.ts';
import { type EngineAnswer, type Exchange, encode, jsonHeaders } from '../engines/exchange.ts';
import { listAt, objectAt, textAt } from '../engines/template.ts';
import { failureAnswer, jsonAnswer, readJson } from './answers.ts';
import { contentOf, deletedHandles, objectsAt } from './message-content.ts';
import type { HeldMessage, MessageLedger } from './message-ledger.ts';
import { queueNameOf } from './operations.ts';
import { openReceiving } from './receiving.ts';

/** A delayed message in the hands of whoever keeps the stage's time. */
export interface DelayedDelivery {
  readonly queue: string;
  readonly dueAt: Milliseconds;
  /** Gives the message to its queue. Call it once, when the stage's clock shows `dueAt`. */
  readonly deliver: () => Promise<void>;
}

export interface QueueServiceOptions {
  readonly exchange: Exchange;
  /** Where functions reach SQS; queue URLs given to them start with it. */
  readonly origin: string;
  readonly now: () => Milliseconds;
  readonly ledger: MessageLedger;
  /** Receives delayed messages; without it the engine delays them by the machine's clock. */
  readonly onDelayed: ((delivery: DelayedDelivery) => void) | undefined;
}

/** SQS as functions see it: the engine's queues, with what the engine lacks. */
export interface QueueService {
  /** Learns the queues, and gives them what an earlier stage accepted. */
  restore(queues: readonly QueueSettings[]): Promise<void>;
  /** One call. `gone` tells whether the caller has hung up meanwhile. */
  handle(operation: string, body: JsonObject, gone: () => boolean): Promise<EngineAnswer>;
}

/** Longest delay of a message, in seconds (SQS API reference, SendMessage). The engine has no limit. */
const longestDelay = 900;

/** Opens the service. */
export function openQueueService(options: QueueServiceOptions): QueueService {
  const { exchange, ledger, now } = options;
  const settings = new Map<string, QueueSettings>();
  const engineUrls = new Map<string, string>();
  const sending = new Set<Promise<unknown>>();
  const engineUrl = (queue: string) => engineUrls.get(queue) ?? '';
  const sendsSettled = () => Promise.allSettled(sending);
  const receiving = openReceiving({ exchange, now, ledger, settings, engineUrl, sendsSettled });

  const ask = (operation: string, body: JsonObject) =>
    exchange.send({ method: 'POST', path: '/', headers: jsonHeaders(`AmazonSQS.${operation}`), body: encode(body) });

  const give = async (held: HeldMessage) => {
    const answer = await exchange.call('AmazonSQS.SendMessage', {
      QueueUrl: engineUrl(held.queue),
      MessageBody: held.body,
      ...(held.attributes === undefined ? {} : { MessageAttributes: held.attributes }),
    });
    ledger.delivered(held, String(answer.MessageId));
  };

  const hold = (queue: string, entry: JsonObject, delay: number) => {
    const sentAt = now();
    const held = ledger.hold({ queue, sentAt, dueAt: sentAt + delay * 1000, ...contentOf(entry) });
    options.onDelayed?.({ queue, dueAt: held.dueAt, deliver: () => give(held) });
    return { MessageId: held.id, MD5OfMessageBody: createHash('md5').update(held.body).digest('hex') };
  };

  const delayOf = (queue: string, entry: JsonObject) =>
    Number(entry.DelaySeconds ?? settings.get(queue)?.delaySeconds ?? 0);

  const sendOne = async (queue: string, body: JsonObject): Promise<EngineAnswer> => {
    const delay = delayOf(queue, body);
    if (badDelay(delay)) return invalidDelay(delay);
    if (delay > 0 && options.onDelayed !== undefined) return jsonAnswer(hold(queue, body, delay));
    const answer = await ask('SendMessage', { ...body, DelaySeconds: delay });
    if (answer.status < 300) ledger.sent(textAt(readJson(answer), 'MessageId') ?? '', queue, now(), contentOf(body));
    return answer;
  };

  const sendMany = async (queue: string, body: JsonObject): Promise<EngineAnswer> => {
    const entries = objectsAt(body, 'Entries').map((entry) => ({ ...entry, DelaySeconds: delayOf(queue, entry) }));
    const wrong = entries.find((entry) => badDelay(entry.DelaySeconds));
    if (wrong !== undefined) return invalidDelay(wrong.DelaySeconds);
    const late = options.onDelayed === undefined ? [] : entries.filter((entry) => entry.DelaySeconds > 0);
    const prompt = entries.filter((entry) => !late.includes(entry));
    // An empty batch still goes to the engine, which refuses it as SQS does.
    const answer =
      prompt.length > 0 || late.length === 0
        ? await ask('SendMessageBatch', { ...body, Entries: prompt })
        : jsonAnswer({ Successful: [], Failed: [] });
    if (answer.status >= 300) return answer;
    const said = readJson(answer);
    for (const success of objectsAt(said, 'Successful')) {
      const entry = prompt.find((each) => textAt(each, 'Id') === success.Id) ?? {};
      ledger.sent(textAt(success, 'MessageId') ?? '', queue, now(), contentOf(entry));
    }
    if (late.length === 0) return answer;
    const held = late.map((entry) => ({ Id: textAt(entry, 'Id') ?? '', ...hold(queue, entry, entry.DelaySeconds) }));
    return jsonAnswer({ ...said, Successful: [...listAt(said, 'Successful'), ...held] });
  };

  const tracked = async (work: Promise<EngineAnswer>): Promise<EngineAnswer> => {
    sending.add(work);
    try {
      return await work;
    } finally {
      sending.delete(work);
    }
  };

  const countHeld = (queue: string, answer: EngineAnswer): EngineAnswer => {
    const said = readJson(answer);
    const attributes = objectAt(said, 'Attributes');
    const delayed = textAt(attributes, 'ApproximateNumberOfMessagesDelayed');
    if (delayed === undefined) return answer;
    const held = [...ledger.held.values()].filter((message) => message.queue === queue).length;
    const all = String(Number(delayed) + held);
    return jsonAnswer({ ...said, Attributes: { ...attributes, ApproximateNumberOfMessagesDelayed: all } });
  };

  const perform = async (operation: string, queue: string, body: JsonObject, gone: () => boolean) => {
    if (operation === 'SendMessage') return await tracked(sendOne(queue, body));
    if (operation === 'SendMessageBatch') return await tracked(sendMany(queue, body));
    const answer = await ask(operation, body);
    if (answer.status >= 300) return answer;
    if (operation === 'ReceiveMessage') return await receiving.receive(queue, answer, gone);
    if (operation === 'GetQueueAttributes') return countHeld(queue, answer);
    if (operation.startsWith('DeleteMessage')) receiving.deleted(deletedHandles(body, readJson(answer)));
    if (operation !== 'GetQueueUrl') return answer;
    const { pathname } = new URL(textAt(readJson(answer), 'QueueUrl') ?? options.origin);
    return jsonAnswer({ QueueUrl: `${options.origin}${pathname}` });
  };

  return {
    restore: async (queues) => {
      for (const queue of queues) {
        settings.set(queue.name, queue);
        const { QueueUrl } = await exchange.call('AmazonSQS.GetQueueUrl', { QueueName: queue.name });
        engineUrls.set(queue.name, String(QueueUrl));
      }
      for (const held of [...ledger.held.values()]) {
        // A queue that the template no longer has keeps its messages in the journal.
        if (!engineUrls.has(held.queue)) continue;
        if (held.dueAt <= now() || options.onDelayed === undefined) await give(held);
        else options.onDelayed({ queue: held.queue, dueAt: held.dueAt, deliver: () => give(held) });
      }
    },
    handle: (operation, body, gone) => {
      const queue = queueNameOf(textAt(body, 'QueueUrl') ?? '');
      const url = engineUrls.get(queue);
      return perform(operation, queue, url === undefined ? body : { ...body, QueueUrl: url }, gone);
    },
  };
}

function badDelay(delay: number): boolean {
  return !(delay >= 0 && delay <= longestDelay);
}

function invalidDelay(delay: number): EngineAnswer {
  return failureAnswer('sqs', {
    status: 400,
    code: 'InvalidParameterValue',
    message: `Value ${delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= ${longestDelay}.`,
  });
}
