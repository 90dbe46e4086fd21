import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/** How an operator and its operand are said. */
const OPERATORS: Readonly<Record<string, (operand: Json) => string>> = {
  is: (operand) => `is ${list(operand)}`,
  is_not: (operand) => `is not ${list(operand)}`,
  in: (operand) => `is ${list(operand)}`,
  not_in: (operand) => `is not ${list(operand)}`,
  exists: (operand) => (operand === false ? 'is not known' : 'is known'),
  contains: (operand) => `contains ${list(operand)}`,
  not_contains: (operand) => `does not contain ${list(operand)}`,
  starts_with: (operand) => `starts with ${show(operand)}`,
  ends_with: (operand) => `ends with ${show(operand)}`,
  matches: (operand) => `matches ${pattern(operand)}`,
  gt: (operand) => `is greater than ${show(operand)}`,
  gte: (operand) => `is at least ${show(operand)}`,
  lt: (operand) => `is less than ${show(operand)}`,
  lte: (operand) => `is at most ${show(operand)}`,
  between: (operand) => `is between ${list(operand, 'and')}`,
  before: (operand) => `is before ${show(operand)}`,
  after: (operand) => `is after ${show(operand)}`,
  within_last: (operand) => `is within the last ${show(operand)}`,
  within_next: (operand) => `is within the next ${show(operand)}`,
  more_than_ago: (operand) => `is at least ${show(operand)} ago`,
  anniversary_within: (operand) => `comes round within ${show(operand)}`,
};

/** What traits and segments are called where a title reads better than the name in the file. */
export interface Names {
  readonly trait: (path: string) => string;
  readonly segment: (id: string) => string;
}

/** As the file names them. */
export const writtenNames: Names = { trait: show, segment: show };

/**
 * A leaf as written, in words: `did Order Completed at least 2 times within 365 days`. Leaves that mean something else
 * are told in other words: what could be taken for another value, or for a part of the sentence, stands in quotation marks.
 */
export function tellWanted(wanted: JsonObject, names: Names = writtenNames): string {
  const { trait, did, has_been: held, segment, consent, subscribed, bucket } = wanted;
  if (typeof trait === 'string') return `${names.trait(trait)} ${tellTests(wanted)}${manner(wanted, ', ')}`;
  if (typeof did === 'string') return tellDid(wanted);
  if (isJsonObject(held)) return tellHeld(held, wanted, names);
  if (typeof segment === 'string') return `in segment ${names.segment(segment)}`;
  if (typeof consent === 'string') return `consent to ${show(consent)}`;
  if (typeof subscribed === 'string') return `subscribed to ${show(subscribed)}`;
  if (!isJsonObject(bucket)) return show(wanted);
  return `in the share from ${show(bucket.from ?? '0%')} to ${show(bucket.to ?? '100%')} of ${show(bucket.salt ?? '')}`;
}

/** A calendar beside a `for` that stands inside counts its days, and those of an operator that has days. */
function tellHeld(held: JsonObject, wanted: JsonObject, names: Names): string {
  const { for: inside, calendar = false, ...test } = held;
  const measured = MEASURED.some((name) => name in test);
  const own = inside === undefined || measured ? { calendar } : {};
  const tested = `${names.trait(String(test.trait))} ${tellTests(test)}${mannerInside({ ...test, ...own })}`;
  const days = inside === undefined ? wanted : { calendar };
  return `${tested}, for ${show(inside ?? wanted.for ?? null)}${manner(days, ', ')}`;
}

const MEASURED = ['within_last', 'within_next', 'more_than_ago', 'anniversary_within'] as const;

function tellDid(wanted: JsonObject): string {
  return `did ${tellDone(wanted)}${manner(wanted, ', ')}`;
}

function tellDone(wanted: JsonObject): string {
  const { did, where, count, first, last, within, between, from, to } = wanted;
  const words = [activityWords(did ?? '')];
  if (isJsonObject(where)) {
    const tests = Object.entries(where).map(
      ([name, test]) => `${show(name)} ${isJsonObject(test) ? tellTests(test) + mannerInside(test) : ''}`,
    );
    words.push(`(${tests.join(', ')})`);
  }
  if (isJsonObject(count)) words.push(tellCount(count));
  for (const reducer of ['sum', 'avg', 'min', 'max', 'distinct'] as const) {
    const test = wanted[reducer];
    if (!isJsonObject(test)) continue;
    words.push(`so that ${REDUCERS[reducer]} ${show(test.property ?? '')} ${tellTests(test)}${mannerInside(test)}`);
  }
  if (isJsonObject(first)) words.push(`the first of which ${tellTests(first)}${mannerInside(first)}`);
  if (isJsonObject(last)) words.push(`the last of which ${tellTests(last)}${mannerInside(last)}`);
  const { regularly, followed_by: followed, not_followed_by: abandoned } = wanted;
  if (isJsonObject(regularly)) words.push(`in ${show(regularly.in ?? 0)} of the last ${show(regularly.of ?? '')}`);
  if (within !== undefined) words.push(`within ${show(within)}`);
  if (between !== undefined) words.push(`between ${list(between, 'and')}`);
  if (from !== undefined) words.push(`from ${show(from)} to ${show(to ?? 'now')}`);
  if (isJsonObject(followed)) words.push(`followed by ${tellFollower(followed)}`);
  if (isJsonObject(abandoned)) words.push(`not followed by ${tellFollower(abandoned)}`);
  return words.join(' ');
}

const REDUCERS = {
  sum: 'the sum of',
  avg: 'the average of',
  min: 'the smallest',
  max: 'the largest',
  distinct: 'the number of different',
} as const;

function tellFollower({ within, ...rest }: JsonObject): string {
  return `${tellDone(rest)} within ${show(within ?? '')}`;
}

function tellCount({ at_least: least, at_most: most, exactly }: JsonObject): string {
  if (exactly !== undefined) return exactly === 0 ? 'not at all' : `exactly ${times(exactly)}`;
  if (most === 0) return 'not at all';
  const [low, high] = [
    least === undefined ? '' : `at least ${times(least)}`,
    most === undefined ? '' : `at most ${times(most)}`,
  ];
  return [low, high].filter((text) => text !== '').join(' and ');
}

/** `once`, `2 times` */
export function times(count: Json): string {
  return count === 1 ? 'once' : `${show(count)} times`;
}

function tellTests(object: JsonObject): string {
  const known = Object.entries(object).flatMap(([name, operand]) => OPERATORS[name]?.(operand) ?? []);
  return known.length === 0 ? show(object) : known.join(' and ');
}

function manner({ case: letters, calendar }: JsonObject, before: string): string {
  const ways = [
    ...(letters === 'exact' ? ['letter by letter'] : []),
    ...(calendar === true ? ['in calendar days'] : []),
    ...(typeof calendar === 'string' ? [`in days of ${show(calendar)}`] : []),
  ];
  return ways.map((way) => `${before}${way}`).join('');
}

/** Of a test inside a leaf, which has a manner of its own. */
function mannerInside(test: JsonObject): string {
  const ways = manner(test, ', ').slice(2);
  return ways === '' ? '' : ` (${ways})`;
}

function list(value: Json, word = 'or'): string {
  if (!Array.isArray(value)) return show(value);
  const shown = (value as readonly Json[]).map(show);
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} ${word} ${shown.at(-1)}`;
}

function pattern(operand: Json): string {
  return typeof operand === 'string' && !operand.includes('/') ? `/${operand}/` : show(operand);
}

/** Names of activities are words that begin with capitals; whatever else could be read on into the sentence. */
function activityWords(name: Json): string {
  return typeof name === 'string' && /^\p{Lu}[\p{L}\p{N}]*( \p{Lu}[\p{L}\p{N}]*)*$/u.test(name) ? name : show(name);
}

/** A text of one word; commas and spaces would make it look like several. */
const PLAIN = /^[\p{L}\p{N}@._+-][\p{L}\p{N}@._+:%/-]*$/u;
/** What a plain word could be taken for: a value that is no text, or the words of an operator after `is`. */
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;
const TAKEN = new Set('true false null known not between at within before after greater less'.split(' '));
const DURATION = /^\d+ (minute|hour|day|week)s?( ago)?$/;

/** A value as it stands in a sentence: texts in quotation marks where they could be taken for something else. */
export function show(value: Json): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const plain = PLAIN.test(value) && !NUMBER.test(value) && !TAKEN.has(value);
  return plain || DURATION.test(value) ? value : JSON.stringify(value);
}
