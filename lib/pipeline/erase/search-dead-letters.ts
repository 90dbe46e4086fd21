import { isOwnWord, openFinder } from '../../domain/erasure.ts';
import { everyIndexKey, type IdentityKey } from '../../domain/identifier.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { parseChange } from '../../domain/parse-change.ts';
import type { Clock, DeadLetter, DeadLetters } from '../ports.ts';
import { areSomebodys, type TheirsDeps } from './what-is-theirs.ts';

export interface DeadLettersDeps extends TheirsDeps {
  /** The queues of which a dead letter can tell of people, by name. */
  readonly deadLetters: Readonly<Record<string, DeadLetters>>;
  readonly key: () => Promise<IdentityKey>;
  readonly clock: Clock;
}

/** What a search found in all queues together. */
export interface Searched {
  readonly seen: number;
  /** Messages that told of the people: gone, or put back without them. */
  readonly taken: number;
  /** Messages that could not be looked at: somebody else had them in hand, or time was short. */
  readonly missed: number;
}

/** Longer than an invocation may look: nothing is seen twice in one search, and a worker that died hides nothing for long. */
const HIDE_SECONDS = 150;
/**
 * Where a search of one queue stops, so that an invocation has the time to show all of it again and to do what comes
 * after. The next search meets others: SQS gives them in no order.
 */
const MOST_LETTERS = 20_000;
const MOST_MS = 60_000;

/**
 * Takes erased people out of dead letters: index key of a record or an identifier → when its person was erased. What is
 * left of a message is put back before the message is deleted, so dying at any line loses nobody else's part of it; it
 * may then lie there twice, which whoever sends it back does no harm by.
 */
export async function searchDeadLetters(
  deps: DeadLettersDeps,
  erased: ReadonlyMap<string, Milliseconds>,
  signal: AbortSignal,
): Promise<Searched> {
  const concerns = openJudge(deps, erased, await deps.key());
  const found = await Promise.all(
    Object.values(deps.deadLetters).map((queue) =>
      erased.size === 0 ? NOTHING : searchQueue(queue, concerns, deps.clock, signal),
    ),
  );
  const sum = (of: keyof Searched) => found.reduce((total, one) => total + one[of], 0);
  return { seen: sum('seen'), taken: sum('taken'), missed: sum('missed') };
}

const NOTHING: Searched = { seen: 0, taken: 0, missed: 0 };

type Judge = (value: Json) => Promise<boolean>;

async function searchQueue(queue: DeadLetters, concerns: Judge, clock: Clock, signal: AbortSignal): Promise<Searched> {
  const end = clock.now().getTime() + MOST_MS;
  // Counted first: whatever is hidden by then is in somebody else's hands.
  let { hidden: missed } = await queue.count();
  // Without their texts, which a full queue has more of than a function has memory.
  const held: Pick<DeadLetter, 'handle'>[] = [];
  let taken = 0;
  try {
    for (;;) {
      if (signal.aborted || held.length >= MOST_LETTERS || clock.now().getTime() >= end) {
        missed += 1;
        break;
      }
      const letters = await queue.receive(HIDE_SECONDS);
      if (letters.length === 0) break;
      for (const letter of letters) {
        const body = readBody(letter.text);
        const rest = body === undefined ? body : await withoutThem(body, concerns);
        if (rest === body) {
          held.push({ handle: letter.handle });
          continue;
        }
        if (rest !== undefined) await queue.put(JSON.stringify(rest));
        await queue.remove(letter);
        taken += 1;
      }
    }
  } finally {
    await queue.release(held);
  }
  return { seen: held.length + taken, taken, missed };
}

/** Undefined for what is no JSON: nothing that we send. */
function readBody(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined; // The queue's own handler could not read it either; a person looks at it and deletes it.
  }
}

/** A message without what tells of the people: itself when nothing does, undefined when nothing else is left in it. */
async function withoutThem(body: Json, concerns: Judge): Promise<Json | undefined> {
  if (!isJsonObject(body)) return (await concerns(body)) ? undefined : body;
  const rest: Record<string, Json> = {};
  let cut = false;
  let left = 0;
  for (const [name, value] of Object.entries(body)) {
    if (!Array.isArray(value)) {
      // The number of a message looks like somebody's in a tool, and is nobody's.
      if (name !== 'run' && (await concerns(value ?? null))) return undefined;
      rest[name] = value ?? null;
      continue;
    }
    const kept: Json[] = [];
    for (const item of value as readonly Json[]) if (!(await concerns(item))) kept.push(item);
    if (kept.length < value.length) cut = true;
    left += kept.length;
    rest[name] = kept;
  }
  if (!cut) return body;
  // A numbered message of a run is missed until it is folded, however little it brings.
  return left === 0 && body.run === undefined ? undefined : rest;
}

/**
 * Judges a part of a message. A change belongs to whose record it is: an erased person's own later word is their new
 * life's, and what a living person's record says of an erased address is that person's.
 */
function openJudge(deps: DeadLettersDeps, erased: ReadonlyMap<string, Milliseconds>, key: IdentityKey): Judge {
  const find = openFinder(erased.keys(), key);
  return async function concerns(value) {
    const named = find(value);
    if (named === undefined) return false;
    if (!isJsonObject(value)) return true;
    if (value.kind === 'account') return false;
    if (typeof value.fragment !== 'string') return true;
    const own = everyIndexKey({ type: 'fragment', value: value.fragment }, key);
    const since = own.map((one) => erased.get(one)).find((at) => at !== undefined);
    if (isLaterWord(value, since ?? erased.get(named) ?? 0, deps.clock.now().getTime())) return false;
    return since !== undefined || !(await areSomebodys(deps, own));
  };
}

function isLaterWord(value: JsonObject, erased: Milliseconds, now: Milliseconds): boolean {
  const parsed = parseChange(value);
  return parsed.ok && parsed.change.kind !== 'account' && isOwnWord(parsed.change, erased, now);
}
