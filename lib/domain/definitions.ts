import { createHash } from 'node:crypto';
import { canonicalText } from './canonical.ts';
import type { ComputedRules } from './computed/rules.ts';
import type { TraitKinds } from './facet/catalogue.ts';
import type { Json, JsonObject } from './json.ts';
import type { LearnedRules } from './learned/rules.ts';
import type { ListeningRules } from './listening.ts';
import type { Measures } from './review/measures.ts';
import type { SegmentDefinition } from './segment.ts';

/** Everything that `apply` publishes from a workspace, as one versioned document. Functions read this, never YAML. */
export interface Definitions {
  /** SHA-256 of the document without this field, first 16 hex digits. */
  readonly version: string;
  readonly workspace: string;
  /** IANA time zone, e.g. `Europe/Berlin`. */
  readonly timezone: string;
  readonly connections: Readonly<Record<string, ConnectionDefinition>>;
  readonly segments: readonly SegmentDefinition[];
  readonly personas: readonly JsonObject[];
  readonly audiences: readonly AudienceDefinition[];
  readonly identity: IdentityRules;
  /** Traits that the workspace or one of its connectors names, besides the standard ones. */
  readonly traits?: TraitKinds;
  /** Traits that are computed from activities. Absent: none. */
  readonly computed?: ComputedRules;
  /** Traits that are learned from what everybody does. Absent: none. */
  readonly learned?: LearnedRules;
  /** What people write is read by these. Absent: it is kept as it is. */
  readonly listening?: ListeningRules;
  /** What counts as engagement, revenue and feedback. Absent: none of them is measured. */
  readonly measures?: Measures;
  /** The name of the page on which people sign in to the deployed console. Absent: nobody can. */
  readonly console?: { readonly signIn: string };
  readonly guardrails: Guardrails;
  readonly privacy: { readonly activitiesKeptMs: number; readonly archiveKeptMs: number };
  readonly collection: {
    /** Source → write key. */
    readonly writeKeys: Readonly<Record<string, string>>;
    /** Refuse messages that cannot be used, instead of answering as if they were. Absent = no. */
    readonly strict?: boolean;
  };
}

export interface ConnectionDefinition {
  readonly name: string;
  readonly connector: string;
  /** Another base URL; the stage replaces the word `simulator` by the simulator's own. */
  readonly endpoint?: string;
  /** Stream name → schedule, as `parseSchedule` read it. */
  readonly streams: Readonly<Record<string, Schedule>>;
  readonly webhook: boolean;
  /** The EventBridge bus of ours that the vendor puts its events on: `aws.partner/…`. */
  readonly eventBus?: string;
  /** 0 to 1. */
  readonly quotaShare: number;
  /** Requests that the account may make in a day, all tools together; absent: nobody told us. */
  readonly requestsPerDay?: number;
  /** What becomes of an erased person's records there. Absent: the connector cannot erase, and nobody said what to do. */
  readonly erasure?: ErasureRule;
  /** The connector's own settings, checked by its config schema. */
  readonly config: JsonObject;
}

/**
 * `delete`: the tool's own deletion of a person's records. `remove`: they are taken off the lists that we fill, and their
 * records stay. `leave`: the tool is asked for nothing.
 */
export type ErasureRule = 'delete' | 'remove' | 'leave';

/** When something runs: an EventBridge Scheduler expression and the words it was written in. */
export interface Schedule {
  readonly expression: string;
  readonly words: string;
}

export interface AudienceDefinition {
  readonly audience: string;
  readonly segment: string;
  readonly connection: string;
  /** What `to:` holds besides the connection; the destination's own target schema has checked it. */
  readonly target: Json;
  /** Identifier types to match on, in order. */
  readonly match: readonly string[];
  readonly mode: 'mirror' | 'add-only';
  readonly needs: { readonly subscribed?: string; readonly consent?: readonly string[] };
  /** 0 to 1. */
  readonly holdout: number;
  readonly when: Schedule | 'realtime' | undefined;
  /** The truth check: when it compares with the tool's real list by itself, and what it does about differences. */
  readonly verify?: { readonly when: Schedule | undefined; readonly heal: 'report' | 'restore' | 'adopt' };
  /** Audiences with one experiment hold out the same people. */
  readonly experiment?: string;
  /** A person is in at most one audience of a group: the one with the smallest priority that can reach them. */
  readonly group?: { readonly name: string; readonly priority: number };
  /** Overrides the workspace's, one by one. */
  readonly guardrails?: Partial<Guardrails>;
  /** Field of the tool → what an addition sets it to, where it makes a record. */
  readonly fields?: Readonly<Record<string, FieldSource>>;
}

/** Where a field of a created record comes from: a trait of the person as it stands, or a value that is always the same. */
export type FieldSource = { readonly trait: string } | { readonly value: string | number | boolean };

export interface IdentityRules {
  /** Trait path (or `*`) → connection names, best first. */
  readonly priorities: Readonly<Record<string, readonly string[]>>;
  /** Values that are never identifiers, exact, after normalisation; the built-in list is always on. */
  readonly blocked: readonly string[];
  /** Identifier type → how many a person may have; `week` counts per seven days of source time. */
  readonly limits: Readonly<Record<string, { readonly most: number; readonly per: 'ever' | 'week' }>>;
  /** An identifier linked to this many user_ids is shared and joins nobody. */
  readonly sharedAt: number;
  /** Default country of phone numbers without one, per connection: ISO 3166-1 alpha-2. */
  readonly countries: Readonly<Record<string, string>>;
  /**
   * Whether people who may be the same are looked for, and how likely (0 to 1) it must be; `numbers` are traits that hold a
   * number of one person. Absent: nobody is compared.
   */
  readonly duplicates?: { readonly threshold: number; readonly numbers?: readonly string[] };
}

/** What one push may do without somebody's approval. Absent limits have the defaults of `guardrailsOf`. */
export interface Guardrails {
  /** 0 to 1, of the list's size. */
  readonly maxAdd: number;
  readonly maxRemove: number;
  /** The same as numbers of people. */
  readonly maxAddCount?: number;
  readonly maxRemoveCount?: number;
  /** So many changes are never held for their share of a small list. */
  readonly smallChange?: number;
  /** 0 to 1, of what the source brought before. */
  readonly minSource: number;
  readonly firstRun?: 'hold' | 'into-empty' | 'allow';
  readonly emptySegment?: 'hold' | 'allow';
  readonly maxOptOuts?: number;
}

/** First 16 hex digits of SHA-256 over the document as RFC 8785 canonical JSON. */
export function versionOf(document: Omit<Definitions, 'version'>): string {
  return createHash('sha256').update(canonicalText(document)).digest('hex').slice(0, 16);
}
