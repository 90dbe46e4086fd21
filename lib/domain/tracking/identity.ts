import type { Identifier } from '../change.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { type Message, objectIn, textIn } from './message.ts';

/** Form of an identifier type; `fragment` is the name under which records themselves are found. */
const TYPE = /^(?!fragment$)[a-z0-9_.-]{1,100}$/;

/** The record that a message is about: of the user, or of the browser or phone as long as the user is not known. */
export function fragmentOf({ userId, anonymousId }: Message): string {
  return userId === undefined ? `web:anonymous:${anonymousId}` : `web:user:${userId}`;
}

/**
 * Identifiers in a message, as Segment finds them: ids of the call, the e-mail address in `traits` or `context.traits`,
 * ids of the device, Google Analytics' client id, and `context.externalIds`; of an identify call the phone number too.
 * Never those in `properties`: who invites a friend is not the friend.
 */
export function identifiersOf(message: Message): Identifier[] {
  const { body, context } = message;
  const traits = objectIn(body.traits);
  const found: Identifier[] = [];
  const add = (type: string, value: Json | undefined): void => {
    const text = textIn(value);
    if (text !== undefined) found.push({ type, value: text });
  };
  add('user_id', message.userId);
  add('anonymous_id', message.anonymousId);
  // The traits of a group are the company's: its address is nobody's.
  const told = message.type === 'group' ? {} : traits;
  add('email', told.email ?? objectIn(context.traits).email);
  if (message.type === 'identify') add('phone', told.phone ?? objectIn(context.traits).phone);
  for (const [type, value] of deviceIds(context)) add(type, value);
  add('ga_client_id', clientIdOf(body) ?? clientIdOf(context));
  for (const { type, value } of externalIds(context.externalIds)) add(type, value);
  return found;
}

function deviceIds({ device, os }: JsonObject): readonly (readonly [type: string, value: Json | undefined])[] {
  const { id, type, advertisingId, adTrackingEnabled, token } = objectIn(device);
  const system = systemOf(textIn(type) ?? textIn(objectIn(os).name) ?? '');
  if (system === undefined) return [];
  return [
    [`${system}.id`, id],
    [`${system}.idfa`, adTrackingEnabled === true ? advertisingId : undefined],
    [`${system}.push_token`, token],
  ];
}

function systemOf(name: string): 'android' | 'ios' | undefined {
  if (/^android/i.test(name)) return 'android';
  return /^(ios|ipados|iphone|ipad)/i.test(name) ? 'ios' : undefined;
}

function clientIdOf(holder: JsonObject): Json | undefined {
  return objectIn(objectIn(holder.integrations)['Google Analytics']).clientId;
}

/** External ids of people, unencoded; those of accounts link companies and are no way to recognise a person. */
function externalIds(value: Json | undefined): { readonly type: string; readonly value: Json | undefined }[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Json[]).flatMap((item) => {
    if (!isJsonObject(item)) return [];
    const { id, type, collection = 'users', encoding = 'none' } = item;
    if (collection !== 'users' || encoding !== 'none') return [];
    return typeof type === 'string' && TYPE.test(type) ? [{ type, value: id }] : [];
  });
}
