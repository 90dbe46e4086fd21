import type { ConsentStatement, FragmentId, Identifier } from './change.ts';
import { evidenceOf, statesEver } from './evidence.ts';
import { type Fragment, isLive } from './fragment.ts';
import { compareTypes, identifierKey, identifierOfKey } from './identifier.ts';
import type { Milliseconds } from './instant.ts';
import type { JsonObject } from './json.ts';
import { standingConsent } from './told-consent.ts';
import type { TraitValue } from './trait-value.ts';

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
 * `definition`: the segment changed; `merge`: records came from another person or went to one; `model`: people were scored
 * anew.
 */
export interface Why {
  readonly moved: 'data' | 'time' | 'definition' | 'merge' | 'model';
  /** The leaf that decided, in words; absent when it took several together, or the segment is gone. */
  readonly leaf?: string;
}

/** One person as we know them: fragments held whole, and what was last decided about them. */
export interface Profile {
  readonly id: string;
  /** Counts the writes; 0 = never written. */
  readonly version: number;
  readonly fragments: Readonly<Record<FragmentId, Fragment>>;
  /** Copies of the accounts that the person belongs to: account id → trait values. */
  readonly accounts: Readonly<Record<string, Readonly<Record<string, TraitValue>>>>;
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
  /** The instant of the models that scored, in ms. Absent: there were none. */
  readonly scoredAt?: Milliseconds;
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
    const told = fragment.accounts;
    if (told === undefined || !isLive(fragment, told[1]) || !Array.isArray(told[0])) continue;
    for (const id of told[0]) if (typeof id === 'string') ids.add(id);
  }
  return [...ids].sort();
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
