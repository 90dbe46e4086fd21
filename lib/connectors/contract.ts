import type { Change, Identifier, Rejection } from '../domain/change.ts';
import type { EchoedPart } from '../domain/echo.ts';
import type { TraitKinds } from '../domain/facet/catalogue.ts';
import type { FigureDay } from '../domain/figure.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { MappedRecord, Mapping } from '../domain/mapping.ts';
import type { EventSource, WebhookSource } from './contract-deliveries.ts';
import type { Erasure } from './contract-erasure.ts';
import type { OpenFile } from './row-file.ts';

/** Anything that can check a value and say what is wrong with it. Zod schemas fit. */
export interface Schema<T> {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: T } | { readonly success: false; readonly error: SchemaError };
}

/** What a failed schema tells: where, and what was expected. */
export interface SchemaError {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/** Pure data about a connector: the only file of a connector that `infra` may import. */
export interface Manifest {
  readonly id: string;
  readonly title: string;
  readonly vendorApi: { readonly version: string; readonly docs: string };
  readonly limits: {
    /** Requests at the same time, per account, across everything that uses it. */
    readonly maxConcurrency: number;
    readonly maxRequestsPerSecond?: number;
    /** Where the vendor gives every account the same number a day. Else the workspace says `requests_per_day`. */
    readonly maxRequestsPerDay?: number;
    readonly evidence: { readonly source: string; readonly readOn: string };
  };
  /** `false`: no account to sign in to, so connections have no secret. `streams`: only those that read streams have one. */
  readonly signsIn?: false | 'streams';
}

/** Every effect a connector may have. There is no process.env, no Date.now(), no global fetch. */
export interface ConnectorIo {
  readonly fetch: typeof fetch;
  readonly now: () => Date;
  /** Fires when time is short; a connector stops within one page or one batch. */
  readonly signal: AbortSignal;
  readonly log: (message: string, fields?: Readonly<Record<string, Json>>) => void;
  readonly calls: Calls;
}

/**
 * The calls that all functions together may make with one connection. A client asks before each request, sign-in included,
 * and passes on what the vendor says of limits; how long a vendor wants us to wait goes into the `rate-limited` error.
 */
export interface Calls {
  /** Leave for one request. Waits for a moment; throws `rate-limited` when there is none to be had for longer. */
  ask(): Promise<void>;
  /** `used`: of the day, by everybody who uses the account. `calls`: requests that went out without asking. */
  heard(told: { readonly used?: DayUsage; readonly calls?: number }): void;
}

export interface DayUsage {
  readonly used: number;
  readonly limit: number;
}

/**
 * The whole promise between a vendor and us. Facets that are present are what the connector can do;
 * absence is the way to say "cannot". Registered in registry.ts, held to test/conformance.
 */
export interface Connector<Config, Secret, Api> {
  readonly manifest: Manifest;
  /** The connector's own settings in `connections:` of tributary.yaml (without connector, endpoint, streams, webhook, quota). */
  readonly config: Schema<Config>;
  /** What Secrets Manager (or TRIBUTARY_SECRET_<CONNECTION>) must hold, as a JSON object. */
  readonly secret: Schema<Secret>;
  /** The one place where a vendor client is made. A fresh client per call: nothing is shared between connections. */
  connect(connection: ConnectionInput<Config, Secret>, io: ConnectorIo): Promise<Api>;
  /** Cheapest authenticated call. Resolves with who we are signed in as; throws a TributaryError of kind auth or config. */
  check(api: Api): Promise<{ readonly account: string }>;
  readonly streams: readonly Stream<Api>[];
  /**
   * Pure. Why a connection with these settings cannot have one of the streams, as what it would take; undefined = it can.
   * Absent = every connection can have all of them.
   */
  readonly refusesStream?: (stream: string, config: Config) => string | undefined;
  readonly webhook?: WebhookSource<Config, Secret>;
  readonly events?: EventSource<Config>;
  readonly imports?: Imports;
  readonly audiences?: AudienceDestination<Api>;
  /** A field of the person's own record in the place of a list: whoever is in the audience holds the target's value in it. */
  readonly fieldValues?: FieldDestination<Api>;
  readonly erasure?: Erasure<Api>;
  /** Mappings that a connection's own settings make, besides those of the streams: `check` knows by them what is filled. */
  readonly mappingsOf?: (config: Config) => readonly Mapping[];
  /** What kind of data the vendor's own traits are; without it they are sorted by who told them. */
  readonly traits?: TraitKinds;
  /**
   * What of a change can be a push of ours coming back. Pure. Present when a stream or the webhook reads what
   * `audiences` or `fieldValues` write; without it people would seem to have done what we did.
   */
  readonly echoes?: (change: Change, pushed: Pushed<Config>) => readonly Echo[];
}

/** What may have been written through a connection: its settings, and the targets of all audiences that go to it. */
export interface Pushed<Config> {
  readonly config: Config;
  readonly targets: readonly Json[];
}

/** One value of one field of one thing in the tool, in the tool's own words: what the write ledger remembers as a hash. */
export interface Write {
  readonly object: string;
  readonly id: string;
  readonly field: string;
  readonly value: Json;
  /** The batch's `memberId` of whom it is written about: an erasure finds it by that. Left out where it is only compared. */
  readonly member?: string;
}

/** A part of a change that is our own if the write ledger knows any of these writes. */
export interface Echo {
  readonly writes: readonly Write[];
  /** What is dropped: the whole change, one trait of it, one element of a trait that is a list, or one key of an object. */
  readonly of: EchoedPart;
}

/** The write ledger, for a connector that applies a batch. */
export interface WriteNotes {
  /** Before the tool hears of it. Recognised for what happens within a day. */
  asked(writes: readonly Write[]): Promise<void>;
  /** The tool answered that this stands because of us: recognised for as long as activities are kept. */
  made(writes: readonly Write[]): Promise<void>;
}

export interface ConnectionInput<Config, Secret> {
  /** The connection's name in the workspace. */
  readonly name: string;
  readonly config: Config;
  readonly secret: Secret;
  /** Another base URL (sandbox, proxy, simulator) instead of the vendor's own. */
  readonly endpoint?: string;
}

/** What the pipeline sees of a stream, after defineStream() closed over its record and cursor types. */
export interface Stream<Api> {
  readonly name: string;
  readonly figures?: true; // Its pages hold figures, which are nobody's, and no changes: no push waits for it.
  readonly mappings: Readonly<Record<string, Mapping>>;
  /**
   * Pages from a checkpoint (undefined = backfill). Throws TributaryError `config` `sync/unknown-cursor` when the
   * checkpoint has a version it does not know. Ends when the source has nothing more now.
   */
  read(api: Api, connection: string, from: Json | undefined, options: ReadOptions): AsyncIterable<Page>;
  /** Reads single records again by vendor id: what a hint asks for. Ids that no longer exist become `gone`. */
  reread?(api: Api, connection: string, ids: readonly string[], options: ReadOptions): Promise<Page>;
  /** Archived lines through the mappings as they are now, with the connection's settings. Asks nobody. */
  remap(lines: readonly ArchivedLine[], connection: string, config: unknown): Pick<Page, 'changes' | 'rejected'>;
}

/** A line of the archive: a record that went through a mapping, or a change that no record stands behind. */
export type ArchivedLine =
  | {
      /** The fragment or account that the record became a part of; absent when it became none. */
      readonly of?: string;
      readonly mapping: string;
      readonly record: unknown;
    }
  | { readonly of: string; readonly change: Change };

export interface ReadOptions {
  readonly pageSize?: number;
  readonly signal: AbortSignal;
  /** The run's own instant: the frozen end of the window that a run reads. */
  readonly now: Date;
}

export interface Page {
  readonly changes: readonly Change[];
  readonly rejected: readonly Rejection[];
  /** The records as received, for the archive: whom each is about and which mapping it went through. */
  readonly lines: readonly ArchivedLine[];
  /** Of a stream of figures: whole days, each in the place of what was told of it before. */
  readonly figures?: readonly FigureDay[];
  /** Resuming here repeats nothing before this page and loses nothing after it. */
  readonly checkpoint: Json;
  /**
   * From here on all is read anew, because the source no longer tells everything that was deleted since this instant, RFC 3339.
   * What is not read again until the run has ended is taken away.
   */
  readonly anewSince?: string;
  /** How many records the source says that a reading from the beginning has still to bring. Absent = it does not say. */
  readonly left?: number;
}

/** Records that nobody reads anywhere: somebody sends them, as rows of files. */
export interface Imports {
  /** The stream under which they are archived and replayed. */
  readonly stream: string;
  /** Reads the mapping in a connection's checked settings. Pure. */
  open(config: unknown): OpenImports;
}

export interface OpenImports {
  /** What the mapping is made of, in full: by it, one is told from another. */
  readonly written: object;
  /** One record as archived. The same record makes the same changes, so what is sent again changes nothing. */
  map(record: unknown, connection: string): MappedRecord;
  /**
   * Columns that the mapping names and a file lacks. Throws `import/unknown-header` where no row could be told from another.
   * Absent = each row says what it lacks.
   */
  missingIn?(file: OpenFile): readonly string[];
}

/** Where people are met: a persona says something for each. */
export type Channel = 'email' | 'sms' | 'ads' | 'social' | 'web';

/** Where audiences go. The pipeline owns chunking, suppression, holdout, retry and the final settling of outcomes. */
export interface AudienceDestination<Api> {
  /** What `to:` of an audience file may hold besides `connection`: `{ tag: Lapsing }`, `{ campaign: Spring }`. */
  readonly target: Schema<Json>;
  /** Identifier types that the destination can match on, best first. */
  readonly matchKeys: readonly { readonly type: string; readonly hash: 'none' | 'sha256' | 'md5' }[];
  /** `callsEach`: requests that each member takes by itself, beside the one of the batch; absent = none. */
  readonly batch: { readonly maxMembers: number; readonly maxBytes?: number; readonly callsEach?: number };
  readonly canRemove: boolean;
  /** How whoever is on the list is spoken to. Absent = the list by itself speaks to nobody. */
  readonly channel?: Channel;
  /**
   * The tool takes keys and tells of nobody whether it knows them: whom it received is `applied`, each time anew, and
   * nobody is `unmatched` or `unchanged`.
   */
  readonly writeOnly?: true;
  /** Present where adding somebody makes a record of the tool's own, of which a push may set more fields. */
  readonly creates?: Creates;
  /** Whoever is taken off the list is unsubscribed by it: each removal counts as an opt-out for guardrails. */
  readonly removalUnsubscribes?: true;
  /**
   * Pure. The list that a target means, told apart as `ensure` and the tool do: a name in another case, or under another
   * key, may be the same list. Absent = what is written otherwise is another list.
   */
  listOf?(target: Json): string;
  /** Finds the audience's object in the tool, or makes it. Twice gives the same. */
  ensure(api: Api, target: Json): Promise<{ readonly remoteId: string }>;
  /** Applies one batch. Throws only if the whole request failed; a member's failure is an outcome. */
  apply(api: Api, batch: MembershipBatch): Promise<BatchResult>;
  /** The vendor's way for very many, where it has another one. */
  readonly bulk?: BulkWay<Api>;
  /** For vendors that answer with a job. */
  poll?(api: Api, job: Json): Promise<BatchResult>;
  /** How the tool's real list is read. Absent = the tool shows nobody, not even how many. */
  readonly truth?: Truth<Api>;
}

/**
 * A field of people's records as an audience: an addition sets it to the target's `value` on a record that is there, a
 * removal empties it if it still holds that value, and on the list is whoever holds it. Nobody is made known to the tool.
 */
export interface FieldDestination<Api> extends AudienceDestination<Api> {
  /** Pure. Names the field, whatever the value: it holds one at a time, so audiences that write it share a group. */
  fieldOf(target: Json): string;
  /** Pure. More identifier types that this target's people are found by, beside `matchKeys`. */
  moreKeys?(target: Json): readonly string[];
}

/** Another way to apply a batch, for so many members that setting up a job is worth it. */
export interface BulkWay<Api> {
  /** Taken where a plan holds more members of one direction than this. */
  readonly above: number;
  readonly batch: { readonly maxMembers: number; readonly maxBytes?: number };
  /** Requests that one batch takes, about: for the plan's estimate. */
  readonly calls: number;
  apply(api: Api, batch: MembershipBatch): Promise<BatchResult>;
  poll(api: Api, job: Json, sent: SentBatch): Promise<BatchResult>;
}

/** What a job is about: a job over very many is noted in one small document, and cannot remember them. */
export interface SentBatch {
  readonly remoteId: string;
  readonly op: 'add' | 'remove';
  /** The members without an outcome yet, with the keys they were sent with. Read on demand: a job that is not done needs none. */
  members(): Promise<readonly Member[]>;
  readonly notes?: WriteNotes;
}

/** The record that an addition makes in the tool. What is there already is never written over. */
export interface Creates {
  /** As an operator calls it: `campaign member`. */
  readonly record: string;
  /** Pure. What is wrong with a field that `fields:` of an audience names, as what was expected; undefined = nothing. */
  refuses(field: string): string | undefined;
}

/** What a tool lets us see of a list: who is on it (`members`), or only how many (`size`). It changes nothing. */
export interface Truth<Api> {
  /** The audience's object in the tool as `ensure` would choose it; undefined where `ensure` would make one. */
  find(api: Api, target: Json): Promise<{ readonly remoteId: string } | undefined>;
  /** Pages through the list. Reading on `after` a page's `next` repeats nobody before it, and may repeat a few. */
  members?(
    api: Api,
    remoteId: string,
    options: { readonly signal: AbortSignal; readonly after?: Json },
  ): AsyncIterable<ListPage>;
  /** How people who are not on the list `remoteId` stand in the tool, by member id; absent from the map = `unknown`. */
  standing?(api: Api, members: readonly Member[], remoteId: string): Promise<ReadonlyMap<string, Standing>>;
  size?(api: Api, remoteId: string): Promise<number>;
}

export interface ListPage {
  readonly members: readonly ListedMember[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: Json;
}

export interface ListedMember {
  /** Every identifier by which a push could have meant this person. */
  readonly keys: readonly Identifier[];
  readonly standing: Standing;
}

/** `reachable`, `unknown` (the tool does not know them, or not any more), or the tool's own word: `unsubscribed`, `cleaned`… */
export type Standing = string;

export interface MembershipBatch {
  readonly remoteId: string;
  readonly op: 'add' | 'remove';
  readonly members: readonly Member[];
  /** The same for the same batch however often it is tried. */
  readonly idempotencyKey: string;
  /** The target that `remoteId` was found by. */
  readonly target?: Json;
  /** Of an addition: channels and purposes to which everybody in the batch agreed, because the audience needs it. */
  readonly granted?: readonly string[];
  /** Where a connector with `echoes` notes what it writes. Absent = nobody will read it back. */
  readonly notes?: WriteNotes;
}

export interface Member {
  /** Ours: the key of the outcome map. */
  readonly memberId: string;
  /** Match keys in the form that the destination wants, best first; at least one. */
  readonly keys: readonly Identifier[];
  /** Of an addition: values of the tool's own fields for the record that it makes. Only where the destination `creates`. */
  readonly fields?: JsonObject;
}

export type BatchResult =
  | {
      readonly state: 'done';
      readonly outcomes: ReadonlyMap<string, Outcome>;
      /** What became of everybody else in the batch, where the tool answered for all at once. Absent = it said nothing. */
      readonly others?: Outcome;
      readonly calls: number;
    }
  | {
      readonly state: 'pending';
      readonly job: Json;
      readonly pollAfterMs: number;
      readonly calls: number;
      /** Members of whom is known already what becomes of them: they are in no job. */
      readonly outcomes?: ReadonlyMap<string, Outcome>;
    };

export type Outcome =
  | { readonly status: 'applied' }
  | { readonly status: 'unchanged' }
  | { readonly status: 'unmatched' }
  | { readonly status: 'refused'; readonly code: string }
  | { readonly status: 'rejected'; readonly code: string }
  | { readonly status: 'retry'; readonly code: string };
