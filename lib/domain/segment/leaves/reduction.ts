import type { Duration } from '../duration.ts';
import { duration, text, wholeNumber } from '../operand.ts';
import { instantOperatorNames, numberOperatorNames } from '../operator.ts';
import {
  describeFound,
  type Path,
  type Report,
  readObject,
  refuseUnknownKeys,
  type WrittenObject,
} from '../problem.ts';
import { type Calendar, readCalendar, readValueTest, type ValueTest } from '../value-test.ts';

/** What is made of the activities found: a number, an instant, or how many periods had one. */
export type Reduction = CountReduction | AggregateReduction | EdgeReduction | RegularReduction;

export interface CountReduction {
  readonly kind: 'count';
  readonly least: number;
  /** Infinity = no bound. */
  readonly most: number;
}

export interface AggregateReduction {
  readonly kind: AggregateName;
  readonly property: string;
  readonly test: ValueTest;
  /** Distinct texts differ by case too. */
  readonly exact: boolean;
}

export interface EdgeReduction {
  readonly kind: 'first' | 'last';
  readonly test: ValueTest;
}

export interface RegularReduction {
  readonly kind: 'regularly';
  readonly least: number;
  readonly of: Duration;
  readonly calendar: Calendar | false;
}

export const aggregateNames = ['sum', 'avg', 'min', 'max', 'distinct'] as const;
export type AggregateName = (typeof aggregateNames)[number];

/** The keys of which a `did` leaf may have one; none means: at least once. */
export const reductionNames = ['count', ...aggregateNames, 'first', 'last', 'regularly'] as const;
type ReductionName = (typeof reductionNames)[number];

type Reader = (object: WrittenObject, outer: WrittenObject, path: Path, report: Report) => Reduction | undefined;

const readers: Readonly<Record<ReductionName, Reader>> = {
  count: readCount,
  sum: aggregate('sum'),
  avg: aggregate('avg'),
  min: aggregate('min'),
  max: aggregate('max'),
  distinct: aggregate('distinct'),
  first: edge('first'),
  last: edge('last'),
  regularly: readRegularly,
};

/** Reads the one reduction of a `did` leaf. */
export function readReduction(object: WrittenObject, path: Path, report: Report): Reduction | undefined {
  const found = reductionNames.filter((name) => Object.hasOwn(object, name));
  const [name] = found;
  if (name === undefined) return { kind: 'count', least: 1, most: Number.POSITIVE_INFINITY };
  if (found.length > 1) {
    const expected = `one of ${reductionNames.join(', ')}`;
    report({ path, code: 'segment/conflicting-keys', found: found.join(' and '), expected });
    return undefined;
  }
  const at = [...path, name];
  const inner = readObject(object[name], at, expectedOf(name), report);
  return inner === undefined ? undefined : readers[name](inner, object, at, report);
}

function readCount(object: WrittenObject, _outer: WrittenObject, path: Path, report: Report): Reduction | undefined {
  refuseUnknownKeys(object, ['at_least', 'at_most', 'exactly'], path, report);
  const read = (key: string): number | false | undefined =>
    Object.hasOwn(object, key) ? wholeNumber.read(object[key], [...path, key], report) : false;
  const [least, most, exactly] = [read('at_least'), read('at_most'), read('exactly')];
  if (least === undefined || most === undefined || exactly === undefined) return undefined;
  if (exactly !== false && (least !== false || most !== false)) {
    report({ path, code: 'segment/conflicting-keys', found: 'exactly and a bound', expected: 'exactly alone' });
    return undefined;
  }
  if (exactly !== false) return { kind: 'count', least: exactly, most: exactly };
  if (least === false && most === false) {
    report({ path, code: 'segment/missing-key', found: 'no bound', expected: 'at_least, at_most or exactly' });
    return undefined;
  }
  const bounds = { least: least === false ? 0 : least, most: most === false ? Number.POSITIVE_INFINITY : most };
  if (bounds.least > bounds.most) {
    const found = `at_least ${bounds.least} and at_most ${bounds.most}`;
    report({ path, code: 'segment/bad-range', found, expected: 'at_least no larger than at_most' });
    return undefined;
  }
  return { kind: 'count', ...bounds };
}

function aggregate(kind: AggregateName): Reader {
  return function readAggregate(object, _outer, path, report) {
    const property = text.read(object.property, [...path, 'property'], report);
    const { case: sensitivity, ...rest } = object;
    const folds = kind === 'distinct' && sensitivity !== undefined;
    if (folds && sensitivity !== 'exact') {
      const found = describeFound(sensitivity);
      report({ path: [...path, 'case'], code: 'segment/wrong-type', found, expected: 'exact' });
      return undefined;
    }
    const compared = folds ? rest : object;
    const test = readValueTest(compared, path, report, { operators: numberOperatorNames, alongside: ['property'] });
    if (property === undefined || test === undefined) return undefined;
    const name = test.operator;
    if ((name === 'is' || name === 'is_not') && typeof object[name] !== 'number') {
      report({
        path: [...path, name],
        code: 'segment/wrong-type',
        found: describeFound(object[name]),
        expected: 'a number',
      });
      return undefined;
    }
    if (name === 'between' && Array.isArray(object.between) && typeof object.between[0] === 'string') {
      report({ path: [...path, name], code: 'segment/wrong-type', found: 'two instants', expected: 'two numbers' });
      return undefined;
    }
    return { kind, property, test, exact: folds };
  };
}

function edge(kind: 'first' | 'last'): Reader {
  return function readEdge(object, _outer, path, report) {
    const test = readValueTest(object, path, report, { operators: instantOperatorNames });
    if (test === undefined) return undefined;
    if (test.operator === 'between' && Array.isArray(object.between) && typeof object.between[0] === 'number') {
      report({
        path: [...path, 'between'],
        code: 'segment/wrong-type',
        found: 'two numbers',
        expected: 'two instants',
      });
      return undefined;
    }
    return { kind, test };
  };
}

function readRegularly(object: WrittenObject, outer: WrittenObject, path: Path, report: Report): Reduction | undefined {
  refuseUnknownKeys(object, ['in', 'of'], path, report);
  const least = wholeNumber.read(object.in, [...path, 'in'], report);
  const of = duration.read(object.of, [...path, 'of'], report);
  const calendar = readCalendar(outer, of, true, path.slice(0, -1), report);
  if (least === undefined || of === undefined || calendar === undefined) return undefined;
  if (least < 1 || least > of.amount) {
    const expected = `a whole number from 1 to ${of.amount}`;
    report({ path: [...path, 'in'], code: 'segment/bad-range', found: String(least), expected });
    return undefined;
  }
  return { kind: 'regularly', least, of, calendar };
}

function expectedOf(name: ReductionName): string {
  if (name === 'count') return 'at_least, at_most or exactly, such as { at_least: 2 }';
  if (name === 'regularly') return 'in and of, such as { in: 3, of: 4 weeks }';
  if (name === 'first' || name === 'last') return 'an instant operator, such as { within_last: 30 days }';
  return 'property and a comparison, such as { property: value, gt: 100 }';
}
