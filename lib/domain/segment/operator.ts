import type { Zone } from './calendar.ts';
import type { Duration } from './duration.ts';
import {
  after,
  before,
  between,
  compareNumber,
  complement,
  contains,
  endsWith,
  exists,
  isIn,
  type Matcher,
  matches,
  startsWith,
} from './matcher.ts';
import { anyRange, duration, flag, instant, number, type Operand, pattern, scalar, scalars, text } from './operand.ts';
import type { Path, Report } from './problem.ts';
import { anniversaryWithin, moreThanAgo, withinLast, withinNext } from './relative.ts';

/** What stands beside an operator: `case: exact`, or a calendar. */
export interface Modifiers {
  readonly exact: boolean;
  readonly zone: Zone | undefined;
}

export type Build = (modifiers: Modifiers) => Matcher;

/** One operator of the language: what it takes, what may stand beside it, how its test is made. */
export interface Operator {
  readonly takes: string;
  /** When it holds, for docs/segments.md and for editors. */
  readonly holds: string;
  readonly schema: { readonly [key: string]: unknown };
  /** The key that may stand beside the operator. */
  readonly beside: 'case' | 'calendar' | 'nothing';
  /** The operand when it is a length of time; a calendar needs it in days or weeks. */
  read(value: unknown, path: Path, report: Report): { readonly build: Build; readonly length?: Duration } | undefined;
}

function operator<T>(
  takes: string,
  holds: string,
  operand: Operand<T>,
  beside: Operator['beside'],
  build: (operand: T, modifiers: Modifiers) => Matcher,
): Operator {
  return {
    takes,
    holds,
    schema: operand.schema,
    beside,
    read(value, path, report) {
      const read = operand.read(value, path, report);
      return read === undefined ? undefined : { build: (modifiers) => build(read, modifiers) };
    },
  };
}

function relative(holds: string, build: (length: Duration, zone: Zone | undefined) => Matcher): Operator {
  return {
    takes: 'a duration',
    holds,
    schema: duration.schema,
    beside: 'calendar',
    read(value, path, report) {
      const length = duration.read(value, path, report);
      return length === undefined ? undefined : { length, build: ({ zone }) => build(length, zone) };
    },
  };
}

/** Every operator on a value, in the order of the documentation. */
export const operators = {
  is: operator('a value', 'equals it; of a list, any element does', scalar, 'case', (value, { exact }) =>
    isIn([value], exact),
  ),
  is_not: operator('a value', 'exactly where `is` does not', scalar, 'case', (value, { exact }) =>
    complement(isIn([value], exact)),
  ),
  in: operator(
    'a list of values',
    'equals one of them; of a list, any element does',
    scalars,
    'case',
    (values, { exact }) => isIn(values, exact),
  ),
  not_in: operator('a list of values', 'exactly where `in` does not', scalars, 'case', (values, { exact }) =>
    complement(isIn(values, exact)),
  ),
  exists: operator('true or false', '`true`: there is a value; `false`: there is none', flag, 'nothing', (wanted) =>
    wanted ? exists() : complement(exists()),
  ),
  contains: operator(
    'a value',
    'a text has it as a part, a list has it as an element',
    scalar,
    'case',
    (value, { exact }) => contains(value, exact),
  ),
  not_contains: operator('a value', 'exactly where `contains` does not', scalar, 'case', (value, { exact }) =>
    complement(contains(value, exact)),
  ),
  starts_with: operator('a text', 'a text begins with it', text, 'case', (value, { exact }) =>
    startsWith(value, exact),
  ),
  ends_with: operator('a text', 'a text ends with it', text, 'case', (value, { exact }) => endsWith(value, exact)),
  matches: operator(
    'a regular expression (RE2)',
    'the expression is found anywhere in a text; `^` and `$` bind it to the ends',
    pattern,
    'case',
    (value, { exact }) => matches(value, exact),
  ),
  gt: operator('a number', 'a number is greater', number, 'nothing', (value) => compareNumber('gt', value)),
  gte: operator('a number', 'a number is greater or equal', number, 'nothing', (value) => compareNumber('gte', value)),
  lt: operator('a number', 'a number is less', number, 'nothing', (value) => compareNumber('lt', value)),
  lte: operator('a number', 'a number is less or equal', number, 'nothing', (value) => compareNumber('lte', value)),
  between: operator(
    'two numbers or two instants',
    'a number, or an instant, lies between them; both ends count',
    anyRange,
    'nothing',
    (range) => between(range),
  ),
  before: operator('an instant', 'an instant is earlier', instant, 'nothing', (at) => before(at)),
  after: operator('an instant', 'an instant is later', instant, 'nothing', (at) => after(at)),
  within_last: relative('an instant lies in (now − W, now]', withinLast),
  within_next: relative('an instant lies in (now, now + W]', withinNext),
  more_than_ago: relative('an instant is at or before now − W', moreThanAgo),
  anniversary_within: relative(
    'its day of the year comes round in (now, now + W]; dates without a time are read too',
    anniversaryWithin,
  ),
} as const satisfies Record<string, Operator>;

export type OperatorName = keyof typeof operators;

export const operatorNames = Object.keys(operators) as OperatorName[];

/** Operators that read an instant: what `first:` and `last:` take. */
export const instantOperatorNames = [
  'before',
  'after',
  'between',
  'within_last',
  'within_next',
  'more_than_ago',
  'anniversary_within',
] as const satisfies readonly OperatorName[];

/** Operators that read a number: what sums, averages and counts of distinct values are compared by. */
export const numberOperatorNames = [
  'is',
  'is_not',
  'gt',
  'gte',
  'lt',
  'lte',
  'between',
] as const satisfies readonly OperatorName[];
