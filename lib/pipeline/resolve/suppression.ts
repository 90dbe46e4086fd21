import type { Identifier } from '../../domain/change.ts';
import { asTributaryError, TributaryError } from '../../domain/errors.ts';
import { statedEver } from '../../domain/evidence.ts';
import { everyIndexKey, identifierOfKey, indexKey } from '../../domain/identifier.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import { AFTER_EVERY_WRITER_SECONDS } from '../delay.ts';
import { type FindDeps, findPerson, identifierNamed } from '../describe/find-person.ts';
import type { Clock, IdentityIndex, ProfileStore, Queue, StateStore } from '../ports.ts';
import { type PageAsked, readPage } from '../read-page.ts';
import { followIds, isLiving } from './gather.ts';

const KIND = 'suppression';
/** In one message: what it asks for is done well within the time that it stays hidden. */
const KEYS_AT_ONCE = 200;
const INDEX_KEY = /^[^\s@#]+#\d+#[\w-]{27}$/;

/** Somebody who is never to be contacted, by an identifier: its index key, never its value. */
export interface Suppression {
  readonly key: string;
  /** Type of the identifier, such as `email`. */
  readonly type: string;
  readonly at: string;
  /** Who said so, and why: names of people or tickets of the company, nothing about the person. */
  readonly by: string;
  readonly reason: string;
  /** Taken off the list again. The entry stays as evidence. */
  readonly lifted?: { readonly at: string; readonly by: string; readonly reason: string };
}

export interface SuppressionDeps extends FindDeps {
  readonly state: StateStore;
  readonly recompute: Queue;
  readonly clock: Clock;
}

interface Order {
  readonly by: string;
  readonly reason: string;
}

/**
 * Puts somebody on the list: an identifier, whether or not anybody is known by it, or everything that a known person
 * ever stated. Saying it twice keeps the first word. It takes effect with the message that follows.
 */
export async function suppressPerson(
  deps: SuppressionDeps,
  who: string,
  order: Order,
): Promise<readonly Suppression[]> {
  return putOnList(deps, await identifiersOf(deps, who), order);
}

/** Somebody who was not put on the list, by the place among those who were named. */
export interface RefusedSuppression {
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

/** Puts many on the list, as `suppressPerson` does one. Whoever cannot be named stops nobody else. */
export async function suppressPeople(
  deps: SuppressionDeps,
  people: readonly string[],
  order: Order,
): Promise<{ readonly suppressions: readonly Suppression[]; readonly refused: readonly RefusedSuppression[] }> {
  const refused: RefusedSuppression[] = [];
  const named = await Promise.all(
    people.map((who, index) =>
      identifiersOf(deps, who).catch((thrown: unknown) => {
        const { kind, code, message } = asTributaryError(thrown);
        if (kind !== 'rejected') throw thrown;
        refused.push({ index, code, message });
        return [];
      }),
    ),
  );
  const suppressions = await putOnList(deps, named.flat(), order);
  return { suppressions, refused: refused.sort((one, other) => one.index - other.index) };
}

async function putOnList(
  deps: SuppressionDeps,
  identifiers: readonly Identifier[],
  order: Order,
): Promise<readonly Suppression[]> {
  const key = await deps.key();
  const at = formatInstant(deps.clock.now().getTime());
  const types = new Map(identifiers.map((one) => [indexKey(one, key), one.type]));
  const entries = await Promise.all(
    [...types].map(([id, type]) => {
      const fresh: Suppression = { key: id, type, at, ...order };
      return amend(deps.state, id, (held) => (held === undefined || held.lifted ? fresh : held));
    }),
  );
  // The index may know the person under a key of a former generation only.
  const keys = [...new Set(identifiers.flatMap((one) => everyIndexKey(one, key)))];
  for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) await tell(deps, keys.slice(from, from + KEYS_AT_ONCE));
  return entries;
}

/** Takes somebody off the list, by what they were put on it by, or by the key that the list shows. */
export async function unsuppressPerson(
  deps: SuppressionDeps,
  who: string,
  order: Order,
): Promise<readonly Suppression[]> {
  const key = await deps.key();
  const at = formatInstant(deps.clock.now().getTime());
  const keys = INDEX_KEY.test(who) ? [who] : (await identifiersOf(deps, who)).flatMap((one) => everyIndexKey(one, key));
  const entries: Suppression[] = [];
  for (const id of keys) {
    const held = (await deps.state.get(KIND, id))?.body as unknown as Suppression | undefined;
    if (held === undefined || held.lifted !== undefined) continue;
    entries.push(await amend(deps.state, id, (before = held) => ({ ...before, lifted: { at, ...order } })));
  }
  if (entries.length === 0) {
    throw new TributaryError('rejected', 'api/no-such-suppression', 'nobody is on the list by that');
  }
  await tell(deps, keys);
  return entries;
}

export interface SuppressionPage {
  readonly suppressions: readonly Suppression[];
  /** What to go on after; null at the end. A page may be short before that: who was taken off is not shown. */
  readonly next: string | null;
}

/** Who is on the list now, from the highest key down, a page at a time. Throws `api/bad-query` for what is no key. */
export async function readSuppressions(state: StateStore, asked: PageAsked): Promise<SuppressionPage> {
  if (asked.after !== undefined && !INDEX_KEY.test(asked.after)) {
    throw new TributaryError('rejected', 'api/bad-query', 'after: expected what a page before named as next');
  }
  const { found, next } = await readPage(state, KIND, asked, ({ lifted }) => lifted === undefined);
  return { suppressions: found.map(({ body }) => body as unknown as Suppression), next };
}

interface MarkDeps {
  readonly state: StateStore;
  readonly identities: IdentityIndex;
  readonly profiles: ProfileStore;
}

/**
 * Brings the marks of keys into line with the list, which is what counts, and returns whom they lead to, and who shares
 * evidence with those: they may state the same, and would remember it. Doing it twice, or late, ends with what the list
 * says then.
 */
export function markSuppressed(deps: MarkDeps) {
  return async function mark(keys: readonly string[]): Promise<readonly string[]> {
    for (const key of keys) {
      const held = (await deps.state.get(KIND, key))?.body as unknown as Suppression | undefined;
      await deps.identities.mark(key, held !== undefined && held.lifted === undefined);
    }
    const { owners } = await deps.identities.lookUp(keys);
    const { leads } = await followIds(deps.profiles, new Set(owners.values()));
    if (leads.size === 0) return [];
    const holders = [...(await deps.profiles.read([...new Set(leads.values())])).values()].filter(isLiving);
    return [...new Set(holders.flatMap(({ id, kin }) => [id, ...kin]))];
  };
}

async function tell({ recompute }: SuppressionDeps, suppression: readonly string[]): Promise<void> {
  const body = { suppression };
  await recompute.send([{ body }, { body, delaySeconds: AFTER_EVERY_WRITER_SECONDS }]);
}

async function identifiersOf(deps: SuppressionDeps, who: string): Promise<readonly Identifier[]> {
  const named = identifierNamed(who);
  if (named !== undefined) return [named];
  const person = await findPerson(deps, who);
  const stated = person === undefined ? [] : statedEver(person.fragments).map(identifierOfKey);
  if (stated.length > 0) return stated;
  throw new TributaryError('rejected', 'api/no-such-person', 'nobody is known by that, and it is no identifier');
}

async function amend(
  state: StateStore,
  id: string,
  change: (held: Suppression | undefined) => Suppression,
): Promise<Suppression> {
  for (;;) {
    const held = await state.get(KIND, id);
    const next = change(held?.body as unknown as Suppression | undefined);
    if (held !== undefined && next === (held.body as unknown as Suppression)) return next;
    if (await state.put(KIND, id, next as unknown as JsonObject, held?.version ?? 0)) return next;
  }
}
