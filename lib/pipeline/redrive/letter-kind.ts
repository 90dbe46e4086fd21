import { isJsonObject, type Json } from '../../domain/json.ts';

/** What a message asks for, by its own fields. The first that a message has tells. */
const kinds: readonly (readonly [field: string, tell: (value: string) => string])[] = [
  ['changes', () => 'changes'],
  ['reread', () => 'records to be read again'],
  ['stream', (stream) => `pull of ${stream}`],
  ['profiles', () => 'people to be decided again'],
  ['account', () => 'people of an account to be decided again'],
  ['suppression', () => 'marks of suppression'],
  ['compare', () => 'people to be compared'],
  ['scan', () => 'part of a scan'],
  ['recount', () => 'recount'],
  ['audience', (audience) => `push of ${audience}`],
  ['verify', (audience) => `check of the list of ${audience}`],
  ['erase', () => 'erasure in a tool'],
  // The rest of a job's id is its time.
  ['job', (id) => `job: ${id.split('.')[0]}`],
];

/**
 * What a dead letter asks for, in words: kinds and the names of connections, streams and audiences, never what it tells of
 * a person. `unreadable`: it is no JSON, and nobody but a person can do anything with it.
 */
export function kindOfLetter(text: string): string {
  const body = readLetter(text);
  if (body === undefined) return 'unreadable';
  if (!isJsonObject(body)) return 'something else';
  const found = kinds.find(([field]) => body[field] !== undefined);
  if (found === undefined) return 'something else';
  const [field, tell] = found;
  const from = typeof body.connection === 'string' ? ` of ${body.connection}` : '';
  return `${tell(String(body[field]))}${from}`;
}

/** Undefined for what is no JSON. */
export function readLetter(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
