import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { listAt, objectAt, textAt } from '../engines/template.ts';
import type { MessageContent } from './message-ledger.ts';

/** What a SendMessage call, or an entry of a batch, says. */
export function contentOf(entry: JsonObject): MessageContent {
  const attributes = objectAt(entry, 'MessageAttributes');
  const body = textAt(entry, 'MessageBody') ?? '';
  return Object.keys(attributes).length === 0 ? { body } : { body, attributes };
}

/** The receipt handles that a DeleteMessage or DeleteMessageBatch has deleted, by its answer. */
export function deletedHandles(body: JsonObject, answer: JsonObject): readonly string[] {
  const one = textAt(body, 'ReceiptHandle');
  if (one !== undefined) return [one];
  const done = new Set(objectsAt(answer, 'Successful').map((success) => success.Id));
  return objectsAt(body, 'Entries')
    .filter((entry) => done.has(entry.Id ?? null))
    .map((entry) => textAt(entry, 'ReceiptHandle') ?? '');
}

/** The objects in the list at `key`. */
export function objectsAt(object: JsonObject, key: string): readonly JsonObject[] {
  return listAt(object, key).filter((value: Json): value is JsonObject => isJsonObject(value));
}
