import { type ConsentStatement, type FragmentId, type Identifier, isTold, type PersonChange } from './change.ts';
import { type Generation, type IdentityKey, indexKey, normaliseIdentifier, phoneWithin } from './identifier.ts';
import { type Milliseconds, parseInstant } from './instant.ts';

/** What an erasure still has to take away elsewhere; the only place where it is remembered, until it has. */
export interface Remains {
  readonly fragments: readonly FragmentId[];
  /** Every id that the person ever had, the last one first. */
  readonly profiles: readonly string[];
  readonly accounts: readonly string[];
  readonly segments: readonly string[];
  readonly audiences: readonly string[];
}

/**
 * An erased person: the item stays as a tombstone and everything that led to the person leads to it. Its identifiers and
 * records are recognised by that, and nobody who read the person before can write it back.
 */
export interface ErasedProfile {
  readonly id: string;
  readonly version: number;
  /** When the person was erased, in ms. */
  readonly erased: Milliseconds;
  readonly remains?: Remains;
  readonly outbox: readonly [];
  readonly dueAt: null;
}

export function isErased(stored: object | undefined): stored is ErasedProfile {
  return stored !== undefined && 'erased' in stored;
}

/** What is known about the tombstones on a change's way: of its own record, and of identifiers that it states. */
export interface Tombstones {
  /** When the change is judged: what is dated later than that was not said after the erasure, whatever its date says. */
  readonly now: Milliseconds;
  readonly record?: Milliseconds;
  readonly identifier: (stated: Identifier) => Milliseconds | undefined;
  /** A living person's record stated the identifier before, and somebody else held it: it is left out, no more. */
  readonly stated: (identifier: Identifier) => boolean;
}

/**
 * What an erasure leaves of a change: all of it, a part, or nothing. Nothing that was told up to the erasure counts, and
 * nothing that a company tells later; only the person's own later word makes a new person (docs/adr/0026).
 */
export function afterErasure(change: PersonChange, tombstones: Tombstones): PersonChange | undefined {
  const { now, record, identifier, stated } = tombstones;
  // A decision of ours about records: it says nothing of the person.
  if (!isTold(change)) return record === undefined ? change : undefined;
  const known = (change.identifiers ?? []).map((one) => ({ one, erased: identifier(one) }));
  if (record !== undefined && !isOwnWord(change, record, now)) return undefined;
  const blocked = known.filter(({ erased }) => erased !== undefined && !isOwnWord(change, erased, now));
  if (blocked.length === 0) return change;
  if (!blocked.every(({ one }) => stated(one))) return undefined;
  const left = known.filter((one) => !blocked.includes(one)).map(({ one }) => one);
  if (change.kind !== 'profile') return { ...change, identifiers: left };
  const values = new Set(blocked.map(({ one }) => one.value.trim().toLowerCase()));
  const consent = (change.consent ?? []).filter(({ address }) => !values.has(address.trim().toLowerCase()));
  return { ...change, identifiers: left, consent };
}

/**
 * Whether a change is the person's own word, given after an instant and by `now`. A company's record never is, whatever
 * its date; and what is dated in the future may have been said before: a wrong clock brings nobody back.
 */
export function isOwnWord(change: PersonChange, after: Milliseconds, now: Milliseconds): boolean {
  const isSince = (at: string): boolean => {
    const said = parseInstant(at) ?? 0;
    return said > after && said <= now;
  };
  if (change.kind === 'profile' && (change.consent ?? []).some((one) => isOwnGrant(one) && isSince(one.at)))
    return true;
  if (change.kind === 'gone' || !isTold(change)) return false;
  return (change.by === 'person' || change.fragment.startsWith('web:')) && isSince(change.at);
}

/** Whoever agrees again wants to be known again; whoever refuses does not. */
function isOwnGrant({ by, state }: ConsentStatement): boolean {
  return by === 'person' && state === 'granted';
}

/** Shorter values are in many records by chance. */
const SHORTEST = 5;

/** Whether JSON of any form names people, by the keys of their records and identifiers: see `openFinder`. */
export function openMatcher(keys: Iterable<string>, key: IdentityKey): (value: unknown) => boolean {
  const find = openFinder(keys, key);
  return (value) => find(value) !== undefined;
}

const NONE: ReadonlySet<string> = new Set();

function identifierIn(type: string, text: string): string | undefined {
  const normalised = normaliseIdentifier({ type, value: text });
  return normalised.ok ? normalised.identifier.value : undefined;
}

/**
 * Finds people in JSON of any form by the keys of their records and identifiers, without knowing the values: the first of
 * the keys, but for those in `except`, that a text in it, at any depth, has.
 */
export function openFinder(
  keys: Iterable<string>,
  key: IdentityKey,
): (value: unknown, except?: ReadonlySet<string>) => string | undefined {
  const wanted = new Set(keys);
  const kinds = new Map<string, { readonly type: string; readonly generation: Generation }>();
  for (const one of wanted) {
    const [type = '', number = ''] = one.split('#');
    const generation = [key, ...(key.former ?? [])].find((each) => String(each.generation) === number);
    if (generation !== undefined) kinds.set(`${type}#${number}`, { type, generation });
  }
  const wantedKeyOf = (text: string, except: ReadonlySet<string>): string | undefined => {
    if (text.length < SHORTEST) return undefined;
    for (const { type, generation } of kinds.values()) {
      const value = type === 'phone' ? phoneWithin(text) : identifierIn(type, text);
      const found = value === undefined ? '' : indexKey({ type, value }, generation);
      if (wanted.has(found) && !except.has(found)) return found;
    }
    return undefined;
  };
  return function find(value: unknown, except = NONE): string | undefined {
    if (typeof value === 'string') return wantedKeyOf(value, except);
    if (typeof value === 'number') return wantedKeyOf(String(value), except);
    if (typeof value !== 'object' || value === null) return undefined;
    for (const inner of Object.values(value)) {
      const found = find(inner, except);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}
