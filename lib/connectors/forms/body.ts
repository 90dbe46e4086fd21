import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { RawRequest } from '../contract-deliveries.ts';

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
/** A form's answers lie a few levels deep. */
const MOST_LEVELS = 32;
/** Names that mean something to JavaScript itself: whoever copies an object by hand could be given a prototype by them. */
const UNSAFE: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** The object that a delivery holds. Throws `rejected` when its body is no JSON object. */
export function readBody({ headers, body }: RawRequest): JsonObject {
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) throw unreadable('its content type is not JSON');
  let parsed: Json;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as Json;
  } catch {
    throw unreadable('it is no JSON text'); // The parser's own message quotes the text.
  }
  const safe = withoutUnsafe(parsed, MOST_LEVELS);
  if (!isJsonObject(safe)) throw unreadable('it is no JSON object');
  return safe;
}

/** A value without keys that name prototypes. */
function withoutUnsafe(value: Json, levels: number): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) throw unreadable(`it is nested deeper than ${MOST_LEVELS} levels`);
  if (Array.isArray(value)) return value.map((one: Json) => withoutUnsafe(one, levels - 1));
  const entries = Object.entries(value).filter(([key]) => !UNSAFE.has(key));
  return Object.fromEntries(entries.map(([key, one]) => [key, withoutUnsafe(one, levels - 1)]));
}

/** Answers by the tool's own names of its questions: texts, numbers and lists, so that nothing can be smuggled in. */
export function byName(answers: readonly (readonly [name: string, value: Json])[]): JsonObject {
  return Object.fromEntries(answers.filter(([name, value]) => !UNSAFE.has(name) && !isJsonObject(value)));
}

function unreadable(why: string): TributaryError {
  const says = `a delivery could not be read: expected an object as application/json, but ${why}`;
  return new TributaryError('rejected', 'forms/unreadable-delivery', says);
}
