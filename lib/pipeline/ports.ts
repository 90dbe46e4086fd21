import type { ActivityChange, ConsentStatement, Identifier } from '../domain/change.ts';
import type { Definitions } from '../domain/definitions.ts';
import type { LedgerEntry } from '../domain/echo.ts';
import type { ErasedProfile } from '../domain/erasure.ts';
import type { Milliseconds } from '../domain/instant.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { MergedProfile, Profile, Wanted, Why } from '../domain/profile.ts';
import type { SegmentDefinition } from '../domain/segment.ts';
import type { ReadSegment } from '../domain/segment-text.ts';
import type { TraitValue } from '../domain/trait-value.ts';

/** A profile as stored: a living one, a pointer to the one it was merged into, or the tombstone of an erased one. */
export type StoredProfile = Profile | MergedProfile | ErasedProfile;

/** Moves an identifier from the profile that the index named to another one. */
export interface Move {
  readonly key: string;
  readonly from: string;
  readonly to: string;
}

/** `conflict`: something moved since it was read. `too-large`: over the budget of one item; nothing was written. */
export type WriteOutcome = 'written' | 'conflict' | 'too-large';

/** What the index knows of some keys. */
export interface LookedUp {
  /** Key → id of the profile that it leads to. */
  readonly owners: ReadonlyMap<string, string>;
  /** Key → when the person was erased whom it led to before its owner claimed it, in ms. */
  readonly erased: ReadonlyMap<string, Milliseconds>;
  /** Keys of identifiers whose holder is never to be contacted. */
  readonly suppressed: ReadonlySet<string>;
  /** Keys that the index knows something of and that lead to nobody. */
  readonly vacant: ReadonlySet<string>;
  /** Key of a record → when the latest hint came that its consent is withdrawn, in ms, if it was not read again since. */
  readonly hinted: ReadonlyMap<string, Milliseconds>;
}

/** Takes a key for a profile. */
export interface Claim {
  readonly key: string;
  readonly profile: string;
  /** The key leads to this erased person's profile, and may be taken from it. */
  readonly over?: string;
  /** When the person was erased whom the key led to; it stays known. */
  readonly erased?: Milliseconds;
  /** The index knows the key, and it leads to nobody. */
  readonly vacant?: true;
}

/** The index from identifiers (HMAC keys) to profile ids. Reads are consistent. */
export interface IdentityIndex {
  lookUp(keys: readonly string[]): Promise<LookedUp>;
  /** Claims keys that nobody living holds. Returns the keys that somebody else claimed first. */
  claim(claims: readonly Claim[]): Promise<ReadonlySet<string>>;
  /** Marks a key as suppressed, or takes the mark away, whoever it leads to. */
  mark(key: string, suppressed: boolean): Promise<void>;
  /**
   * Notes that a hint of `at` came about the records of these keys, or that they were read again after it; a later one that is
   * noted stays. A key of nobody is passed over.
   */
  note(what: 'hinted' | 'reread', keys: readonly string[], at: Milliseconds): Promise<void>;
}

/** So many profiles and moves together every store writes as one: what DynamoDB takes in one transaction. */
export const mostAsOne = 100;

/** So many rows by key a store reads in one request: whoever reads more reads them in groups of it. */
export const rowsAtOnce = 100;

/** Profiles: one item a person, written on condition that its version is the one that was read. */
export interface ProfileStore {
  /** `lagging`: perhaps as they were a moment ago, for half the price. */
  read(ids: readonly string[], options?: { readonly lagging?: boolean }): Promise<ReadonlyMap<string, StoredProfile>>;
  /** Writes each profile as version + 1 if the stored version is still its own. What became of each, by id. */
  write(profiles: readonly Profile[]): Promise<ReadonlyMap<string, WriteOutcome>>;
  /** Writes several profiles and moves identifiers as one, or nothing; of `shortcuts` as many as there is room for. */
  writeTogether(
    profiles: readonly StoredProfile[],
    moves: readonly Move[],
    shortcuts: readonly Move[],
  ): Promise<WriteOutcome>;
  /** Empties the outboxes of profiles whose stored version is still the given one; a lost race is no loss. */
  clearOutboxes(profiles: readonly StoredProfile[]): Promise<void>;
  /** Profiles due from `from` until `until`, both included, from the sparse index; may lag behind writes. */
  due(from: Milliseconds, until: Milliseconds): AsyncIterable<readonly string[]>;
  /** One of `of` equal parts of the whole table, by pages; from where a page ended on. May lag behind writes. */
  scan(part: number, of: number, after?: string): AsyncIterable<ScanPage>;
}

/** Some people of a walk over everybody. */
export interface ScanPage {
  readonly people: readonly StoredProfile[];
  /** Where to go on; absent = this part is at its end. */
  readonly after?: string;
  /** Read units that the page took. */
  readonly readUnits: number;
}

/** An account (company) as stored. */
export interface Account {
  readonly id: string;
  readonly version: number;
  readonly traits: Readonly<Record<string, TraitValue>>;
  readonly gone?: Milliseconds;
}

export interface AccountStore {
  read(ids: readonly string[]): Promise<ReadonlyMap<string, Account>>;
  write(accounts: readonly Account[]): Promise<ReadonlySet<string>>;
}

/**
 * Activities under their fragment. Putting one twice is putting it once; of one that was read several times the latest
 * reading stays, in whatever order they come.
 */
export interface ActivityStore {
  put(activities: readonly ActivityChange[]): Promise<void>;
  /** Newest first; from the activity with this key (`activityKey`) on, it included. */
  latest(fragment: string, most: number, from?: string): Promise<readonly ActivityChange[]>;
  count(fragment: string): Promise<number>;
  /** All of a fragment, newest first: fills segment leaves after a change of definitions. */
  all(fragment: string): AsyncIterable<readonly ActivityChange[]>;
  /** Deletes activities that are still of the reading that they were seen with. */
  drop(activities: readonly ActivityChange[]): Promise<void>;
  /** Deletes all of a fragment. Returns how many there were. */
  erase(fragment: string, upTo?: Milliseconds): Promise<number>;
}

/** A row that follows a profile: carries the profile's version, so that a stale one never overwrites a newer one. */
export type FollowRow =
  | {
      readonly row: 'segment';
      readonly segment: string;
      readonly profile: string;
      readonly version: number;
      readonly member: boolean;
      readonly at: Milliseconds;
    }
  | {
      readonly row: 'audience';
      readonly audience: string;
      readonly profile: string;
      readonly version: number;
      readonly wanted: Wanted;
      /** What its decision came by: traces of deliveries, ids of runs, with spaces between. */
      readonly cause?: string;
    }
  | {
      readonly row: 'account';
      readonly account: string;
      readonly profile: string;
      readonly version: number;
      readonly linked: boolean;
    };

/** What the tool was last sent about a person, and what it answered. */
export interface ToldSide {
  readonly in: boolean;
  readonly keys: readonly Identifier[];
  readonly outcome: string;
  readonly code?: string;
  /** What was asked of the tool; absent on sides that no run wrote. */
  readonly op?: 'add' | 'remove';
  readonly run: string;
  readonly at: Milliseconds;
  /** For an addition that needed it: the statement that was relied on, without the address. */
  readonly consent?: Omit<ConsentStatement, 'address'>;
}

/** An audience row: what we want beside what the tool was told. */
export interface AudienceRow {
  readonly profile: string;
  readonly wanted: Wanted;
  readonly wantedVersion: number;
  readonly told?: ToldSide;
  readonly toldVersion: number;
  readonly pending: boolean;
  /** Until then the person is not added: a pause that a former release wrote, for a day at most (docs/adr/0079). */
  readonly pausedUntil?: Milliseconds;
  /** What the wanted side came by. */
  readonly cause?: string;
}

export interface MemberPage {
  readonly members: readonly { readonly profile: string; readonly since: Milliseconds }[];
  readonly next?: string;
}

export interface MembershipStore {
  /** Into how many parts an audience's rows are laid out. */
  readonly audienceParts: number;
  writeRows(rows: readonly FollowRow[]): Promise<void>;
  segmentMembers(segment: string): AsyncIterable<readonly { readonly profile: string; readonly since: Milliseconds }[]>;
  /** Some members and, where there are more, from where to ask for the next ones. */
  someMembers(segment: string, most: number, from?: string): Promise<MemberPage>;
  /** How many members; as soon as about `most` rows were looked at, no more of them are: then it is at least so many. */
  countSegment(segment: string, most?: number): Promise<number>;
  /** How many rows of an audience may differ from what the tool was told; at least so many once `most` were found. */
  countPending(audience: string, most: number): Promise<number>;
  /** Profile ids of the people who belong to an account. */
  accountPeople(account: string): AsyncIterable<readonly string[]>;
  /**
   * All rows, or those of one part (0 up to `audienceParts`), in one order that does not change; from after the row of a
   * profile on.
   */
  audienceRows(audience: string, part?: number, after?: string): AsyncIterable<readonly AudienceRow[]>;
  /** Profile ids whose sides differ, from the sparse index, in the order of `audienceRows`; may lag behind writes. */
  pending(audience: string, after?: string): AsyncIterable<readonly string[]>;
  /** Rows by key, consistently: what is read just before sending. */
  readAudienceRows(audience: string, profiles: readonly string[]): Promise<ReadonlyMap<string, AudienceRow>>;
  /**
   * Writes the told side; the row stops being pending if its wanted side is still the one acted on. Returns the profiles
   * whose row moved since it was read: they keep the answer of the tool and stay pending.
   */
  settle(audience: string, rows: readonly Settled[]): Promise<ReadonlySet<string>>;
  /** Deletes people's rows of a segment, an audience or an account, whatever they say. */
  eraseRows(of: 'segment' | 'audience' | 'account', owner: string, profiles: readonly string[]): Promise<void>;
  /**
   * Makes rows for people whom the tool's list holds and no row names: nobody wants them, the tool has them. Returns the
   * names that have a row already; theirs stays as it is.
   */
  enter(audience: string, rows: readonly Entered[], expiresAt: Milliseconds): Promise<ReadonlySet<string>>;
}

/** Somebody who was found on a tool's list, under a name in the place of a profile id. */
export interface Entered {
  readonly profile: string;
  readonly told: ToldSide;
  readonly pending: boolean;
}

export interface Settled {
  readonly row: AudienceRow;
  /** Absent: nothing was told; the row only stops being pending. */
  readonly told?: ToldSide;
  readonly pending: boolean;
}

/** Who shares a block key with whom: people who may be the same. Keys are HMACs; rows outlive the reason for them. */
export interface BlockStore {
  /** Adding somebody twice is adding them once. Whoever comes to a block of `most` may be left out. */
  add(rows: readonly { readonly block: string; readonly profile: string }[], most: number): Promise<void>;
  /** Profile ids by block, consistently. A block that nobody is in is left out. */
  members(blocks: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
}

/** What we wrote into tools, by which our own writes are recognised when they come back. Reads are consistent. */
export interface WriteLedger {
  read(keys: readonly string[]): Promise<ReadonlyMap<string, LedgerEntry>>;
  /** The last entry of a key stands. */
  put(entries: readonly LedgerEntry[]): Promise<void>;
  /** Deletes what was written about these people, by profile id. Returns how many entries there were. */
  erase(subjects: readonly string[]): Promise<number>;
}

/** Somebody entered or left a segment. */
export interface HistoryLine {
  readonly profile: string;
  readonly segment: string;
  readonly member: boolean;
  readonly at: Milliseconds;
  /** Version of the definitions that decided. */
  readonly definitions?: string;
  readonly why?: Why;
}

export interface HistoryStore {
  /** Putting a line twice is putting it once. */
  put(lines: readonly HistoryLine[]): Promise<void>;
  /** Newest first. */
  ofProfile(profile: string, most: number): Promise<readonly HistoryLine[]>;
  /** Of one UTC day (`2026-11-21`), newest first. */
  ofSegment(segment: string, day: string, most: number): Promise<readonly HistoryLine[]>;
  /**
   * How many entered and left a segment on a UTC day, from an instant of it on (absent = all day). As soon as about `most`
   * lines were looked at, no more of them are: then it is at least so many.
   */
  countDay(
    segment: string,
    day: string,
    from?: Milliseconds,
    most?: number,
  ): Promise<{ readonly entered: number; readonly left: number }>;
  /** Deletes all lines of a profile, its own and those under the segments. Returns how many it had. */
  erase(profile: string): Promise<number>;
}

/** Small documents with conditional writes: checkpoints, runs, definitions, quarantine. */
export interface StateStore {
  get(kind: string, id: string): Promise<StateDocument | undefined>;
  /** Writes if the stored version is still `expected` (0 = must not exist). False when it moved. */
  put(
    kind: string,
    id: string,
    body: JsonObject,
    expected: number,
    options?: { readonly expiresAt?: Milliseconds },
  ): Promise<boolean>;
  /** All documents of a kind, by pages in the order of their ids. */
  all(kind: string): AsyncIterable<readonly StateDocument[]>;
  remove(kind: string, id: string): Promise<void>;
  /** Newest id first; from below `after` on. */
  list(kind: string, options: { readonly most: number; readonly after?: string }): Promise<readonly StateDocument[]>;
  /** Adds numbers to a set; adding twice is adding once. Spreads them over rows of bounded size. */
  addNumbers(kind: string, numbers: readonly number[], expiresAt: Milliseconds): Promise<void>;
  numbers(kind: string): Promise<ReadonlySet<number>>;
}

export interface StateDocument {
  readonly id: string;
  readonly version: number;
  readonly body: JsonObject;
}

/** Objects: archived pages and deliveries, published definitions, plans and outcomes of runs, exports. */
export interface Archive {
  put(key: string, lines: readonly unknown[]): Promise<void>;
  putJson(key: string, value: Json): Promise<void>;
  getJson(key: string): Promise<Json | undefined>;
  /** The lines of an object; undefined when there is none (any more). */
  lines(key: string): Promise<readonly Json[] | undefined>;
  /** Keys with a prefix in their order, by pages; those after `after` only. */
  list(prefix: string, after?: string): AsyncIterable<readonly string[]>;
  remove(key: string): Promise<void>;
}

/** An object as it was when we were told of it: whoever reads it never gets a mixture of two. */
export interface ObjectVersion {
  readonly key: string;
  /** What S3 calls the entity tag, without quotes. */
  readonly tag: string;
}

/**
 * Objects that others made or will read, as they are. Reading throws `rejected` `import/file-gone` when there is no such
 * object (any more), and `import/file-replaced` when it is another version.
 */
export interface PlainObjects {
  bytes(object: ObjectVersion, from?: number): AsyncIterable<Uint8Array>;
  /** From a byte up to another, that one not included. */
  slice(object: ObjectVersion, start: number, end: number): Promise<ArrayBuffer>;
  /** All of an object, whatever its version; undefined when there is none. */
  whole(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array, type: string): Promise<void>;
}

/** A queue of JSON messages. */
export interface Queue {
  send(messages: readonly QueueMessage[]): Promise<void>;
}

/** One message of a dead-letter queue, as text, and the handle by which it is answered for. */
export interface DeadLetter {
  readonly handle: string;
  readonly text: string;
}

/** A dead-letter queue as somebody who looks through it sees it. */
export interface DeadLetters {
  /** Some messages that anybody may see now; nobody else sees them for so long. None = all that can be seen were. */
  receive(hideSeconds: number): Promise<readonly DeadLetter[]>;
  put(text: string): Promise<void>;
  remove(letter: DeadLetter): Promise<void>;
  /** Lets everybody see them again, at once. */
  release(letters: readonly Pick<DeadLetter, 'handle'>[]): Promise<void>;
  /** About how many there are: that can be seen, and that nobody can see now because somebody else is looking at them. */
  count(): Promise<{ readonly seen: number; readonly hidden: number }>;
}

export interface QueueMessage {
  readonly body: Json;
  readonly delaySeconds?: number;
}

/** Tells whoever is on call. Counts and ids, never a person. */
export type Notify = (message: { readonly subject: string; readonly text: string }) => Promise<void>;

export type Secrets = (name: string) => Promise<Json>;

/** One line of structured log. Never a person: ids of runs and connections, counts, durations. */
export type Log = (message: string, fields?: Readonly<Record<string, Json>>) => void;

/** Effects of time that a test may control. */
export interface Clock {
  readonly now: () => Date;
  readonly wait: (milliseconds: number) => Promise<void>;
  /** In [0, 1): for jitter only. */
  readonly random: () => number;
}

/** The text of a segment's file, and what it means. Whoever reads YAML implements it. */
export interface SegmentTexts {
  /** Reads the text of `segments/<segment>.yaml` beside what is published, with the problems that a check would tell. */
  read(segment: string, text: string, published: Definitions): Promise<ReadSegment>;
  /** A definition as the text of a file, when nobody kept the text it was written in. */
  write(definition: SegmentDefinition | JsonObject): Promise<string>;
}
