import { createHash } from 'node:crypto';
import type { Rejection } from '../change.ts';
import { formatInstant, type Milliseconds, parseInstant } from '../instant.ts';
import { isJsonObject, isShallow, type Json, type JsonObject, mostLevels } from '../json.ts';
import { standsForNobody } from '../nobody.ts';

const messageTypes = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const;

/** What a message is: the six calls of the protocol. */
export type MessageType = (typeof messageTypes)[number];

/** A message that can be used: what it is, whose it is, when it was. */
export interface Message {
  readonly type: MessageType;
  /** The `messageId`, or one made of the content: the same however often the message is sent. */
  readonly id: string;
  readonly userId: string | undefined;
  readonly anonymousId: string | undefined;
  /** When it happened, by our clock. */
  readonly at: string;
  /** When it happened, by the sender's clock: part of an activity's name. */
  readonly keyAt: string;
  /** The message as sent, with the context of its batch. */
  readonly body: JsonObject;
  readonly context: JsonObject;
}

/** What a message needs from the request that brought it. */
export interface Received {
  readonly at: Milliseconds;
  /** The type that the path names; absent in a batch. */
  readonly type?: MessageType;
  /** `sentAt`, `context` and `integrations` of a batch hold for its messages. */
  readonly batch?: JsonObject;
  /** Values that stand for nobody in this workspace. */
  readonly blocked: ReadonlySet<string>;
  /** An id for a message that cannot come again as the same. */
  readonly newId: () => string;
}

export type Read =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly rejection: Rejection };

/** Segment takes message ids of up to a hundred characters. */
const MOST_ID_CHARACTERS = 100;
/** Longer names do not fit the fragment they would make. */
const MOST_NAME_CHARACTERS = 500;
/** Some thousand levels can be read and not written: so many surely can. */
const WRITABLE_LEVELS = 500;
/** What is kept of a message that no text can be made of. */
const TOO_DEEP = { tooDeep: true };
/** Years that an RFC 3339 instant can name. */
const FIRST_INSTANT = Date.UTC(1900, 0);
const LAST_INSTANT = Date.UTC(9999, 0);
/** The sender's instant of messages that have an id and no time: no clock, so the same for all. */
const NO_INSTANT = formatInstant(0);

/** Reads one message. Total: what cannot be used is a rejection with its reason. */
export function readMessage(raw: unknown, received: Received): Read {
  if (!isJsonObject(raw)) return rejected(raw, 'collection/not-an-object', 'a message is a JSON object');
  if (!isShallow(raw)) {
    return rejected(
      isShallow(raw, WRITABLE_LEVELS) ? raw : TOO_DEEP,
      'collection/too-deep',
      `a message is at most ${mostLevels} levels deep`,
    );
  }
  const type = received.type ?? messageTypes.find((known) => known === raw.type);
  if (type === undefined) {
    return rejected(raw, 'collection/unknown-type', `type: expected one of ${messageTypes.join(', ')}`);
  }
  const [userId, anonymousId] = [nameIn(raw.userId, received), nameIn(raw.anonymousId, received)];
  if (userId === 'unusable' || anonymousId === 'unusable') {
    const reason = `an id is one line of at most ${MOST_NAME_CHARACTERS} characters`;
    return rejected(raw, 'collection/bad-id', reason);
  }
  if (userId === undefined && anonymousId === undefined) {
    return rejected(raw, 'collection/nobody', 'expected userId or anonymousId, found neither or one that is nobody’s');
  }
  const context = { ...objectIn(received.batch?.context), ...objectIn(raw.context) };
  return {
    ok: true,
    message: {
      type,
      ...timesOf(raw, received),
      userId: userId?.name,
      anonymousId: anonymousId?.name,
      body: raw,
      context,
    },
  };
}

/** The type in a path: `track`, or its first letter as browser and mobile clients write it. */
export function messageTypeNamed(name: string): MessageType | undefined {
  return messageTypes.find((type) => type === name || (name.length === 1 && type.startsWith(name)));
}

/** A text or a number as a name of somebody or something; undefined for none. */
export function textIn(value: Json | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

export function objectIn(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

/**
 * An instant as clients write it: RFC 3339, a date, a time without a zone (then UTC), or a number of seconds or
 * milliseconds since 1970.
 */
function instantIn(value: Json | undefined): Milliseconds | undefined {
  const at =
    typeof value === 'number'
      ? Math.round(Math.abs(value) < 1e11 ? value * 1_000 : value)
      : typeof value === 'string'
        ? (parseInstant(value) ?? parseInstant(`${value}Z`) ?? parseInstant(`${value}T00:00:00Z`))
        : undefined;
  return at !== undefined && at >= FIRST_INSTANT && at < LAST_INSTANT ? at : undefined;
}

/**
 * `timestamp = receivedAt − (sentAt − originalTimestamp)`: the sender's clock may be wrong, but what it says of itself
 * between two instants is right (Segment, "Timestamps in the common fields"). Nothing happens after it was told: what a
 * clock without `sentAt`, or one that was set between the two, dates later has the instant of its receipt.
 */
function timesOf(raw: JsonObject, received: Received): Pick<Message, 'id' | 'at' | 'keyAt'> {
  const original = instantIn(raw.originalTimestamp) ?? instantIn(raw.timestamp);
  const sent = instantIn(raw.sentAt) ?? instantIn(received.batch?.sentAt);
  const given = textIn(raw.messageId);
  if (original === undefined) {
    const at = formatInstant(received.at);
    return given === undefined
      ? { id: received.newId(), at, keyAt: at }
      : { id: shortId(given), at, keyAt: NO_INSTANT };
  }
  const corrected = sent === undefined ? original : received.at - (sent - original);
  const at = corrected >= FIRST_INSTANT && corrected <= received.at ? corrected : received.at;
  const id = given === undefined ? idOfContent(raw) : shortId(given);
  return { id, at: formatInstant(at), keyAt: formatInstant(original) };
}

function shortId(id: string): string {
  return id.length <= MOST_ID_CHARACTERS ? id : digest(id);
}

/** A message without an id that is sent again differs at most in when it was sent. */
function idOfContent({ sentAt: _sent, ...content }: JsonObject): string {
  return digest(JSON.stringify(content));
}

function digest(text: string): string {
  return `c-${createHash('sha256').update(text).digest('base64url').slice(0, 27)}`;
}

function nameIn(value: Json | undefined, { blocked }: Received): { readonly name: string } | undefined | 'unusable' {
  const name = textIn(value);
  if (name === undefined || standsForNobody(name) || blocked.has(name)) return undefined;
  return name.length > MOST_NAME_CHARACTERS || /[\n\r\u2028\u2029]/.test(name) ? 'unusable' : { name };
}

function rejected(record: unknown, code: string, reason: string): Read {
  return { ok: false, rejection: { code, reason, record } };
}
