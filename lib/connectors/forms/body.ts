import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { RawRequest } from '../contract-deliveries.ts';
import { deliveredJson, unsafeNames } from '../delivered-json.ts';

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/** The object that a delivery holds. Throws `rejected` when its body is no JSON object. */
export function readBody({ headers, body }: RawRequest): JsonObject {
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) throw unreadable('its content type is not JSON');
  const delivered = deliveredJson(body);
  if (!delivered.ok) throw unreadable(delivered.why);
  if (!isJsonObject(delivered.value)) throw unreadable('it is no JSON object');
  return delivered.value;
}

/** Answers by the tool's own names of its questions: texts, numbers and lists, so that nothing can be smuggled in. */
export function byName(answers: readonly (readonly [name: string, value: Json])[]): JsonObject {
  return Object.fromEntries(answers.filter(([name, value]) => !unsafeNames.has(name) && !isJsonObject(value)));
}

function unreadable(why: string): TributaryError {
  const says = `a delivery could not be read: expected an object as application/json, but ${why}`;
  return new TributaryError('rejected', 'forms/unreadable-delivery', says);
}
