import { compileFunction } from 'node:vm';
import type { Json, JsonObject } from '../lib/domain/json.ts';
import { foldText } from '../lib/domain/segment/fold.ts';
import type { Leaf, SegmentDefinition } from '../lib/domain/segment.ts';
import { makeRandom, type Random } from '../test/vendors/world/random.ts';

/** A made-up person as both sides want one: nested traits, and instants of activities by name, newest first. */
export interface RulePerson {
  readonly id: string;
  readonly traits: JsonObject;
  readonly did: Readonly<Record<string, readonly number[]>>;
}

/** A rule as JavaScript written for it alone. */
export type Generated = (traits: JsonObject, did: RulePerson['did'], now: number, ask: typeof asking) => boolean;

const DAY = 86_400_000;
const texts: Readonly<Record<string, readonly string[]>> = {
  lifecycle_stage: ['Lead', 'Prospect', 'Customer', 'Former customer'],
  'address.country': ['DE', 'AT', 'CH', 'NL', 'FR', 'GB'],
  industry: ['Manufacturing', 'Retail', 'Health', 'Software', 'Public'],
  plan: ['Free', 'Team', 'Business'],
  language: ['de', 'en', 'fr', 'nl'],
  department: ['Purchasing', 'Marketing', 'Engineering'],
  lead_source: ['Web', 'Fair', 'Partner', 'Referral'],
  interest: ['Running', 'Cycling', 'Sailing', 'Chess'],
};
const numbers = ['score', 'employees', 'orders', 'revenue', 'age', 'rating'];
const acts = [
  'Email Opened',
  'Email Link Clicked',
  'Page Viewed',
  'Meeting Held',
  'Order Completed',
  'Quote Requested',
  'Form Submitted',
  'Call Logged',
];
/** How often a rule asks for each: a stage and opened e-mails are in every other rule. */
const weights = { stage: 4, text: 4, number: 3, flag: 1, did: 5, quiet: 2 };

/** Mixed segments of two to five leaves; about as many leaves are shared as a real workspace shares. */
export function makeSegments(count: number): readonly SegmentDefinition[] {
  const random = makeRandom(50);
  return Array.from({ length: count }, (_, at): SegmentDefinition => {
    const leaves = Array.from({ length: random.between(2, 4) }, () => randomLeaf(random));
    const last = random.chance(0.3) ? [{ any: [randomLeaf(random), randomLeaf(random)] }] : [];
    return { segment: `segment-${at}`, when: { all: [...leaves, ...last] } };
  });
}

export function makeRulePerson(number: number, now: number): RulePerson {
  const random = makeRandom(number);
  const did = acts.map((name) => {
    const instants = Array.from({ length: random.between(0, 12) }, () => now - Math.floor(random.next() * 200 * DAY));
    return [name, instants.sort((a, b) => b - a)] as const;
  });
  const held = Object.entries(texts).map(([path, values]) => [path, random.pick(values)] as const);
  const counted = numbers.map((path) => [path, random.between(0, 100)] as const);
  const { 'address.country': country = 'DE', ...flat } = Object.fromEntries(held);
  const traits = { ...flat, ...Object.fromEntries(counted), address: { country }, vip: random.chance(0.1) };
  return { id: `p_${number}`, traits, did: Object.fromEntries(did) };
}

/**
 * The rule of a segment in JavaScript, with the language's meaning: texts are equal whatever their case. Knows the leaves
 * of `makeSegments` and no others.
 */
export function generate({ when }: SegmentDefinition): Generated {
  return compileFunction(`return ${codeOf(readRule(when as JsonObject))};`, ['t', 'd', 'now', 'ask']) as Generated;
}

/** What generated rules call. */
export const asking = { count: countAfter, fold: foldValue };

/** How many instants lie after one, in a list that is newest first. */
function countAfter(instants: readonly number[], after: number): number {
  let count = 0;
  for (const at of instants) {
    if (at <= after) break;
    count += 1;
  }
  return count;
}

function foldValue(value: unknown): unknown {
  return typeof value === 'string' ? foldText(value) : value;
}

function randomLeaf(random: Random): Leaf {
  const within = `${random.pick([7, 30, 90])} days`;
  switch (random.weighted(weights)) {
    case 'stage':
      return textLeaf(random, 'lifecycle_stage');
    case 'text':
      return textLeaf(random, random.pick(Object.keys(texts)));
    case 'number':
      return { trait: random.pick(numbers), [random.pick(['gte', 'lt'])]: random.pick([20, 50, 80]) };
    case 'flag':
      return { trait: 'vip', is: true };
    case 'did':
      return { did: randomAct(random), count: { at_least: random.between(1, 3) }, within };
    default:
      return { did: randomAct(random), count: { at_most: 0 }, within };
  }
}

function textLeaf(random: Random, path: string): Leaf {
  const values = texts[path] ?? [];
  return random.chance(0.6) ? { trait: path, is: random.pick(values) } : { trait: path, in: random.sample(values, 2) };
}

function randomAct(random: Random): string {
  return random.chance(0.3) ? 'Email Opened' : random.pick(acts);
}

/** A rule of `makeSegments` with its parts named: what every engine's form of it is made from. */
export type Reading =
  | { readonly kind: 'all'; readonly of: readonly Reading[] }
  | { readonly kind: 'any'; readonly of: readonly Reading[] }
  /** Texts without regard to case, or one value. */
  | { readonly kind: 'in'; readonly path: string; readonly values: readonly Json[] }
  | { readonly kind: 'number'; readonly path: string; readonly atLeast: boolean; readonly bound: number }
  | {
      readonly kind: 'count';
      readonly activity: string;
      readonly window: number;
      readonly atLeast: boolean;
      readonly bound: number;
    };

/** Reads a condition that `makeSegments` made. */
export function readRule(condition: JsonObject): Reading {
  const { all, any, trait, did } = condition;
  if (Array.isArray(all)) return { kind: 'all', of: all.map((one) => readRule(one as JsonObject)) };
  if (Array.isArray(any)) return { kind: 'any', of: any.map((one) => readRule(one as JsonObject)) };
  if (typeof did === 'string') {
    const { at_least: least, at_most: most } = condition.count as JsonObject;
    const window = Number.parseInt(String(condition.within), 10) * DAY;
    return { kind: 'count', activity: did, window, atLeast: least !== undefined, bound: Number(least ?? most) };
  }
  const path = String(trait);
  const values = 'is' in condition ? [condition.is ?? null] : condition.in;
  if (Array.isArray(values)) return { kind: 'in', path, values: values.map((one) => foldValue(one) as Json) };
  return { kind: 'number', path, atLeast: 'gte' in condition, bound: Number(condition.gte ?? condition.lt) };
}

/** The rule of a segment as closures, as somebody would write them by hand. */
export function handWrite({ when }: SegmentDefinition): (person: RulePerson, now: number) => boolean {
  return closureOf(readRule(when as JsonObject));
}

function closureOf(reading: Reading): (person: RulePerson, now: number) => boolean {
  switch (reading.kind) {
    case 'all': {
      const parts = reading.of.map(closureOf);
      return (person, now) => parts.every((part) => part(person, now));
    }
    case 'any': {
      const parts = reading.of.map(closureOf);
      return (person, now) => parts.some((part) => part(person, now));
    }
    case 'in': {
      const read = reader(reading.path);
      const wanted = new Set<unknown>(reading.values);
      return ({ traits }) => wanted.has(foldValue(read(traits)));
    }
    case 'number': {
      const read = reader(reading.path);
      const { atLeast, bound } = reading;
      return ({ traits }) => (atLeast ? Number(read(traits)) >= bound : Number(read(traits)) < bound);
    }
    default: {
      const { activity, window, atLeast, bound } = reading;
      return function counts({ did }, now) {
        const count = countAfter(did[activity] ?? [], now - window);
        return atLeast ? count >= bound : count <= bound;
      };
    }
  }
}

function reader(path: string): (traits: JsonObject) => Json | undefined {
  const [first = '', second] = path.split('.');
  return second === undefined ? (traits) => traits[first] : (traits) => (traits[first] as JsonObject)[second];
}

function codeOf(reading: Reading): string {
  if (reading.kind === 'all') return `(${reading.of.map(codeOf).join(' && ')})`;
  if (reading.kind === 'any') return `(${reading.of.map(codeOf).join(' || ')})`;
  if (reading.kind === 'count') {
    const counted = `ask.count(d[${JSON.stringify(reading.activity)}], now - ${reading.window})`;
    return `${counted} ${reading.atLeast ? '>=' : '<='} ${reading.bound}`;
  }
  const found = `t${reading.path
    .split('.')
    .map((step) => `?.[${JSON.stringify(step)}]`)
    .join('')}`;
  if (reading.kind === 'number') return `${found} ${reading.atLeast ? '>=' : '<'} ${reading.bound}`;
  return `(${reading.values.map((one) => `ask.fold(${found}) === ${JSON.stringify(one)}`).join(' || ')})`;
}
