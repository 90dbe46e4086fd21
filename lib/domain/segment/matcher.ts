import { RE2JS } from 're2js';
import { canonicalText } from '../canonical.ts';
import { parseInstant } from '../instant.ts';
import type { Json } from '../json.ts';
import { type Mode, prepare } from './fold.ts';
import type { Range, Scalar } from './operand.ts';
import { ALWAYS, NEVER, type Signed } from './signed.ts';

/** A compiled test of one value. Always the positive test; `negate` says that the complement was asked for. */
export interface Matcher {
  /** Equal keys, equal answers. */
  readonly key: string;
  readonly negate: boolean;
  /** How the value must be prepared before it is tested. */
  readonly mode: Mode;
  /** Relative: tests that cost less are asked first. */
  readonly cost: number;
  /** False when the answer does not depend on the instant. */
  readonly timed: boolean;
  /** The same as `answer` where the instant does not matter; undefined when `timed`. */
  readonly test?: (value: unknown) => boolean;
  /** Of a prepared value; undefined = missing. Ignores the instant unless `timed`. */
  answer(value: unknown, at: number): Signed;
  /** True when the raw value is of a type that the test can read; otherwise a receipt says `mismatch`. */
  fits(value: Json): boolean;
}

type Test = (value: unknown) => boolean;

interface Untimed {
  readonly name: string;
  readonly operand: Json;
  readonly mode: Mode;
  readonly cost: number;
  readonly test: Test;
  readonly fits: (value: Json) => boolean;
}

/** One of the values; a list matches if any element does. */
export function isIn(values: readonly Scalar[], exact: boolean): Matcher {
  const prepared = [...new Set(values.map((value) => fold(value, exact)))].sort(compareScalars);
  const [only] = prepared;
  const set = new Set<unknown>(prepared);
  const has: Test = prepared.length === 1 ? (value) => value === only : (value) => set.has(value);
  const types = new Set(prepared.map((value) => typeof value));
  return untimed({
    name: 'in',
    operand: prepared,
    mode: modeOf(prepared, exact),
    cost: 1,
    test: (value) => (typeof value === 'object' ? Array.isArray(value) && value.some(has) : has(value)),
    fits: (value) => Array.isArray(value) || types.has(typeof value),
  });
}

export function exists(): Matcher {
  return untimed({
    name: 'exists',
    operand: true,
    mode: 'raw',
    cost: 1,
    test: (value) => value !== undefined,
    fits: () => true,
  });
}

/** A part of a text, or an element of a list. */
export function contains(wanted: Scalar, exact: boolean): Matcher {
  const part = fold(wanted, exact);
  return untimed({
    name: 'contains',
    operand: part,
    mode: modeOf([part], exact),
    cost: 2,
    test(value) {
      if (typeof value === 'string') return typeof part === 'string' && value.includes(part);
      return Array.isArray(value) && value.includes(part);
    },
    fits: (value) => Array.isArray(value) || (typeof value === 'string' && typeof part === 'string'),
  });
}

export function startsWith(wanted: string, exact: boolean): Matcher {
  const part = String(fold(wanted, exact));
  return textual('starts_with', part, exact, 2, (value) => value.startsWith(part));
}

export function endsWith(wanted: string, exact: boolean): Matcher {
  const part = String(fold(wanted, exact));
  return textual('ends_with', part, exact, 2, (value) => value.endsWith(part));
}

/** Finds the pattern anywhere in the text; `^` and `$` bind it to the ends. */
export function matches(wanted: string, exact: boolean): Matcher {
  const source = wanted.normalize('NFC');
  const pattern = RE2JS.compile(source, exact ? 0 : RE2JS.CASE_INSENSITIVE);
  const operand = exact ? `exact:${source}` : source;
  return textual('matches', operand, true, 20, (value) => pattern.test(value));
}

export function compareNumber(name: 'gt' | 'gte' | 'lt' | 'lte', wanted: number): Matcher {
  const tests: Record<typeof name, (value: number) => boolean> = {
    gt: (value) => value > wanted,
    gte: (value) => value >= wanted,
    lt: (value) => value < wanted,
    lte: (value) => value <= wanted,
  };
  return numeric(name, wanted, tests[name]);
}

export function between({ of, from, to }: Range): Matcher {
  if (of === 'number') return numeric('between', [from, to], (value) => value >= from && value <= to);
  return instantMatcher('between', [from, to], (at) => at >= from && at <= to);
}

export function before(wanted: number): Matcher {
  return instantMatcher('before', wanted, (at) => at < wanted);
}

export function after(wanted: number): Matcher {
  return instantMatcher('after', wanted, (at) => at > wanted);
}

/** The matcher of the complement: true exactly where the positive is false, missing values included. */
export function complement(matcher: Matcher): Matcher {
  return { ...matcher, negate: !matcher.negate };
}

/** The answer to what was asked, complement included, for a value as it is. */
export function ask(matcher: Matcher, value: Json | undefined, at: number): Signed {
  const answer = matcher.answer(prepare(matcher.mode, value), at);
  return matcher.negate ? -answer : answer;
}

export function isInstant(value: Json): boolean {
  return parseInstant(value) !== undefined;
}

function textual(
  name: string,
  operand: string,
  exact: boolean,
  cost: number,
  test: (value: string) => boolean,
): Matcher {
  return untimed({
    name,
    operand,
    mode: exact ? 'text' : 'folded',
    cost,
    test: (value) => typeof value === 'string' && test(value),
    fits: (value) => typeof value === 'string',
  });
}

function numeric(name: string, operand: Json, test: (value: number) => boolean): Matcher {
  return untimed({
    name,
    operand,
    mode: 'raw',
    cost: 1,
    test: (value) => typeof value === 'number' && test(value),
    fits: (value) => typeof value === 'number',
  });
}

function instantMatcher(name: string, operand: Json, test: (at: number) => boolean): Matcher {
  return untimed({
    name: `${name}-instant`,
    operand,
    mode: 'instant',
    cost: 4,
    test: (value) => typeof value === 'number' && test(value),
    fits: isInstant,
  });
}

function untimed({ name, operand, mode, cost, test, fits }: Untimed): Matcher {
  const answer = (value: unknown): Signed => (test(value) ? ALWAYS : NEVER);
  return { key: canonicalText([name, mode, operand]), negate: false, mode, cost, timed: false, test, answer, fits };
}

function fold(value: Scalar, exact: boolean): Scalar {
  return prepare(exact ? 'text' : 'folded', value) as Scalar;
}

function modeOf(values: readonly Scalar[], exact: boolean): Mode {
  if (!values.some((value) => typeof value === 'string')) return 'raw';
  return exact ? 'text' : 'folded';
}

function compareScalars(a: Scalar, b: Scalar): number {
  const [x, y] = [`${typeof a}:${a}`, `${typeof b}:${b}`];
  return x < y ? -1 : x > y ? 1 : 0;
}
