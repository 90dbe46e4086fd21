import { createHash } from 'node:crypto';
import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { ObjectVersion } from '../ports.ts';

/** Where files are dropped, `drop/<connection>/<name>`, and rows that were not taken are put. */
export const DROP = 'drop/';
export const REJECTS = 'rejects/';

/** An object that somebody put under `drop/`, as S3 told of it. */
export interface DroppedFile extends ObjectVersion {
  /** Of this one putting of the object: the same however often S3 tells of it. */
  readonly id: string;
  readonly bytes: number;
  /** When it was put, RFC 3339. */
  readonly at: string;
}

/**
 * The files that a notification of S3 tells of ("Event message structure", S3 user guide). Its test message, and folders
 * that the S3 console makes as empty objects, are none. Throws `defect` `import/unknown-notice`.
 */
export function readNotice(message: Json, bucket: string): readonly DroppedFile[] {
  if (isJsonObject(message) && message.Event === 's3:TestEvent') return [];
  const records: readonly Json[] = isJsonObject(message) && Array.isArray(message.Records) ? message.Records : [null];
  return records.flatMap((record) => {
    const file = fileIn(record, bucket);
    return file.bytes === 0 && file.key.endsWith('/') ? [] : [file];
  });
}

/** Where a file lies: of which connection it is, and what it is called there. Throws `import/bad-name`. */
export function placeInDrop(key: string): { readonly connection: string; readonly name: string } {
  const [connection = '', ...steps] = key.slice(DROP.length).split('/');
  const isPlain = (step: string) => step !== '' && step !== '.' && step !== '..' && !NO_NAME.test(step);
  if (key.length <= MOST_LETTERS && steps.length > 0 && [connection, ...steps].every(isPlain)) {
    return { connection, name: steps.join('/') };
  }
  const message = `the name of a dropped file cannot be used; expected ${DROP}CONNECTION/NAME without empty steps, dots for steps, backslashes or control characters, at most ${MOST_LETTERS} letters`;
  throw new TributaryError('rejected', 'import/bad-name', message);
}

/** A name as it can be shown on a terminal. */
export function shownName(key: string): string {
  const plain = key.slice(DROP.length).replaceAll(new RegExp(NO_NAME, 'gu'), '\ufffd');
  return plain.length > MOST_SHOWN ? `${plain.slice(0, MOST_SHOWN)}…` : plain;
}

/** Letters that no name of a file has, and that would do something to a terminal or a path. */
const NO_NAME = /[\\\p{Cc}\p{Cf}\u2028\u2029]/u;
/** A key has at most 1,024 bytes, and that of the rejected rows is longer. */
const MOST_LETTERS = 200;
const MOST_SHOWN = 120;

function fileIn(record: Json, bucket: string): DroppedFile {
  const s3 = objectAt(record, 's3');
  const object = objectAt(s3, 'object');
  const { key, size, eTag, sequencer } = object;
  const at = isJsonObject(record) ? record.eventTime : undefined;
  const known =
    isJsonObject(record) && record.eventSource === 'aws:s3' && textIn(record.eventName).startsWith('ObjectCreated:');
  const isOurs = objectAt(s3, 'bucket').name === bucket;
  const name = typeof key === 'string' ? decoded(key) : undefined;
  if (!known || !isOurs || name === undefined || !name.startsWith(DROP) || typeof at !== 'string') throw unknown();
  const tag = textIn(eTag);
  const id = createHash('sha256')
    .update([name, tag, textIn(sequencer) || at].join('\n'))
    .digest('hex');
  return { id: `drop.${id.slice(0, 24)}`, key: name, tag, bytes: typeof size === 'number' ? size : 0, at };
}

function textIn(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Keys are told as in the query of a URL: a space is a plus. */
function decoded(key: string): string | undefined {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return undefined; // Not written as S3 writes keys: told by whoever asked.
  }
}

function objectAt(value: Json | undefined, key: string): JsonObject {
  const inner = isJsonObject(value) ? value[key] : undefined;
  return isJsonObject(inner) ? inner : {};
}

function unknown(): TributaryError {
  const message = 'a message of the imports queue is no notification of S3 about an object under drop/ of our bucket';
  return new TributaryError('defect', 'import/unknown-notice', message);
}
