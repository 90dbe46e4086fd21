import type { Activity, Person } from './brute-force.ts';

/** A repeatable source of choices (mulberry32). */
export interface Chance {
  /** 0 ≤ n < below. */
  whole(below: number): number;
  pick<T>(from: readonly T[]): T;
  happens(share: number): boolean;
}

export function makeChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (below: number): number => Math.floor(next() * below);
  return {
    whole,
    pick: (from) => from[whole(from.length)] as (typeof from)[number],
    happens: (share) => next() < share,
  };
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Instants near which clocks change, and some where nothing does. Cairo has no midnight on 24 April 2026. */
const anchors = [
  '2026-03-29T00:00:00Z',
  '2026-10-25T00:00:00Z',
  '2026-11-01T05:00:00Z',
  '2026-04-23T22:00:00Z',
  '2026-10-29T21:00:00Z',
  '2028-02-28T23:00:00Z',
  '2026-12-31T23:00:00Z',
  '2026-07-15T12:00:00Z',
].map((text) => Date.parse(text));

const zones = ['Europe/Berlin', 'America/New_York', 'Africa/Cairo', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'];
const lengths = ['30 minutes', '1 hour', '6 hours', '1 day', '2 days', '3 days', '1 week', '30 days'];
const dayLengths = ['1 day', '2 days', '3 days', '1 week', '30 days'];
const values = ['shoes', 'Shoes', 'hats', 'Ünder', 'U\u0308NDER', '', 'a', 0, 1, 2.5, 10, true, false];
const tagLists = [['shoes'], ['Hats', 'a'], [], [1, 'a'], ['x', true]];
const paths = ['plan', 'score', 'tags', 'born', 'renewal', 'address.city', 'odd'];
const names = ['Bought', 'Opened', 'Clicked'];
const properties = ['kind', 'value', 'due', 'deep.size'];

/** One condition, one person and the instants at which both evaluators must agree. */
export interface RandomCase {
  readonly anchor: number;
  readonly conditions: Readonly<Record<string, Record<string, unknown>>>;
  readonly person: Person;
  /** What somebody else did, who may turn out to be the same person. */
  readonly stranger: readonly Activity[];
  readonly instants: readonly number[];
}

export function randomCase(chance: Chance, instantsEach: number): RandomCase {
  const anchor = chance.pick(anchors);
  const person = randomPerson(chance, anchor);
  const conditions = randomConditions(chance, anchor);
  const count = chance.pick([0, 1, 2, 3, 6]);
  const stranger = Array.from({ length: count }, (_, index) => randomActivity(chance, anchor, `b${index}`));
  const near = [...person.activities, ...stranger].map(({ at }) => at);
  const instants = Array.from({ length: instantsEach }, () => {
    const base = near.length > 0 && chance.happens(0.6) ? chance.pick(near) : anchor;
    const shifted = base + chance.pick([0, 0, ...lengths.map(toMs)]) * chance.pick([0, 1, 1, 2]);
    return shifted + chance.pick([0, 0, 0, -1, 1, HOUR]);
  });
  return { anchor, conditions, person, stranger, instants };
}

/** Three conditions of which the later ones may name the former ones. */
export function randomConditions(chance: Chance, anchor: number): Record<string, Record<string, unknown>> {
  const conditions: Record<string, Record<string, unknown>> = {};
  for (const name of ['one', 'two', 'three']) conditions[name] = randomTree(chance, anchor, 3, Object.keys(conditions));
  return conditions;
}

export function toMs(length: string): number {
  const [amount, unit] = length.split(' ');
  const units: Record<string, number> = { minute: HOUR / 60, hour: HOUR, day: DAY, week: 7 * DAY };
  return Number(amount) * (units[(unit ?? '').replace(/s$/, '')] ?? 0);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function nearby(chance: Chance, anchor: number): number {
  const hours = (chance.whole(120) - 80) * chance.pick([1, 3, 12]);
  return anchor + hours * HOUR + chance.pick([0, 0, 0, 0, 1, -1, HOUR / 2]);
}

function randomPerson(chance: Chance, anchor: number): Person {
  const traits: Record<string, unknown> = {};
  const since: Record<string, number> = {};
  const scalar = (): unknown => chance.pick([...values, null]);
  if (chance.happens(0.8)) traits.plan = scalar();
  if (chance.happens(0.8)) traits.score = chance.pick([0, 1, 2, 2.5, 10, '10', null]);
  if (chance.happens(0.7)) traits.tags = chance.pick(tagLists);
  if (chance.happens(0.7))
    traits.born = chance.pick(['1990-02-28', '1988-02-29', '1970-10-25', iso(anchor - 400 * DAY), 'soon']);
  if (chance.happens(0.8)) traits.renewal = chance.pick([iso(nearby(chance, anchor)), iso(anchor), 7, '2026-01-01']);
  if (chance.happens(0.7)) traits.address = chance.pick([{ city: scalar() }, 'nowhere', {}]);
  for (const path of paths) if (chance.happens(0.6)) since[path] = nearby(chance, anchor);
  const count = chance.pick([0, 1, 2, 3, 5, 8, 14]);
  const activities = Array.from({ length: count }, (_, index) => randomActivity(chance, anchor, `a${index}`));
  const topics = ['email', 'advertising'].filter(() => chance.happens(0.5));
  return {
    id: `p${chance.whole(50)}`,
    traits,
    since,
    activities,
    segments: chance.happens(0.5) ? ['vip'] : [],
    granted: topics,
  };
}

function randomActivity(chance: Chance, anchor: number, id: string): Activity {
  const held: Record<string, unknown> = {};
  if (chance.happens(0.7)) held.kind = chance.pick(values);
  if (chance.happens(0.7)) held.value = chance.pick([0, 1, 2, 5, 10, 2.5, -3, '5', null]);
  if (chance.happens(0.5)) held.due = iso(nearby(chance, anchor));
  if (chance.happens(0.4)) held.deep = { size: chance.pick([1, 2, 3, 'L']) };
  return { id, name: chance.pick(names), at: nearby(chance, anchor), properties: held };
}

function randomTree(chance: Chance, anchor: number, depth: number, known: readonly string[]): Record<string, unknown> {
  const kind = depth === 0 ? 'leaf' : chance.pick(['all', 'any', 'not', 'leaf', 'leaf']);
  if (kind === 'leaf') return randomLeaf(chance, anchor, known);
  if (kind === 'not') return { not: randomTree(chance, anchor, depth - 1, known) };
  const count = 1 + chance.whole(3);
  return { [kind]: Array.from({ length: count }, () => randomTree(chance, anchor, depth - 1, known)) };
}

function randomLeaf(chance: Chance, anchor: number, known: readonly string[]): Record<string, unknown> {
  const kind = chance.pick(['trait', 'trait', 'did', 'did', 'did', 'did', 'has_been', 'segment', 'consent', 'bucket']);
  if (kind === 'trait') return { trait: chance.pick(paths), ...randomTest(chance, anchor) };
  if (kind === 'did') return randomDid(chance, anchor);
  if (kind === 'segment') return { segment: chance.pick([...known, 'vip']) };
  if (kind === 'consent') return chance.pick([{ consent: 'advertising' }, { subscribed: 'email' }]);
  if (kind === 'bucket')
    return {
      bucket: { salt: chance.pick(['a', 'b']), from: chance.pick(['0%', '25%']), to: chance.pick(['50%', '100%']) },
    };
  const path = chance.pick(paths);
  const test = chance.pick([{ is: chance.pick(values) }, { exists: true }, { is_not: 'a' }, { within_last: '2 days' }]);
  if (chance.happens(0.3) && !('within_last' in test)) {
    return { has_been: { trait: path, ...test, for: chance.pick(dayLengths), calendar: chance.pick(zones) } };
  }
  return { has_been: { trait: path, ...test, for: chance.pick(lengths) } };
}

function randomTest(chance: Chance, anchor: number): Record<string, unknown> {
  const exact = chance.happens(0.2) ? { case: 'exact' } : {};
  const word = chance.pick(['shoes', 'SHOES', 'ünder', 'a', 'h']);
  const number = chance.pick([0, 1, 2, 2.5, 10]);
  const tests: (() => Record<string, unknown>)[] = [
    () => ({ [chance.pick(['is', 'is_not'])]: chance.pick(values), ...exact }),
    () => ({ [chance.pick(['in', 'not_in'])]: [chance.pick(values), chance.pick(values)], ...exact }),
    () => ({ exists: chance.happens(0.5) }),
    () => ({ [chance.pick(['contains', 'not_contains'])]: chance.pick([word, 'o', 1]), ...exact }),
    () => ({ [chance.pick(['starts_with', 'ends_with'])]: chance.pick([word, 's']), ...exact }),
    () => ({ matches: chance.pick(['^s.*s$', 'h', '[0-9]', 'Ü']), ...exact }),
    () => ({ [chance.pick(['gt', 'gte', 'lt', 'lte'])]: number }),
    () => ({ between: [number, number + chance.whole(3)] }),
    () => ({ between: [iso(anchor - 2 * DAY), iso(anchor)] }),
    () => randomInstantTest(chance, anchor),
    () => randomInstantTest(chance, anchor),
  ];
  return chance.pick(tests)();
}

function randomInstantTest(chance: Chance, anchor: number): Record<string, unknown> {
  const operator = chance.pick([
    'before',
    'after',
    'within_last',
    'within_next',
    'more_than_ago',
    'anniversary_within',
  ]);
  if (operator === 'before' || operator === 'after') return { [operator]: iso(nearby(chance, anchor)) };
  if (chance.happens(0.4)) return { [operator]: chance.pick(dayLengths), calendar: chance.pick(zones) };
  return { [operator]: chance.pick(lengths) };
}

function randomWhere(chance: Chance, anchor: number): Record<string, unknown> {
  if (chance.happens(0.6)) return {};
  return { where: Object.fromEntries([[chance.pick(properties), randomTest(chance, anchor)]]) };
}

function randomDid(chance: Chance, anchor: number): Record<string, unknown> {
  const leaf: Record<string, unknown> = { did: chance.pick(names), ...randomWhere(chance, anchor) };
  if (chance.happens(0.12)) {
    const of = chance.pick([...(['4 hours', '3 days', '4 weeks', '5 days'] as const)]);
    leaf.regularly = { in: 1 + chance.whole(3), of };
    if (!of.endsWith('hours') && chance.happens(0.5)) leaf.calendar = chance.pick(zones);
  } else {
    Object.assign(leaf, randomWindow(chance, anchor), randomReduction(chance, anchor));
  }
  for (const key of ['followed_by', 'not_followed_by']) {
    if (!chance.happens(0.12)) continue;
    leaf[key] = { did: chance.pick(names), ...randomWhere(chance, anchor), within: chance.pick(lengths) };
  }
  return leaf;
}

function randomWindow(chance: Chance, anchor: number): Record<string, unknown> {
  const kind = chance.pick(['ever', 'within', 'within', 'calendar', 'between', 'ago', 'ago-calendar']);
  if (kind === 'within') return { within: chance.pick(lengths) };
  if (kind === 'calendar') return { within: chance.pick(dayLengths), calendar: chance.pick(zones) };
  if (kind === 'between') return { between: [iso(nearby(chance, anchor) - 3 * DAY), iso(anchor + 20 * DAY)] };
  if (kind === 'ago') return { from: '3 days ago', to: chance.pick(['1 hour ago', '1 day ago', '2 days ago']) };
  if (kind === 'ago-calendar')
    return { from: '1 week ago', to: chance.pick(['1 day ago', '3 days ago']), calendar: chance.pick(zones) };
  return {};
}

function randomReduction(chance: Chance, anchor: number): Record<string, unknown> {
  const kind = chance.pick(['none', 'count', 'count', 'aggregate', 'edge']);
  if (kind === 'none') return {};
  const number = chance.whole(4);
  if (kind === 'count') {
    return {
      count: chance.pick([
        { at_least: number },
        { at_most: number },
        { exactly: number },
        { at_least: 1, at_most: 1 + number },
      ]),
    };
  }
  if (kind === 'edge') {
    const test = chance.happens(0.2)
      ? { between: [iso(anchor - 2 * DAY), iso(anchor)] }
      : randomInstantTest(chance, anchor);
    return { [chance.pick(['first', 'last'])]: test };
  }
  const name = chance.pick(['sum', 'avg', 'min', 'max', 'distinct']);
  const property = name === 'distinct' ? chance.pick(properties) : chance.pick(['value', 'deep.size']);
  const compared = chance.pick([
    ...['is', 'is_not', 'gt', 'gte', 'lt', 'lte'].map((operator) => ({ [operator]: chance.pick([0, 1, 2, 2.5, 5]) })),
    { between: [1, 3] },
  ]);
  return {
    [name]: { property, ...compared, ...(name === 'distinct' && chance.happens(0.3) ? { case: 'exact' } : {}) },
  };
}
