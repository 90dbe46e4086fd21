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
  matches: (operand) => `matches /${show(operand)}/`,
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

/** A leaf as written, in words: `did Order Completed at least 2 times within 365 days`. */
export function tellWanted(wanted: JsonObject): string {
  const { trait, did, has_been: held, segment, consent, subscribed, bucket } = wanted;
  if (typeof trait === 'string') return `${trait} ${tellTests(wanted)}${manner(wanted)}`;
  if (typeof did === 'string') return tellDid(wanted);
  if (isJsonObject(held)) {
    const length = held.for ?? wanted.for;
    const { for: _, ...inner } = held;
    return `${tellWanted(inner)}, for ${show(length ?? null)}${manner(wanted)}`;
  }
  if (typeof segment === 'string') return `in segment ${segment}`;
  if (typeof consent === 'string') return `consent to ${consent}`;
  if (typeof subscribed === 'string') return `subscribed to ${subscribed}`;
  if (!isJsonObject(bucket)) return show(wanted);
  return `in the share from ${show(bucket.from ?? '0%')} to ${show(bucket.to ?? '100%')} of ${show(bucket.salt ?? '')}`;
}

function tellDid(wanted: JsonObject): string {
  const { did, where, count, first, last, within, between, from, to } = wanted;
  const words = [`did ${show(did ?? '')}`];
  if (isJsonObject(where)) {
    const tests = Object.entries(where).map(([name, test]) => `${name} ${isJsonObject(test) ? tellTests(test) : ''}`);
    words.push(`(${tests.join(', ')})`);
  }
  if (isJsonObject(count)) words.push(tellCount(count));
  for (const reducer of ['sum', 'avg', 'min', 'max', 'distinct'] as const) {
    const test = wanted[reducer];
    if (isJsonObject(test)) words.push(`so that ${REDUCERS[reducer]} ${show(test.property ?? '')} ${tellTests(test)}`);
  }
  if (isJsonObject(first)) words.push(`the first of which ${tellTests(first)}`);
  if (isJsonObject(last)) words.push(`the last of which ${tellTests(last)}`);
  const { regularly, followed_by: followed, not_followed_by: abandoned } = wanted;
  if (isJsonObject(regularly)) words.push(`in ${show(regularly.in ?? 0)} of the last ${show(regularly.of ?? '')}`);
  if (within !== undefined) words.push(`within ${show(within)}`);
  if (between !== undefined) words.push(`between ${list(between, 'and')}`);
  if (from !== undefined) words.push(`from ${show(from)} to ${show(to ?? 'now')}`);
  if (isJsonObject(followed)) words.push(`followed by ${tellFollower(followed)}`);
  if (isJsonObject(abandoned)) words.push(`not followed by ${tellFollower(abandoned)}`);
  return `${words.join(' ')}${manner(wanted)}`;
}

const REDUCERS = {
  sum: 'the sum of',
  avg: 'the average of',
  min: 'the smallest',
  max: 'the largest',
  distinct: 'the number of different',
} as const;

function tellFollower(follower: JsonObject): string {
  const { within, ...rest } = follower;
  return `${tellDid(rest).replace(/^did /, '')} within ${show(within ?? '')}`;
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

/** `1 time`, `2 times` */
export function times(count: Json): string {
  return count === 1 ? 'once' : `${show(count)} times`;
}

function tellTests(object: JsonObject): string {
  const known = Object.entries(object).flatMap(([name, operand]) => OPERATORS[name]?.(operand) ?? []);
  return known.length === 0 ? show(object) : known.join(' and ');
}

function manner({ case: letters, calendar }: JsonObject): string {
  const days =
    calendar === true
      ? ', in calendar days'
      : calendar === undefined || calendar === false
        ? ''
        : `, in days of ${show(calendar)}`;
  return `${letters === 'exact' ? ', letter by letter' : ''}${days}`;
}

function list(value: Json, word = 'or'): string {
  if (!Array.isArray(value)) return show(value);
  const shown = (value as readonly Json[]).map(show);
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} ${word} ${shown.at(-1)}`;
}

/** A value as it stands in a sentence. */
export function show(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
