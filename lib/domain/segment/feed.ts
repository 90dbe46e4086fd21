import { createHash } from 'node:crypto';
import { canonicalText } from '../canonical.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Entry, ObservedActivity, Observer } from './entries.ts';
import { prepare } from './fold.ts';
import type { PropertyTest } from './leaves/did.ts';
import { ask, type Matcher } from './matcher.ts';
import type { Keep } from './need.ts';
import type { Range } from './operand.ts';
import { lookUp } from './path.ts';
import { readInstant } from './read-instant.ts';

/** What a feed keeps of a property: numbers for sums, scalars (without case, or in NFC) for counts of distinct values. */
export interface KeptValue {
  readonly property: string;
  readonly as: 'number' | 'folded' | 'text';
}

/** A stream of entries: activities of one name that pass fixed tests, with what later tests must read. */
export interface Feed extends Observer {
  readonly activity: string;
  /** Tests whose answer moves with time; their values are kept in the entry, after the kept value. */
  readonly moving: readonly Matcher[];
}

/** Registers a feed with what must be kept of it; returns its number in the machine. */
export type Register = (feed: Feed, keep: Omit<Keep, 'cap'>) => number;

interface Test {
  readonly property: string;
  readonly matcher: Matcher;
}

/** Builds the feed of an activity. Equal feeds have equal keys, whatever counts and windows are asked of them. */
export function buildFeed(
  activity: string,
  where: readonly PropertyTest[],
  range: Range | undefined,
  value: KeptValue | undefined,
  timezone: string,
): Feed {
  const tests = where.map(({ property, test }) => ({ property, matcher: test.build(timezone) })).sort(byKey);
  const fixed = tests.filter(({ matcher }) => !matcher.timed);
  const moving = tests.filter(({ matcher }) => matcher.timed);
  const identity = {
    activity,
    where: fixed.map(({ property, matcher }) => [property, matcher.negate, matcher.key]),
    range: range === undefined ? null : [range.from, range.to],
    value: value === undefined ? null : [value.property, value.as],
    moving: moving.map(({ property, matcher }) => [property, matcher.mode]),
  };
  const key = createHash('sha256').update(canonicalText(identity)).digest('base64url').slice(0, 14);

  function entryOf({ id, at: written, properties }: ObservedActivity): Entry | undefined {
    const at = readInstant(written);
    if (at === undefined || id === '' || (range !== undefined && (at < range.from || at > range.to))) return undefined;
    if (!fixed.every(({ property, matcher }) => ask(matcher, lookUp(properties, property), at) > 0)) return undefined;
    const kept = value === undefined ? undefined : keepValue(value, properties);
    if (moving.length > 0) return [at, id, [kept ?? null, ...moving.map((test) => keepMoving(test, properties))]];
    return kept === undefined ? [at, id] : [at, id, kept];
  }

  return { key, activity, moving: moving.map(({ matcher }) => matcher), entryOf };
}

/** The kept value of an entry: what a sum adds. */
export function keptValue(entry: Entry, feed: Feed): Json | undefined {
  const held = entry[2];
  if (feed.moving.length === 0) return held;
  return Array.isArray(held) ? ((held[0] as Json | null) ?? undefined) : undefined;
}

/** The kept value of the moving test at `index`, prepared. */
export function movingValue(entry: Entry, index: number): unknown {
  const held = entry[2];
  return Array.isArray(held) ? ((held[index + 1] as Json | null) ?? undefined) : undefined;
}

function keepValue({ property, as }: KeptValue, properties: JsonObject | undefined): Json | undefined {
  const found = lookUp(properties, property);
  if (as === 'number') return typeof found === 'number' ? found : undefined;
  if (found === null || typeof found === 'object') return undefined;
  return prepare(as, found) as Json | undefined;
}

function keepMoving({ property, matcher }: Test, properties: JsonObject | undefined): Json {
  const held = prepare(matcher.mode, lookUp(properties, property));
  return typeof held === 'number' || typeof held === 'string' ? held : null;
}

function byKey(a: Test, b: Test): number {
  const [x, y] = [`${a.property}\n${a.matcher.key}`, `${b.property}\n${b.matcher.key}`];
  return x < y ? -1 : x > y ? 1 : 0;
}
