import { createHmac } from 'node:crypto';
import { canonicalText } from './canonical.ts';
import type { Change } from './change.ts';
import type { Definitions } from './definitions.ts';
import type { IdentityKey } from './identifier.ts';
import type { Milliseconds } from './instant.ts';
import { isJsonObject, type Json } from './json.ts';

const DAY = 24 * 3_600_000;
/** How far the tool's clock may be behind ours. */
const SKEW = 60_000;

/** How long activities and archived pages are kept. */
export type Kept = Definitions['privacy'];

/** What the write ledger holds about one field of one thing in a tool. No personal data: HMACs and instants. */
export interface LedgerEntry {
  readonly key: string;
  /** HMAC of the value. */
  readonly value: string;
  /** What happened in the tool from here on, and before `until`, with this value is ours. */
  readonly from: Milliseconds;
  readonly until: Milliseconds;
  /** When this value was first asked for. What the tool dates before it tells nothing of the value. */
  readonly since: Milliseconds;
  /** HMAC of what was ours in the field until then: a record that is read late still holds it. */
  readonly former?: string;
  /** From here on the entry means nothing, whether or not the store has deleted it. */
  readonly expiresAt: Milliseconds;
  /** Id of the profile that it was written about, so that an erasure finds it. */
  readonly subject?: string;
}

/** What of a change is ours: all of it, one trait, one element of a trait that is a list, or one key of an object. */
export type EchoedPart = 'change' | { readonly trait: string; readonly element?: Json; readonly key?: string };

/** A field of a thing in a tool, and what was written to it. */
export interface LedgerField {
  readonly connection: string;
  readonly object: string;
  readonly id: string;
  readonly field: string;
}

/** The entry's key: of a field, not of its value, so that a later write takes the place of the former. */
export function ledgerKey({ connection, object, id, field }: LedgerField, key: IdentityKey): string {
  return mac(`write\n${canonicalText([connection, object, id, field])}`, key);
}

export function ledgerValue(of: string, value: Json, key: IdentityKey): string {
  return mac(`value\n${of}\n${canonicalText(value)}`, key);
}

/** A write that is about to be asked for: recognised for a day, because nobody knows what will become of it. */
export function askedEntry(
  key: string,
  value: string,
  now: Milliseconds,
  kept: Kept,
  before: LedgerEntry | undefined,
): LedgerEntry {
  return {
    key,
    value,
    from: now - SKEW,
    until: now + DAY,
    expiresAt: forgottenAt(now, kept),
    ...lineage(value, now, before),
  };
}

/** A write that the tool has confirmed: it stays ours, whenever the record is read again. */
export function madeEntry(
  key: string,
  value: string,
  now: Milliseconds,
  kept: Kept,
  before: LedgerEntry | undefined,
): LedgerEntry {
  const until = now + kept.activitiesKeptMs;
  return { key, value, from: 0, until, expiresAt: forgottenAt(now, kept), ...lineage(value, now, before) };
}

/** A page that was read while the write counted is read again by a replay for as long as the archive keeps it. */
function forgottenAt(now: Milliseconds, { activitiesKeptMs, archiveKeptMs }: Kept): Milliseconds {
  return now + activitiesKeptMs + archiveKeptMs;
}

/** Since when the value is asked for, and what was ours before: confirming a write, or repeating it, changes neither. */
function lineage(
  value: string,
  now: Milliseconds,
  before: LedgerEntry | undefined,
): Pick<LedgerEntry, 'since' | 'former'> {
  const repeats = before?.value === value;
  const former = repeats ? before.former : before?.value;
  return {
    since: repeats ? before.since : now,
    ...(former === undefined || former === '' ? {} : { former }),
  };
}

/** The place of a value that somebody else has written since: nothing matches it. */
export function spentEntry({ former: _, ...entry }: LedgerEntry): LedgerEntry {
  return { ...entry, value: '', from: 0, until: 0 };
}

/** Whether an entry says that the value, as the tool had it at `changedAt`, was written by us. */
export function isOurs(entry: LedgerEntry, value: string, changedAt: Milliseconds, now: Milliseconds): boolean {
  if (now >= entry.expiresAt) return false;
  if (entry.former === value && changedAt < entry.since) return true;
  return entry.value === value && entry.from <= changedAt && changedAt < entry.until;
}

/** Whether another value than ours is somebody's edit: it came after ours, and is not an older state that is read late. */
export function isEdited(entry: LedgerEntry, changedAt: Milliseconds): boolean {
  return entry.value !== '' && entry.since <= changedAt;
}

/** A change without the part that is ours; undefined when nothing is left. */
export function withoutEcho(change: Change, of: EchoedPart): Change | undefined {
  if (of === 'change') return undefined;
  if (change.kind !== 'profile' || change.traits === undefined) return change;
  const { [of.trait]: held, ...others } = change.traits;
  if (held === undefined) return change;
  // An absent trait is unchanged: what the profile holds stays. So is an absent key of one that is an object.
  if (of.key !== undefined) {
    if (!isJsonObject(held)) return change;
    const { [of.key]: _, ...rest } = held;
    return { ...change, traits: { ...change.traits, [of.trait]: rest } };
  }
  if (of.element === undefined) return { ...change, traits: others };
  if (!Array.isArray(held)) return change;
  const ours = canonicalText(of.element);
  return {
    ...change,
    traits: { ...change.traits, [of.trait]: held.filter((one: Json) => canonicalText(one) !== ours) },
  };
}

function mac(text: string, key: IdentityKey): string {
  return createHmac('sha256', key.secret).update(text).digest('base64url').slice(0, 27);
}
