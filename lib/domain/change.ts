import { formatInstant, parseInstant } from './instant.ts';
import type { JsonObject } from './json.ts';

/**
 * One source record, for ever: `<connection>:<object>:<vendor id>`, e.g. `salesforce:contact:003A`.
 * The first part is the connection's name in the workspace (or `web` for the tracking protocol).
 */
export type FragmentId = string;

/** Connection that a fragment or an account comes from. */
export function connectionOf(id: FragmentId): string {
  return id.slice(0, id.indexOf(':'));
}

/** A way to recognise a person: `{ type: 'email', value: 'ann@example.com' }`. Raw until `normaliseIdentifier`. */
export interface Identifier {
  readonly type: string;
  readonly value: string;
}

/** Permission for a purpose, or willingness on a channel, as somebody stated it about one address. */
export interface ConsentStatement {
  /** The address that the statement is about: an e-mail address or an E.164 phone number. */
  readonly address: string;
  /** A channel (`email`, `sms`) or a purpose (`advertising`, …). */
  readonly topic: string;
  readonly state: 'granted' | 'denied';
  /** When it was stated, RFC 3339. */
  readonly at: string;
  /** Where it was stated, in words an operator understands: `newsletter status`, `HasOptedOutOfEmail`. */
  readonly source: string;
  /** A company's checkbox never overrules the person's own word. */
  readonly by: 'person' | 'company';
}

interface Told {
  readonly fragment: FragmentId;
  /** Source time: when the source says it became so, RFC 3339. Decides which value is newer. */
  readonly at: string;
  readonly identifiers?: readonly Identifier[];
  /** Version of the mapping that made this change; breaks ties at equal source time. Absent = 1. */
  readonly mapping?: number;
  /** The person's own word or act (a form, a survey, our own collector), not a record that a company keeps about them. */
  readonly by?: 'person';
  /** The reading of a stream that it was made of; absent when it was delivered. The latest reading of one activity counts. */
  readonly read?: Reading;
}

/** What a source says about a person now. An absent trait is unchanged, a null trait is removed. */
export interface ProfileChange extends Told {
  readonly kind: 'profile';
  readonly traits?: JsonObject;
  readonly consent?: readonly ConsentStatement[];
  /** The accounts (companies) that this person belongs to, as account ids: `salesforce:account:001A`. */
  readonly accounts?: readonly string[];
  /** All that the record holds, read again from the archive: what it told up to then and does not tell here is void. */
  readonly whole?: true;
}

/** Something the person did at `at`. `id` is the same however often and by whatever way it arrives. */
export interface ActivityChange extends Told {
  readonly kind: 'activity';
  readonly id: string;
  readonly name: string;
  readonly properties?: JsonObject;
  /**
   * The sender's own instant, RFC 3339, where `at` was corrected for the sender's clock. It names the activity together
   * with `id`, because a message that is sent again is corrected anew: of several `at` the smallest counts.
   */
  readonly keyAt?: string;
  /** Done on a website or in an app: it belongs to a session. */
  readonly visit?: true;
}

/** The place of an activity among those of its record: the sender's own instant, then its id. */
export function activityKey({ keyAt, at, id }: Pick<ActivityChange, 'keyAt' | 'at' | 'id'>): string {
  return `${formatInstant(parseInstant(keyAt ?? at) ?? parseInstant(at) ?? 0)}#${id}`;
}

/** When a page of a stream was read, and when it was mapped. */
export interface Reading {
  readonly stream: string;
  /** The hour of the archive that holds the page, RFC 3339. */
  readonly hour: string;
  /** When the page was read, or read again, RFC 3339. */
  readonly at: string;
}

/** The source no longer has the record: what it said up to `at` is void. Its activities remain. */
export interface GoneChange extends Told {
  readonly kind: 'gone';
}

/**
 * Somebody decided that two records are not one person: `fragment` and `from` are kept apart for ever, on the way round
 * through others too, and `identifier`, if one is named, is no evidence of `fragment` any more.
 */
export interface UnmergeChange extends Omit<Told, 'identifiers' | 'read'> {
  readonly kind: 'unmerge';
  readonly from: FragmentId;
  readonly identifier?: Identifier;
  /** The decision itself is taken back. */
  readonly undone?: boolean;
}

/**
 * A stream was read again from its archive by the mappings as they are now: what was made of the pages of these hours
 * before `until`, and was not made again since, is void.
 */
export interface VoidedChange extends Pick<Told, 'fragment' | 'at'> {
  readonly kind: 'voided';
  readonly stream: string;
  /** The first of the hours, RFC 3339; `until` itself where none is void. */
  readonly since: string;
  readonly until: string;
  /** All that tells of the record itself was read again too, so what it said of itself is void likewise. */
  readonly record?: true;
  /** Not all was read: of what the record said, only what is older than its reading is void. */
  readonly part?: true;
}

/** What a source says about an account (a company). Never joins people. */
export interface AccountChange {
  readonly kind: 'account';
  /** `<connection>:account:<vendor id>`. */
  readonly account: string;
  readonly at: string;
  readonly mapping?: number;
  readonly traits?: JsonObject;
  readonly gone?: boolean;
}

/** What a record or a delivery means in our words. */
export type Change = ProfileChange | ActivityChange | GoneChange | UnmergeChange | VoidedChange | AccountChange;

/** A change about a person. */
export type PersonChange = Exclude<Change, AccountChange>;

/** A change that a source told of a person: it may say who the person is. */
export type ToldChange = Exclude<PersonChange, UnmergeChange | VoidedChange>;

/** Whether a source told a change, or we decided it about a record. */
export function isTold(change: PersonChange): change is ToldChange {
  return change.kind !== 'unmerge' && change.kind !== 'voided';
}

/** A record that could not become a change, kept for a human. Never holds a person's data in `reason`. */
export interface Rejection {
  /** `<area>/<what>`, with an anchor in docs/errors.md. */
  readonly code: string;
  /** What was found and what was expected, without values. */
  readonly reason: string;
  /** The record as received. Stored in quarantine, never logged. */
  readonly record: unknown;
  /** The stream's mapping that it was to go through, where it has several: by it the record can be read again. */
  readonly mapping?: string;
}
