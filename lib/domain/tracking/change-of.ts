import type { Change, ConsentStatement, Rejection } from '../change.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { standsForNobody } from '../nobody.ts';
import { type Context, contextOf, type Surroundings } from './context.ts';
import { fragmentOf, identifiersOf } from './identity.ts';
import { type Message, type MessageType, objectIn, textIn } from './message.ts';
import { companyTraits, personTraits } from './trait-names.ts';

export type Understood =
  | { readonly ok: true; readonly changes: readonly Change[] }
  | { readonly ok: false; readonly rejection: Rejection };

/** What a message says, call by call. */
const meanings: Readonly<Record<MessageType, (message: Message, context: Context) => Understood>> = {
  identify(message, context) {
    const said = { ...objectIn(message.context.traits), ...objectIn(message.body.traits) };
    const traits = { ...personTraits(said), ...context.traits };
    return understood([{ kind: 'profile', ...toldBy(message), traits, consent: consentIn(message) }]);
  },

  track(message, context) {
    const name = textIn(message.body.event);
    if (name === undefined)
      return rejected(message, 'collection/no-event', 'event: expected the name of what was done');
    return understood(activity(message, context, name, objectIn(message.body.properties)));
  },

  page: (message, context) => understood(activity(message, context, 'Page Viewed', viewed(message))),
  screen: (message, context) => understood(activity(message, context, 'Screen Viewed', viewed(message))),

  group(message, context) {
    const id = textIn(message.body.groupId);
    if (id === undefined || standsForNobody(id) || id.length > 500 || /[\n\r\u2028\u2029]/.test(id)) {
      return rejected(message, 'collection/no-group', 'groupId: expected one line of 1 to 500 characters');
    }
    const account = `web:account:${id}`;
    const traits = companyTraits(objectIn(message.body.traits));
    return understood([
      { kind: 'account', account, at: message.at, traits },
      { kind: 'profile', ...toldBy(message), traits: context.traits, accounts: [account] },
    ]);
  },

  /** The former id is a browser's or a phone's: two users are never made one by somebody's word. */
  alias(message) {
    const former = textIn(message.body.previousId) ?? message.anonymousId;
    if (former === undefined || message.userId === undefined) {
      return rejected(message, 'collection/no-former-id', 'expected userId and previousId');
    }
    // The browser client sends the new id in both places (@segment/analytics-next 1.84.3, core/events).
    if (former === message.userId) return understood([]);
    const identifiers = [...identifiersOf(message), { type: 'anonymous_id', value: former }];
    return understood([{ kind: 'profile', ...toldBy(message), identifiers }]);
  },
};

/** The changes that a message means. Total: what cannot be used is a rejection with its reason. */
export function changesOf(message: Message, surroundings: Surroundings): Understood {
  return meanings[message.type](message, contextOf(message, surroundings));
}

function toldBy(message: Message) {
  return { fragment: fragmentOf(message), at: message.at, identifiers: identifiersOf(message) };
}

function activity(message: Message, context: Context, name: string, properties: JsonObject): Change[] {
  const { id, keyAt } = message;
  const told = toldBy(message);
  const done: Change = {
    kind: 'activity',
    ...told,
    id,
    keyAt,
    name,
    properties: { context: context.properties, ...properties },
    ...(context.visit ? { visit: true } : {}),
  };
  if (Object.keys(context.traits).length === 0) return [done];
  return [done, { kind: 'profile', fragment: told.fragment, at: told.at, traits: context.traits }];
}

/** Name and category stand beside the properties of a page or a screen. */
function viewed({ body }: Message): JsonObject {
  const { name, category } = body;
  return {
    ...(name === undefined || name === null ? {} : { name }),
    ...(category === undefined || category === null ? {} : { category }),
    ...objectIn(body.properties),
  };
}

/**
 * `context.consent.categoryPreferences`: what the person chose in a consent dialogue. A statement is about an address,
 * so it counts when the message has one.
 */
function consentIn(message: Message): ConsentStatement[] {
  const chosen = objectIn(message.context.consent).categoryPreferences;
  const address = identifiersOf(message).find(({ type }) => type === 'email')?.value;
  if (!isJsonObject(chosen) || address === undefined) return [];
  return Object.entries(chosen).flatMap(([topic, value]): ConsentStatement[] => {
    if (typeof value !== 'boolean' || topic === '') return [];
    const state = value ? 'granted' : 'denied';
    return [{ address, topic, state, at: message.at, source: 'context.consent', by: 'person' }];
  });
}

function understood(changes: readonly Change[]): Understood {
  return { ok: true, changes };
}

function rejected(message: Message, code: string, reason: string): Understood {
  return { ok: false, rejection: { code, reason, record: message.body } };
}
