import { createHash } from 'node:crypto';

/**
 * The segment language by its definition, as naively as it can be written: every question goes over everything a person
 * ever did, at one instant. It shares no code with the evaluator; docs/segments.md is all it knows.
 */
export interface Person {
  readonly id: string;
  readonly traits: Readonly<Record<string, unknown>>;
  readonly since: Readonly<Record<string, number>>;
  readonly activities: readonly Activity[];
  readonly segments: readonly string[];
  readonly granted: readonly string[];
}

export interface Activity {
  readonly id: string;
  readonly name: string;
  readonly at: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

type Map_ = Readonly<Record<string, unknown>>;

const HOUR = 3_600_000;
const UNIT: Readonly<Record<string, number>> = { minute: HOUR / 60, hour: HOUR, day: 24 * HOUR, week: 168 * HOUR };
const relative = ['within_last', 'within_next', 'more_than_ago', 'anniversary_within'];

/** Whether the condition holds for the person at `now`; `others` are conditions of segments it may name. */
export function holds(condition: Map_, person: Person, now: number, others: Readonly<Record<string, Map_>>): boolean {
  const ask = (inner: unknown): boolean => holds(inner as Map_, person, now, others);
  if ('all' in condition) return (condition.all as unknown[]).every(ask);
  if ('any' in condition) return (condition.any as unknown[]).some(ask);
  if ('not' in condition) return !ask(condition.not);
  if ('trait' in condition) return testValue(read(person.traits, condition.trait as string), condition, now);
  if ('has_been' in condition) return hasBeen(condition, person, now);
  if ('did' in condition) return did(condition, person, now);
  if ('consent' in condition) return person.granted.includes(condition.consent as string);
  if ('subscribed' in condition) return person.granted.includes(condition.subscribed as string);
  if ('bucket' in condition) return inBucket(condition.bucket as Record<string, string>, person.id);
  const name = condition.segment as string;
  return others[name] === undefined ? person.segments.includes(name) : ask(others[name]);
}

/** Days since 1970 of the local date in a zone, read off the date that Intl prints. */
export function localDay(at: number, zone: string): number {
  const known = days.get(zone) ?? new Map<number, number>();
  days.set(zone, known);
  const day = known.get(at);
  if (day !== undefined) return day;
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' });
  formats.set(zone, format);
  const read = Date.parse(`${format.format(at)}T00:00:00Z`) / (24 * HOUR);
  if (known.size > 100_000) known.clear();
  known.set(at, read);
  return read;
}

const days = new Map<string, Map<number, number>>();
const formats = new Map<string, Intl.DateTimeFormat>();

export function lengthOf(words: unknown): number {
  const [amount, unit] = String(words).split(' ');
  return Number(amount) * (UNIT[(unit ?? '').replace(/s$/, '')] ?? Number.NaN);
}

function daysIn(words: unknown): number {
  return lengthOf(words) / (24 * HOUR);
}

function read(object: Map_, path: string): unknown {
  let value: unknown = object;
  for (const step of path.split('.')) value = (value as Map_ | undefined | null)?.[step];
  return value ?? undefined;
}

function plain(value: unknown, exact: boolean): unknown {
  if (typeof value !== 'string') return value;
  return exact ? value.normalize('NFC') : value.normalize('NFC').toLowerCase().normalize('NFC');
}

/** One operator beside its modifiers, of a value that may be missing. */
function testValue(value: unknown, test: Map_, now: number): boolean {
  const exact = test.case === 'exact';
  const same = (a: unknown, b: unknown): boolean => plain(a, exact) === plain(b, exact);
  const equals = (wanted: unknown): boolean =>
    Array.isArray(value) ? value.some((item) => same(item, wanted)) : value !== undefined && same(value, wanted);
  const includes = (wanted: unknown): boolean => {
    if (Array.isArray(value)) return equals(wanted);
    return (
      typeof value === 'string' &&
      typeof wanted === 'string' &&
      String(plain(value, exact)).includes(String(plain(wanted, exact)))
    );
  };
  const texts = (check: (a: string, b: string) => boolean, wanted: unknown): boolean =>
    typeof value === 'string' && check(String(plain(value, exact)), String(plain(wanted, exact)));
  const number = typeof value === 'number' ? value : Number.NaN;
  if ('is' in test) return equals(test.is);
  if ('is_not' in test) return !equals(test.is_not);
  if ('in' in test) return (test.in as unknown[]).some(equals);
  if ('not_in' in test) return !(test.not_in as unknown[]).some(equals);
  if ('exists' in test) return (value !== undefined) === test.exists;
  if ('contains' in test) return includes(test.contains);
  if ('not_contains' in test) return !includes(test.not_contains);
  if ('starts_with' in test) return texts((a, b) => a.startsWith(b), test.starts_with);
  if ('ends_with' in test) return texts((a, b) => a.endsWith(b), test.ends_with);
  if ('matches' in test) {
    return (
      typeof value === 'string' && new RegExp(String(test.matches), exact ? 'u' : 'iu').test(value.normalize('NFC'))
    );
  }
  if ('gt' in test) return number > Number(test.gt);
  if ('gte' in test) return number >= Number(test.gte);
  if ('lt' in test) return number < Number(test.lt);
  if ('lte' in test) return number <= Number(test.lte);
  if ('between' in test) {
    const [from, to] = test.between as [unknown, unknown];
    if (typeof from === 'number') return number >= from && number <= Number(to);
    const at = instantOf(value);
    return at >= instantOf(from) && at <= instantOf(to);
  }
  return testInstant(value, test, now);
}

function testInstant(value: unknown, test: Map_, now: number): boolean {
  if ('anniversary_within' in test) return comesRound(value, test, now);
  const at = instantOf(value);
  if (Number.isNaN(at)) return false;
  if ('before' in test) return at < instantOf(test.before);
  if ('after' in test) return at > instantOf(test.after);
  const zone = test.calendar as string | undefined;
  const words = relative.map((name) => test[name]).find((operand) => operand !== undefined);
  if (zone === undefined) {
    const length = lengthOf(words);
    if ('within_last' in test) return at > now - length && at <= now;
    return 'within_next' in test ? at > now && at <= now + length : at <= now - length;
  }
  const ago = localDay(now, zone) - localDay(at, zone);
  if ('within_last' in test) return at <= now && ago < daysIn(words);
  return 'within_next' in test ? at > now && -ago < daysIn(words) : ago >= daysIn(words);
}

/** Instants as Date reads them; only what is written as one. */
function instantOf(value: unknown): number {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
}

function comesRound(value: unknown, test: Map_, now: number): boolean {
  const isDate = typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value);
  const at = isDate ? Date.parse(`${value}T00:00:00Z`) : instantOf(value);
  if (Number.isNaN(at)) return false;
  const zone = test.calendar as string | undefined;
  const anchor = zone === undefined || isDate ? at : localDay(at, zone) * 24 * HOUR;
  const first = new Date(anchor);
  for (let year = first.getUTCFullYear(); year < 2060; year += 1) {
    const day = new Date(anchor);
    day.setUTCFullYear(year);
    if (day.getUTCMonth() !== first.getUTCMonth()) day.setUTCDate(0);
    const occurs = day.getTime();
    if (zone === undefined) {
      if (occurs > now && occurs <= now + lengthOf(test.anniversary_within)) return true;
    } else {
      const ahead = occurs / (24 * HOUR) - localDay(now, zone);
      if (ahead >= 0 && ahead < daysIn(test.anniversary_within)) return true;
    }
  }
  return false;
}

function hasBeen(condition: Map_, person: Person, now: number): boolean {
  const inner = condition.has_been as Map_;
  const path = inner.trait as string;
  const since = person.since[path];
  if (since === undefined || !testValue(read(person.traits, path), inner, now)) return false;
  const zone = inner.calendar as string | undefined;
  if (zone === undefined) return since <= now - lengthOf(inner.for);
  return localDay(now, zone) - localDay(since, zone) >= daysIn(inner.for);
}

function inBucket({ salt, from, to }: Record<string, string>, id: string): boolean {
  const place = BigInt(`0x${createHash('sha256').update(`${salt}:${id}`).digest('hex').slice(0, 16)}`);
  const share = (percent: string | undefined): bigint =>
    (BigInt(Math.round(Number.parseFloat(percent ?? '') * 1e6)) * 2n ** 64n) / 100_000_000n;
  return place >= share(from) && place < share(to);
}

function did(leaf: Map_, person: Person, now: number): boolean {
  const done = person.activities.filter((activity) => activity.at <= now);
  const matching = done.filter(
    (activity) => activity.name === leaf.did && passes(activity, leaf.where as Map_ | undefined, now),
  );
  const follows = (a: Activity, follower: Map_): boolean =>
    done.some(
      (b) =>
        b.name === follower.did &&
        passes(b, follower.where as Map_ | undefined, now) &&
        b.at > a.at &&
        b.at <= a.at + lengthOf(follower.within),
    );
  const found = matching
    .filter((activity) => inWindow(activity.at, leaf, now))
    .filter((a) => leaf.followed_by === undefined || follows(a, leaf.followed_by as Map_))
    .filter((a) => {
      if (leaf.not_followed_by === undefined) return true;
      const follower = leaf.not_followed_by as Map_;
      return now >= a.at + lengthOf(follower.within) && !follows(a, follower);
    });
  return reduce(leaf, found, now);
}

function passes(activity: Activity, where: Map_ | undefined, now: number): boolean {
  return Object.entries(where ?? {}).every(([path, test]) =>
    testValue(read(activity.properties, path), test as Map_, now),
  );
}

function inWindow(at: number, leaf: Map_, now: number): boolean {
  if (leaf.between !== undefined) {
    const [from, to] = leaf.between as [string, string];
    return at >= instantOf(from) && at <= instantOf(to);
  }
  if (leaf.within === undefined && leaf.from === undefined) return true;
  const zone = leaf.calendar as string | undefined;
  const from = leaf.within ?? leaf.from;
  if (zone === undefined)
    return at > now - lengthOf(from) && at <= now - (leaf.to === undefined ? 0 : lengthOf(leaf.to));
  const ago = localDay(now, zone) - localDay(at, zone);
  return ago < daysIn(from) && ago >= (leaf.to === undefined ? 0 : daysIn(leaf.to));
}

function reduce(leaf: Map_, found: readonly Activity[], now: number): boolean {
  for (const name of ['sum', 'avg', 'min', 'max', 'distinct']) {
    if (leaf[name] === undefined) continue;
    const test = leaf[name] as Map_;
    return testValue(aggregate(name, test, found), test, now);
  }
  if (leaf.regularly !== undefined) return regularly(leaf, found, now);
  const instants = found.map((activity) => activity.at);
  if (leaf.first !== undefined) return found.length > 0 && testEdge(Math.min(...instants), leaf.first as Map_, now);
  if (leaf.last !== undefined) return found.length > 0 && testEdge(Math.max(...instants), leaf.last as Map_, now);
  const count = (leaf.count ?? { at_least: 1 }) as Record<string, number>;
  if (count.exactly !== undefined) return found.length === count.exactly;
  return found.length >= (count.at_least ?? 0) && found.length <= (count.at_most ?? Number.POSITIVE_INFINITY);
}

function testEdge(at: number, test: Map_, now: number): boolean {
  return testValue(new Date(at).toISOString(), test, now);
}

function aggregate(name: string, test: Map_, found: readonly Activity[]): number | undefined {
  const values = found.map((activity) => read(activity.properties, test.property as string));
  if (name === 'distinct') {
    const scalars = values.filter((value) => value !== undefined && typeof value !== 'object');
    return new Set(scalars.map((value) => plain(value, test.case === 'exact'))).size;
  }
  const numbers = values.filter((value) => typeof value === 'number');
  if (name === 'sum') return numbers.reduce((a, b) => a + b, 0);
  if (numbers.length === 0) return undefined;
  if (name === 'avg') return numbers.reduce((a, b) => a + b, 0) / numbers.length;
  return name === 'min' ? Math.min(...numbers) : Math.max(...numbers);
}

function regularly(leaf: Map_, found: readonly Activity[], now: number): boolean {
  const { in: least, of } = leaf.regularly as { in: number; of: string };
  const zone = leaf.calendar as string | undefined;
  const periods = Number(of.split(' ')[0]);
  let active = 0;
  for (let period = 0; period < periods; period += 1) {
    const has = found.some(({ at }) => {
      if (zone === undefined) {
        const length = lengthOf(of) / periods;
        return at > now - (period + 1) * length && at <= now - period * length;
      }
      const ago = localDay(now, zone) - localDay(at, zone);
      const length = daysIn(of) / periods;
      return ago >= period * length && ago < (period + 1) * length;
    });
    if (has) active += 1;
  }
  return active >= least;
}
