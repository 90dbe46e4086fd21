import type { FragmentId } from './change.ts';
import { compareText } from './compare-text.ts';
import type { NotAnIdentifier } from './identifier.ts';
import { formatInstant, type Milliseconds } from './instant.ts';
import { newer, type TraitValue } from './trait-value.ts';

/** Why a value that was told is no identifier. An empty one says nothing, and a link to a company never was to be one. */
export type Unfit = Exclude<NotAnIdentifier, 'empty' | 'not-joining'>;

/** What a record told as an identifier and is none; the value where it stays a trait. */
export interface Refusal {
  readonly type: string;
  readonly reason: Unfit;
  readonly value?: string;
}

/** Identifier type → the last value of it that was none, by (source time, mapping version, value) as traits are. */
export type Unusable = Readonly<
  Record<string, readonly [why: { readonly reason: Unfit; readonly value?: string }, at: Milliseconds, mapping: number]>
>;

/** A record, as far as it decides what of this still holds. */
interface ToldRecord {
  readonly traits: Readonly<Record<string, TraitValue>>;
  readonly identifiers: Readonly<
    Record<string, Readonly<Record<string, readonly [first: Milliseconds, last: Milliseconds]>>>
  >;
  readonly gone?: Milliseconds;
  readonly unusable?: Unusable;
}

/** What is shown of a value that is no identifier. */
export interface UnusableLine {
  readonly fragment: FragmentId;
  readonly type: string;
  readonly reason: Unfit;
  /** When the record told it, RFC 3339. */
  readonly at: string;
}

/** How many types a record remembers; the latest told. Sources may call theirs whatever they like. */
const TYPES_KEPT = 20;

/** Notes what is no identifier; the same object comes back when it tells nothing new. */
export function noteUnusable(
  held: Unusable | undefined,
  refusals: readonly Refusal[],
  at: Milliseconds,
  mapping: number,
): Unusable | undefined {
  let noted = held;
  for (const { type, ...why } of refusals) {
    const before = noted !== undefined && Object.hasOwn(noted, type) ? noted[type] : undefined;
    const after = newer(before, [why, at, mapping]);
    if (after !== before) noted = { ...noted, [type]: after };
  }
  if (noted === undefined || noted === held || Object.keys(noted).length <= TYPES_KEPT) return noted;
  const latest = Object.entries(noted).sort(([a, [, x]], [b, [, y]]) => y - x || compareText(a, b));
  const kept = latest.slice(0, TYPES_KEPT);
  // What was the latest before and still is: nothing new.
  if (held !== undefined && kept.every(([type, one]) => held[type] === one)) return held;
  return Object.fromEntries(kept);
}

/** What records told as identifiers and is none, as far as nothing took its place since; by record and type. */
export function unusableOf(fragments: Readonly<Record<FragmentId, ToldRecord>>): readonly UnusableLine[] {
  return Object.entries(fragments)
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([fragment, { unusable = {}, ...record }]) => {
      return Object.entries(unusable)
        .filter(([type, [, at]]) => lastGood(record, type) <= at && at > (record.gone ?? Number.NEGATIVE_INFINITY))
        .sort(([a], [b]) => compareText(a, b))
        .map(([type, [{ reason }, at]]) => ({ fragment, type, reason, at: formatInstant(at) }));
    });
}

/** The traits of a record, with the values among them that were told as identifiers and are none. */
export function traitsOf(record: ToldRecord): Readonly<Record<string, TraitValue>> {
  const { traits, unusable } = record;
  if (unusable === undefined) return traits;
  const kept = Object.entries(unusable).flatMap(([type, [{ value }, at, mapping]]) => {
    const isTold = Object.hasOwn(traits, type) && (traits[type]?.[1] ?? at) >= at;
    return value === undefined || isTold || lastGood(record, type) >= at
      ? []
      : [[type, [value, at, mapping] as const] as const];
  });
  return kept.length === 0 ? traits : { ...traits, ...Object.fromEntries(kept) };
}

/** When the record last stated an identifier of the type. */
function lastGood({ identifiers }: Pick<ToldRecord, 'identifiers'>, type: string): Milliseconds {
  const values = Object.hasOwn(identifiers, type) ? Object.entries(identifiers[type] ?? {}) : [];
  return Math.max(Number.NEGATIVE_INFINITY, ...values.flatMap(([value, [, last]]) => (value === '' ? [] : [last])));
}
