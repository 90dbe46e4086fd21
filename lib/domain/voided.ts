import type { ActivityChange, ToldChange, VoidedChange } from './change.ts';
import { type Milliseconds, parseInstant } from './instant.ts';
import { type Entry, mergeEntries } from './segment/entries.ts';

/** Stream → readings of it that were all read again: pages of hours from `since` on, made into changes before `until`. */
export type Voided = Readonly<Record<string, readonly (readonly [since: Milliseconds, until: Milliseconds])[]>>;

/** Longer than any message of a reading lives, in queues and dead letters: older ones have nothing to hold off any more. */
const REMEMBERED_MS = 30 * 24 * 3_600_000;

/**
 * Remembers a full replay. Commutative and idempotent; the same object comes back when it tells nothing new. They are not
 * joined to longer ones: what the first made anew, of pages that the second did not read, would be void.
 */
export function noteVoided(held: Voided | undefined, change: VoidedChange): Voided {
  const before = held?.[change.stream] ?? [];
  const [since, until] = endsOf(change);
  const newest = before.reduce((latest, [, end]) => Math.max(latest, end), until);
  const counts = ([, end]: readonly [number, number]): boolean => end >= newest - REMEMBERED_MS;
  if (held !== undefined && (isNoted(held, change) || !counts([since, until]))) return held;
  const others = before.filter((one) => counts(one) && !(one[0] >= since && one[1] <= until));
  const windows = [...others, [since, until] as const].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return { ...held, [change.stream]: windows };
}

/** Whether a full replay is remembered. */
export function isNoted(
  held: Voided | undefined,
  { stream, ...change }: Pick<VoidedChange, 'stream' | 'since' | 'until'>,
): boolean {
  const [since, until] = endsOf(change);
  return (held?.[stream] ?? []).some((one) => one[0] <= since && one[1] >= until);
}

function endsOf({ since, until }: Pick<VoidedChange, 'since' | 'until'>): readonly [Milliseconds, Milliseconds] {
  return [parseInstant(since) ?? 0, parseInstant(until) ?? 0];
}

/** Whether a change was made of a reading that was read again: had it been made again, it would be of the later one. */
export function isVoided(voided: Voided | undefined, { read }: Pick<ToldChange, 'read'>): boolean {
  if (voided === undefined || read === undefined) return false;
  const [hour, at] = [parseInstant(read.hour) ?? 0, parseInstant(read.at) ?? 0];
  return (voided[read.stream] ?? []).some(([since, until]) => hour >= since && at < until);
}

/** What a record's segment leaves remember once its void activities are gone. */
export interface VoidedMemory {
  readonly held: Readonly<Record<string, readonly Entry[]>>;
  /** Activities that stand and are stored, or will be with what is being folded. */
  readonly standing: readonly ActivityChange[];
  readonly gone: readonly ActivityChange[];
  /** At and before this instant activities are not filled in from what is stored. */
  readonly oldest: Milliseconds;
  readonly observe: (activity: ActivityChange) => readonly (readonly [leafKey: string, entry: Entry])[];
}

/**
 * Fills the leaves of a record anew from the activities that stand. An entry of an activity that is not stored stays: it
 * is on its way, or DynamoDB deleted its row when its time was over.
 */
export function voidMemory({ held, standing, gone, oldest, observe }: VoidedMemory): VoidedMemory['held'] {
  const fillable = standing.filter(({ at }) => (parseInstant(at) ?? 0) > oldest);
  const known = new Set([...fillable, ...gone].map(({ id }) => id));
  const left: Record<string, readonly Entry[]> = {};
  for (const [leaf, entries] of Object.entries(held)) {
    const others = entries.filter(([, id]) => id !== '' && !known.has(id));
    if (others.length > 0) left[leaf] = others;
  }
  for (const activity of fillable) {
    for (const [leaf, entry] of observe(activity)) left[leaf] = mergeEntries(left[leaf] ?? [], [entry]);
  }
  return left;
}
