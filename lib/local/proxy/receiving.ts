import type { Milliseconds } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { QueueSettings } from '../engines/create-resources.ts';
import type { EngineAnswer, Exchange } from '../engines/exchange.ts';
import { objectAt, textAt } from '../engines/template.ts';
import { jsonAnswer, readJson } from './answers.ts';
import { objectsAt } from './message-content.ts';
import type { MessageLedger } from './message-ledger.ts';

export interface ReceivingOptions {
  readonly exchange: Exchange;
  readonly now: () => Milliseconds;
  readonly ledger: MessageLedger;
  readonly settings: ReadonlyMap<string, QueueSettings>;
  readonly engineUrl: (queue: string) => string;
  /** Resolves when the sends under way are in the ledger. */
  readonly sendsSettled: () => Promise<unknown>;
}

/** The receiving half of SQS: which message a receipt handle is for, retention, and moves to dead-letter queues. */
export interface Receiving {
  /** Looks at what the engine answered to a ReceiveMessage; the result is what the caller gets. */
  receive(queue: string, answer: EngineAnswer, gone: () => boolean): Promise<EngineAnswer>;
  /** The engine has deleted the messages that these receipt handles are for. */
  deleted(handles: readonly string[]): void;
}

/** Opens the receiving half. */
export function openReceiving(options: ReceivingOptions): Receiving {
  const { exchange, ledger, now, settings, engineUrl } = options;
  // Only the newest handle of a message works: the engine ignores older ones.
  const messageOf = new Map<string, string>();
  const handleOf = new Map<string, string>();
  /** Messages that the engine moves when they are next asked for, by queue. */
  const exhausted = new Map<string, Set<string>>();

  const note = (queue: string, id: string, handle: string) => {
    const before = handleOf.get(id);
    if (before !== undefined) messageOf.delete(before);
    handleOf.set(id, handle);
    messageOf.set(handle, id);
    ledger.received(id);
    const most = settings.get(queue)?.deadLetter?.maxReceiveCount;
    if (most === undefined || (ledger.live.get(id)?.receives ?? 0) < most) return;
    exhausted.set(queue, (exhausted.get(queue) ?? new Set()).add(id));
  };

  const forget = (handle: string) => {
    const id = messageOf.get(handle);
    if (id === undefined) return;
    messageOf.delete(handle);
    handleOf.delete(id);
    for (const suspects of exhausted.values()) suspects.delete(id);
    ledger.deleted(id);
  };

  /** Retention: the engine keeps messages for ever. */
  const isExpired = (queue: string, id: string) => {
    const message = ledger.live.get(id);
    const kept = settings.get(queue)?.retentionSeconds;
    return message !== undefined && kept !== undefined && now() - message.sentAt > kept * 1000;
  };

  /** The engine moves a message that was received too often without telling; the ledger must know where it is. */
  const noticeMoves = async (queue: string) => {
    const target = settings.get(queue)?.deadLetter?.queue;
    const suspects = exhausted.get(queue);
    if (target === undefined || suspects === undefined || suspects.size === 0) return;
    const path = `/_fauxqs/queues/${encodeURIComponent(target)}`;
    const answer = await exchange.send({ method: 'GET', path, headers: {}, body: Buffer.alloc(0) });
    const groups = objectAt(readJson(answer), 'messages');
    const received = objectsAt(groups, 'inflight').map((entry) => objectAt(entry, 'message'));
    for (const message of [...objectsAt(groups, 'ready'), ...received]) {
      const id = textAt(message, 'messageId') ?? '';
      if (suspects.delete(id)) ledger.moved(id, target);
    }
  };

  return {
    receive: async (queue, answer, gone) => {
      const messages = objectsAt(readJson(answer), 'Messages');
      // A long poll can be answered before the send that woke it.
      if (messages.some((message) => !ledger.live.has(String(message.MessageId)))) await options.sendsSettled();
      await noticeMoves(queue);
      const kept: JsonObject[] = [];
      for (const message of messages) {
        const id = String(message.MessageId);
        const receipt = { QueueUrl: engineUrl(queue), ReceiptHandle: String(message.ReceiptHandle) };
        note(queue, id, receipt.ReceiptHandle);
        if (isExpired(queue, id)) {
          await exchange.call('AmazonSQS.DeleteMessage', receipt);
          forget(receipt.ReceiptHandle);
        } else if (gone()) {
          // Nobody is there to delete it, and its visibility timeout can be hours.
          await exchange.call('AmazonSQS.ChangeMessageVisibility', { ...receipt, VisibilityTimeout: 0 });
        } else {
          kept.push(message);
        }
      }
      return kept.length === messages.length ? answer : jsonAnswer(kept.length === 0 ? {} : { Messages: kept });
    },
    deleted: (handles) => {
      for (const handle of handles) forget(handle);
    },
  };
}
