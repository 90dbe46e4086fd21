import { randomUUID } from 'node:crypto';
import type { Milliseconds } from '../../domain/instant.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { textAt } from '../engines/template.ts';
import { type Journal, openJournal } from './journal.ts';

/** What a message says: its body, and its attributes if it has any. */
export interface MessageContent {
  readonly body: string;
  readonly attributes?: JsonObject;
}

/** A message that the engine holds. */
export interface LiveMessage {
  readonly queue: string;
  readonly sentAt: Milliseconds;
  /** How often it was received from this queue. */
  readonly receives: number;
}

/** A message that was accepted and that the engine does not hold: its delay has not passed, or the stage restarted. */
export interface HeldMessage extends MessageContent {
  readonly id: string;
  readonly queue: string;
  readonly sentAt: Milliseconds;
  /** When the engine shall have it. */
  readonly dueAt: Milliseconds;
}

/** Every message that was accepted and not deleted, remembered in a journal when there is one. */
export interface MessageLedger {
  readonly live: ReadonlyMap<string, LiveMessage>;
  /** At first, everything that the journal remembers. */
  readonly held: ReadonlyMap<string, HeldMessage>;
  /** The engine has taken a message. Call before acknowledging it. */
  sent(id: string, queue: string, sentAt: Milliseconds, content: MessageContent): void;
  /** The stage keeps a message until it is due. Call before acknowledging it. */
  hold(message: Omit<HeldMessage, 'id'>): HeldMessage;
  /** The engine has taken a message that was held. */
  delivered(message: HeldMessage, id: string): void;
  received(id: string): void;
  /** The engine has moved a message to another queue. */
  moved(id: string, queue: string): void;
  deleted(id: string): void;
  close(): void;
}

const deletionsBeforeRewrite = 1_000;

/** Opens the ledger; `file` is its journal. Throws `stage/journal-damaged`. */
export function openLedger(file: string | undefined): MessageLedger {
  const journal = file === undefined ? undefined : openJournal(file);
  const live = new Map<string, LiveMessage>();
  const held = new Map<string, HeldMessage>();
  let deletions = 0;
  for (const message of journal === undefined ? [] : readSurvivors(journal)) held.set(message.id, message);
  journal?.rewrite([...held.values()].map((message) => ({ op: 'sent', ...message })));
  return {
    live,
    held,
    sent: (id, queue, sentAt, content) => {
      journal?.append({ op: 'sent', id, queue, sentAt, ...content });
      live.set(id, { queue, sentAt, receives: 0 });
    },
    hold: (message) => {
      const kept = { id: randomUUID(), ...message };
      journal?.append({ op: 'sent', ...kept });
      held.set(kept.id, kept);
      return kept;
    },
    delivered: (message, id) => {
      journal?.append({ op: 'delivered', id: message.id, as: id });
      held.delete(message.id);
      live.set(id, { queue: message.queue, sentAt: message.sentAt, receives: 0 });
    },
    received: (id) => {
      const message = live.get(id);
      if (message !== undefined) live.set(id, { ...message, receives: message.receives + 1 });
    },
    moved: (id, queue) => {
      const message = live.get(id);
      if (message === undefined) return;
      journal?.append({ op: 'moved', id, queue });
      live.set(id, { ...message, queue, receives: 0 });
    },
    deleted: (id) => {
      if (!live.delete(id)) return;
      deletions += 1;
      if (live.size + held.size > 0 || deletions < deletionsBeforeRewrite) {
        journal?.append({ op: 'deleted', id });
      } else {
        // Nothing is left to remember, so a stage that runs for weeks need not keep the file of all that was.
        journal?.rewrite([]);
        deletions = 0;
      }
    },
    close: () => journal?.close(),
  };
}

function readSurvivors(journal: Journal): readonly HeldMessage[] {
  const messages = new Map<string, HeldMessage>();
  for (const entry of journal.entries) {
    const id = textAt(entry, 'id') ?? '';
    const known = messages.get(id);
    if (entry.op === 'sent') {
      messages.set(id, readMessage(id, entry));
    } else if (known !== undefined) {
      messages.delete(id);
      const as = textAt(entry, 'as') ?? '';
      if (entry.op === 'delivered') messages.set(as, { ...known, id: as, dueAt: known.sentAt });
      if (entry.op === 'moved') messages.set(id, { ...known, queue: textAt(entry, 'queue') ?? known.queue });
    }
  }
  return [...messages.values()];
}

function readMessage(id: string, entry: JsonObject): HeldMessage {
  const sentAt = Number(entry.sentAt);
  return {
    id,
    queue: textAt(entry, 'queue') ?? '',
    sentAt,
    dueAt: Number(entry.dueAt ?? sentAt),
    body: textAt(entry, 'body') ?? '',
    ...(isJsonObject(entry.attributes) ? { attributes: entry.attributes } : {}),
  };
}
