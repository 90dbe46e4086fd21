import type { ConsentStatement, FragmentId, Identifier } from './change.ts';
import { effectiveConsent, reliedOn, wasDenied } from './consent.ts';
import { evidenceOf } from './evidence.ts';
import { type Fragment, isLive } from './fragment.ts';
import { identifierKey, isAddress } from './identifier.ts';
import type { Milliseconds } from './instant.ts';
import { type Blocked, consentOf, identifiersOf, isSuppressed, type Profile } from './profile.ts';

/** By what keys somebody is sent, and on what statement of consent, where one is needed. */
export interface Way {
  readonly keys: readonly Identifier[];
  readonly consent?: ConsentStatement;
}

/** Finds the way to one person by match types, best first, for topics of consent that are all needed; or why there is none. */
export type FindWay = (
  match: readonly string[],
  topics: readonly string[],
) => Way | Extract<Blocked, 'suppressed' | 'no-consent' | 'no-match-key'>;

/** What a record says of how to reach its person: everything that it states, and the addresses among that. */
interface Contact {
  readonly fragment: FragmentId;
  readonly states: ReadonlySet<string>;
  readonly addresses: readonly string[];
}

/** An id that may be sent, with the willing addresses that its records state. */
interface PermittedId {
  readonly id: Identifier;
  readonly addresses: ReadonlySet<string>;
}

/**
 * Opens the ways to one person at `now` for all audiences, each question answered once. Where consent is needed, an address is sent
 * only if it agreed itself, and an id only if the records behind it hold an address that did: whoever is found by an id is
 * written to at the address of that record, not at the one that agreed elsewhere (docs/adr/0081).
 */
export function openWays(profile: Profile, now: Milliseconds): FindWay {
  const said = openSaid(profile, now);
  let [suppressed, identifiers, contacts]: [boolean?, (readonly Identifier[])?, (readonly Contact[])?] = [];

  /** The records that say which addresses an id reaches: those that it is the name of; where none is, all that state it. */
  function contactsBehind(id: Identifier): readonly Contact[] {
    contacts ??= Object.entries(profile.fragments).map(contactIn);
    const key = identifierKey(id);
    const stating = contacts.filter(({ states, addresses }) => states.has(key) && addresses.length > 0);
    const named = stating.filter(({ fragment }) => fragment.endsWith(`:${id.value}`));
    return named.length > 0 ? named : stating;
  }

  return function findWay(match, topics) {
    suppressed ??= isSuppressed(profile);
    if (suppressed) return 'suppressed';
    identifiers ??= identifiersOf(profile);
    const matching = identifiers.filter(({ type }) => match.includes(type));
    if (topics.length === 0) {
      const keys = match.flatMap((type) => matching.find((one) => one.type === type) ?? []);
      return keys.length === 0 ? 'no-match-key' : { keys };
    }
    const agrees = (address: string) => topics.every((topic) => said.state(address, topic) === 'granted');
    const refuses = (address: string) => topics.some((topic) => said.state(address, topic) === 'denied');
    const willing = identifiers.filter(({ type, value }) => isAddress(type) && agrees(value));
    if (willing.length === 0) return 'no-consent';
    const ids = matching.flatMap((id): PermittedId[] => {
      if (isAddress(id.type)) return [];
      const behind = contactsBehind(id);
      if (behind.some(({ addresses }) => addresses.some(refuses) || !addresses.some(agrees))) return [];
      return [{ id, addresses: new Set(behind.flatMap(({ addresses }) => addresses).filter(agrees)) }];
    });
    const best = fullestBeside(match, willing, ids);
    if (best === undefined) return matching.length === 0 ? 'no-match-key' : 'no-consent';
    const consent = topics[0] === undefined ? undefined : said.reliedOn(best.address, topics[0]);
    return { keys: best.keys, ...(consent === undefined ? {} : { consent }) };
  };
}

/**
 * The keys that belong to one willing address: the address itself, the ids of its records, and an address of the other kind
 * that agreed too. Of several addresses the one with keys of the best types, then the first: data alone decides.
 */
function fullestBeside(
  match: readonly string[],
  willing: readonly Identifier[],
  ids: readonly PermittedId[],
): { readonly address: string; readonly keys: readonly Identifier[] } | undefined {
  let best: { readonly address: string; readonly found: readonly (Identifier | undefined)[] } | undefined;
  for (const address of willing) {
    const found = match.map((type) => {
      if (type === address.type) return address;
      if (isAddress(type)) return willing.find((one) => one.type === type);
      return ids.find(({ id, addresses }) => id.type === type && addresses.has(address.value))?.id;
    });
    const relied = found.some((key) => key !== undefined && (key === address || !isAddress(key.type)));
    if (relied && (best === undefined || isFuller(found, best.found))) best = { address: address.value, found };
  }
  return best && { address: best.address, keys: best.found.filter((key) => key !== undefined) };
}

/** Whether one list of keys has a better type than the other, of those that only one of them has. */
function isFuller(one: readonly (Identifier | undefined)[], other: readonly (Identifier | undefined)[]): boolean {
  const differs = one.findIndex((key, at) => (key === undefined) !== (other[at] === undefined));
  return differs >= 0 && one[differs] !== undefined;
}

/**
 * An address that a limit refused, or that an unmerge took away, is somebody else's, and all the same the one at which the
 * tool reaches whoever it finds by the record.
 */
function contactIn([fragment, held]: readonly [FragmentId, Fragment]): Contact {
  const { taken, ...stating } = held;
  const states = evidenceOf(held).filter(({ last }) => isLive(held, last));
  const reached = taken === undefined ? states : evidenceOf(stating).filter(({ last }) => isLive(held, last));
  return {
    fragment,
    states: new Set(states.map(({ identifier }) => identifierKey(identifier))),
    addresses: reached.flatMap(({ identifier: { type, value } }) => (isAddress(type) ? [value] : [])),
  };
}

/** What was said about addresses and topics, as it stands at an instant. */
interface Said {
  /** Undefined: nothing clear was said. */
  state(address: string, topic: string): ConsentStatement['state'] | undefined;
  reliedOn(address: string, topic: string): ConsentStatement | undefined;
}

function openSaid(profile: Profile, now: Milliseconds): Said {
  let held: readonly ConsentStatement[] | undefined;
  const states = new Map<string, ConsentStatement['state'] | undefined>();
  const statements = () => (held ??= consentOf(profile));
  return {
    state(address, topic) {
      const key = `${address}\n${topic}`;
      if (states.has(key)) return states.get(key);
      const denied = wasDenied(statements(), address, topic) ? 'denied' : undefined;
      const state = effectiveConsent(statements(), address, topic, now) ? 'granted' : denied;
      states.set(key, state);
      return state;
    },
    reliedOn: (address, topic) => reliedOn(statements(), address, topic, now),
  };
}
