import { canonicalText } from './canonical.ts';
import { type ConsentStatement, connectionOf, type FragmentId, type Identifier } from './change.ts';
import { compareText } from './compare-text.ts';
import { subscribedAddresses } from './consent.ts';
import type { IdentityRules } from './definitions.ts';
import { evidenceOf, statesEver } from './evidence.ts';
import { asTold, type ReadTrait } from './facet/read-trait.ts';
import { type Fragment, isLive } from './fragment.ts';
import { compareTypes, identifierKey, identifierOfKey } from './identifier.ts';
import type { Milliseconds } from './instant.ts';
import type { Json, JsonObject } from './json.ts';
import { type Leaf, older } from './leaf.ts';
import { type Entry, mergeEntries } from './segment/entries.ts';
import type { PersonView } from './segment/view.ts';
import { standingConsent } from './told-consent.ts';
import { lastSeen, mergeVisits, sessionLeaves, type Visits } from './visits.ts';
import { keepsEarliest } from './whole-traits.ts';

/** What a person is to one audience, decided in the profile's own evaluation. */
export type Wanted =
  | {
      readonly in: true;
      readonly keys: readonly Identifier[];
      readonly consent?: ConsentStatement;
      /** Fields of the tool for the record that an addition makes. */
      readonly fields?: JsonObject;
    }
  | { readonly in: false; readonly reason: Blocked | 'not-in-segment' };

/** Why somebody in the segment is not in the audience. */
export type Blocked = 'no-consent' | 'no-match-key' | 'outranked' | 'held-out' | 'suppressed';

/** Which side of a holdout somebody is on, and since when: what was decided at first exposure stands. */
export interface Exposure {
  readonly heldOut: boolean;
  readonly at: Milliseconds;
}

/** What must still be written after the profile: a segment row with its line of history, an audience row, a link. */
export type Follow =
  | {
      readonly row: 'segment';
      readonly segment: string;
      readonly member: boolean;
      readonly at: Milliseconds;
      readonly why?: Why;
    }
  | { readonly row: 'audience'; readonly audience: string }
  | { readonly row: 'account'; readonly account: string };

/**
 * What moved somebody into or out of a segment. `time`: a window opened or closed; `data`: something new was told;
 * `definition`: the segment changed; `merge`: records came from another person or went to one.
 */
export interface Why {
  readonly moved: 'data' | 'time' | 'definition' | 'merge';
  /** The leaf that decided, in words; absent when it took several together, or the segment is gone. */
  readonly leaf?: string;
}

/** One person as we know them: fragments held whole, and what was last decided about them. */
export interface Profile {
  readonly id: string;
  /** Counts the writes; 0 = never written. */
  readonly version: number;
  readonly fragments: Readonly<Record<FragmentId, Fragment>>;
  /** Copies of the accounts that the person belongs to: account id → trait leaves. */
  readonly accounts: Readonly<Record<string, Readonly<Record<string, Leaf>>>>;
  /**
   * Record of somebody else → what it states about addresses of this person: an address has one consent, whoever
   * states it.
   */
  readonly heard?: Readonly<Record<FragmentId, readonly ConsentStatement[]>>;
  /**
   * Identifiers (as `identifierKey`) that records ever stated and that are on the list of people never to be contacted.
   * A changed address does not take anybody off it.
   */
  readonly suppressed?: readonly string[];
  /** Identifiers (as `identifierKey`) that records state and a limit refused: they are nobody's way to this person. */
  readonly refused: readonly string[];
  /** Other profiles with records that state an identifier which a record of this one states too: grouped together. */
  readonly kin: readonly string[];
  /**
   * Other profiles with an address that a record of this one gave up and still states consent about, or the other way
   * round: what the one tells of it, the other hears.
   */
  readonly earshot?: readonly string[];
  /** Set when there are more kin than are grouped together: identifiers that were found to be shared stay so. */
  readonly crowd?: { readonly shared: readonly string[] };
  /** Segment id → member since, in ms. Only segments that the person is in. */
  readonly memberships: Readonly<Record<string, Milliseconds>>;
  /** Audience id → what was decided; absent = never in the audience's segment. */
  readonly wanted: Readonly<Record<string, Wanted>>;
  /** Experiment, or audience by itself → the side of its holdout. Absent = never exposed to any. */
  readonly exposed?: Readonly<Record<string, Exposure>>;
  /** Version of the definitions that decided. */
  readonly definitions: string;
  /** What was remembered of activities; see `Compiled.needs`. */
  readonly needs: string;
  /** The earliest instant at which a decision can change with no new data. */
  readonly flipsAt: Milliseconds | null;
  /** When the sweep must look at the profile: `flipsAt`, or sooner while rows may be owed. */
  readonly dueAt: Milliseconds | null;
  readonly outbox: readonly Follow[];
  /** Ids of people who were merged into this one: their rows and lines are this person's too. */
  readonly former?: readonly string[];
}

/** A profile that was merged away: every id it ever had leads on. */
export interface MergedProfile {
  readonly id: string;
  readonly version: number;
  readonly mergedInto: string;
  /** Rows of the merged profile that must still be taken back, and when the sweep looks after them. */
  readonly outbox: readonly Follow[];
  readonly dueAt: Milliseconds | null;
}

/** One trait as it stands, with where it comes from and who else said something. */
export interface EffectiveTrait {
  readonly value: Json;
  /** What the source told, where it is written otherwise: `Germany` for the country `DE`. */
  readonly told?: Json;
  readonly at: Milliseconds;
  readonly source: string;
  readonly losers: readonly { readonly value: Json; readonly at: Milliseconds; readonly source: string }[];
}

export function newProfile(id: string): Profile {
  return {
    id,
    version: 0,
    fragments: {},
    accounts: {},
    refused: [],
    kin: [],
    memberships: {},
    wanted: {},
    definitions: '',
    needs: '',
    flipsAt: null,
    dueAt: null,
    outbox: [],
  };
}

/** The accounts that a person belongs to now, sorted. */
export function accountIdsOf(profile: Pick<Profile, 'fragments'>): string[] {
  const ids = new Set<string>();
  for (const fragment of Object.values(profile.fragments)) {
    const leaf = fragment.accounts;
    if (leaf === undefined || !isLive(fragment, leaf[1]) || !Array.isArray(leaf[0])) continue;
    for (const id of leaf[0]) if (typeof id === 'string') ids.add(id);
  }
  return [...ids].sort();
}

/** Traits about a company: here the company's own record knows better than what a record of a person says of it. */
const COMPANY = 'company.';

/**
 * Survivorship: per trait path the value of the best source by the workspace's priorities; then under `company` the
 * account before records of the person, elsewhere the person's records before the account; then the newest, then the
 * newer mapping, then value order, then the source's name. A source that removed its value does not compete.
 * `read` brings the value that won to its common form; which one wins is decided on what was told.
 */
export function effectiveTraits(
  profile: Pick<Profile, 'fragments' | 'accounts'>,
  priorities: IdentityRules['priorities'],
  read: ReadTrait = asTold,
): Map<string, EffectiveTrait> {
  const candidates = new Map<string, { leaf: Leaf; from: string }[]>();
  const offer = (path: string, leaf: Leaf, from: string): void => {
    if (leaf[0] === null) return;
    const list = candidates.get(path);
    if (list === undefined) candidates.set(path, [{ leaf, from }]);
    else list.push({ leaf, from });
  };
  for (const [id, fragment] of Object.entries(profile.fragments)) {
    const removed = Object.entries(fragment.traits).filter(([, leaf]) => leaf[0] === null);
    for (const [path, leaf] of Object.entries(fragment.traits)) {
      // Who removes `address` removes `address.city` with it.
      const gone = removed.some(([above, { 1: at }]) => at > leaf[1] && path.startsWith(`${above}.`));
      if (!gone && isLive(fragment, leaf[1])) offer(path, leaf, id);
    }
  }
  for (const id of accountIdsOf(profile)) {
    for (const [path, leaf] of Object.entries(profile.accounts[id] ?? {})) offer(path, leaf, id);
  }
  for (const { path, leaf, from } of sessionTraits(profile)) offer(path, leaf, from);
  const traits = new Map<string, EffectiveTrait>();
  for (const path of [...candidates.keys()].sort()) {
    const list = candidates.get(path) ?? [];
    if (list.length > 1) {
      // A trait may be called like something that every object has: `constructor`.
      const own = Object.hasOwn(priorities, path) ? priorities[path] : undefined;
      const sources = own ?? priorities['*'] ?? [];
      list.sort(keepsEarliest(path) ? byEarliest : bySurvivorship(path, sources, profile.fragments));
    }
    const [best, ...others] = list;
    if (best === undefined) continue;
    const losers = others.map(({ leaf, from }) => ({ value: leaf[0], at: leaf[1], source: from }));
    const [told, at] = best.leaf;
    const beside = profile.fragments[best.from]?.traits ?? profile.accounts[best.from] ?? {};
    const value = read(path, told, best.from, beside);
    const trait = { value, at, source: best.from, losers };
    traits.set(path, value === told ? trait : { ...trait, told });
  }
  return traits;
}

/** Sessions over everything the person visited with, under the record that was seen last. */
function sessionTraits(
  profile: Pick<Profile, 'fragments'>,
): { readonly path: string; readonly leaf: Leaf; readonly from: string }[] {
  let all: Visits | undefined;
  let seen: { readonly at: Milliseconds; readonly from: string } | undefined;
  for (const from of Object.keys(profile.fragments).sort()) {
    const visits = profile.fragments[from]?.visits;
    if (visits === undefined) continue;
    all = mergeVisits(all, visits);
    if (seen === undefined || lastSeen(visits) > seen.at) seen = { at: lastSeen(visits), from };
  }
  if (all === undefined || seen === undefined) return [];
  const { from } = seen;
  return sessionLeaves(all).map(([path, value, at]) => ({ path, leaf: [value, at, 1], from }));
}

/**
 * Effective traits as one nested object. Where one source calls `a` a text and another `a.b` a number, the text keeps its
 * place and the deeper one its dotted name.
 */
export function nestTraits(traits: ReadonlyMap<string, { readonly value: Json }>): JsonObject {
  const nested: Record<string, Json> = {};
  // Only objects made here are written into: a trait's own value may be an object too, and stays what it is.
  const made = new Set<Json>();
  for (const [path, { value }] of traits) {
    const steps = path.split('.');
    const last = steps.pop() ?? path;
    const parent = descend(nested, steps, made);
    if (parent === undefined || Object.hasOwn(parent, last)) nested[path] = value;
    else parent[last] = value;
  }
  return nested;
}

function descend(
  from: Record<string, Json>,
  steps: readonly string[],
  made: Set<Json>,
): Record<string, Json> | undefined {
  let at = from;
  for (const step of steps) {
    const held = Object.hasOwn(at, step) ? (at[step] ?? null) : null;
    if (held !== null && !made.has(held)) return undefined;
    const inner = held ?? {};
    made.add(inner);
    at[step] = inner;
    at = inner as Record<string, Json>;
  }
  return at;
}

/** The identifiers that lead to the person now: live fragments only, strongest type first, earliest stated first. */
export function identifiersOf(profile: Pick<Profile, 'fragments' | 'refused'>): Identifier[] {
  const first = new Map<string, { identifier: Identifier; first: Milliseconds }>();
  for (const fragment of Object.values(profile.fragments)) {
    for (const evidence of evidenceOf(fragment)) {
      if (!isLive(fragment, evidence.last)) continue;
      const key = identifierKey(evidence.identifier);
      if (profile.refused.includes(key)) continue;
      const before = first.get(key);
      if (before === undefined || evidence.first < before.first) first.set(key, evidence);
    }
  }
  return [...first.values()]
    .sort(
      (a, b) =>
        compareTypes(a.identifier.type, b.identifier.type) ||
        a.first - b.first ||
        (a.identifier.value < b.identifier.value ? -1 : 1),
    )
    .map(({ identifier }) => identifier);
}

/** Whether the person is never to be contacted. What a limit refused or an unmerge took away is somebody else's. */
export function isSuppressed({ suppressed = [], refused, fragments }: Profile): boolean {
  return suppressed.some((text) => {
    const identifier = identifierOfKey(text);
    return !refused.includes(text) && Object.values(fragments).some((one) => statesEver(one, identifier));
  });
}

/** Everything anyone stated about consent of this person's addresses, as far as it still counts. */
export function consentOf(profile: Pick<Profile, 'fragments' | 'heard'>): ConsentStatement[] {
  return [...Object.values(profile.fragments).flatMap(standingConsent), ...Object.values(profile.heard ?? {}).flat()];
}

/** What the segment evaluator sees of a profile. */
export function viewOf(profile: Profile, traits: ReadonlyMap<string, EffectiveTrait>): PersonView {
  const statements = consentOf(profile);
  const addresses = identifiersOf(profile)
    .filter(({ type }) => type === 'email' || type === 'phone')
    .map(({ value }) => value);
  const fragments = Object.values(profile.fragments);
  let nested: JsonObject | undefined;
  return {
    id: profile.id,
    trait(path) {
      const exact = traits.get(path);
      if (exact !== undefined) return exact.value;
      nested ??= nestTraits(traits);
      let value: Json | undefined = nested;
      for (const step of path.split('.')) {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
        value = Object.hasOwn(value, step) ? (value as JsonObject)[step] : undefined;
      }
      return value;
    },
    since: (path) => traits.get(path)?.at,
    entries(leafKey) {
      let entries: readonly Entry[] | undefined;
      for (const fragment of fragments) {
        const held = fragment.did[leafKey];
        if (held !== undefined) entries = entries === undefined ? held : mergeEntries(entries, held);
      }
      return entries ?? [];
    },
    consent: (purpose) => subscribedAddresses(statements, addresses, purpose).length > 0,
    subscribed: (channel) => subscribedAddresses(statements, addresses, channel).length > 0,
  };
}

function byEarliest(a: { leaf: Leaf }, b: { leaf: Leaf }): number {
  return older(a.leaf, b.leaf) === a.leaf ? -1 : 1;
}

function bySurvivorship(path: string, sources: readonly string[], fragments: Profile['fragments']) {
  const companyFirst = path.startsWith(COMPANY);
  const distance = (from: string): number => (Object.hasOwn(fragments, from) === companyFirst ? 1 : 0);
  const rank = (from: string): number => {
    const index = sources.indexOf(connectionOf(from));
    return index < 0 ? sources.length : index;
  };
  return (a: { leaf: Leaf; from: string }, b: { leaf: Leaf; from: string }): number =>
    rank(a.from) - rank(b.from) ||
    distance(a.from) - distance(b.from) ||
    b.leaf[1] - a.leaf[1] ||
    b.leaf[2] - a.leaf[2] ||
    compareText(canonicalText(b.leaf[0]), canonicalText(a.leaf[0])) ||
    // Both say the same at the same time: which record is named must not depend on which came first.
    compareText(a.from, b.from);
}
