import { RE2JS } from 're2js';
import { type Milliseconds, parseInstant } from '../instant.ts';
import { DURATION_PATTERN, type Duration, parseDuration, suggestDuration } from './duration.ts';
import { describeFound, type Path, type Report } from './problem.ts';

/** What an operator takes: how it is read, and the JSON Schema that says the same to an editor. */
export interface Operand<T> {
  readonly schema: { readonly [key: string]: unknown };
  read(value: unknown, path: Path, report: Report): T | undefined;
}

export type Scalar = string | number | boolean;

/** Numbers or instants, both ends included; instants are in ms. */
export interface Range {
  readonly of: 'number' | 'instant';
  readonly from: number;
  readonly to: number;
}

const INSTANT_PATTERN = '^\\d{4}-\\d{2}-\\d{2}[Tt ]\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?([Zz]|[+-]\\d{2}:?\\d{2})$';
const AGO_PATTERN = `${DURATION_PATTERN.slice(0, -1)} ago$`;
const PERCENT_PATTERN = '^(100|\\d{1,2}(\\.\\d{1,6})?)%$';
const instantSchema = { type: 'string', pattern: INSTANT_PATTERN } as const;

export const scalar: Operand<Scalar> = {
  schema: { type: ['string', 'number', 'boolean'] },
  read(value, path, report) {
    if (isScalar(value)) return value;
    const suggestion = value === null ? 'exists: false' : Array.isArray(value) ? 'in' : undefined;
    wrongType(value, 'a text, a number, true or false', path, report, suggestion);
    return undefined;
  },
};

export const scalars: Operand<readonly Scalar[]> = {
  schema: { type: 'array', minItems: 1, items: scalar.schema },
  read(value, path, report) {
    if (!Array.isArray(value) || value.length === 0) {
      wrongType(value, 'a list of values', path, report, isScalar(value) ? 'is' : undefined);
      return undefined;
    }
    const read = value.map((item: unknown, index) => scalar.read(item, [...path, index], report));
    return read.every((item) => item !== undefined) ? read : undefined;
  },
};

export const flag: Operand<boolean> = {
  schema: { type: 'boolean' },
  read: (value, path, report) => (typeof value === 'boolean' ? value : wrongType(value, 'true or false', path, report)),
};

export const text: Operand<string> = {
  schema: { type: 'string', minLength: 1 },
  read: (value, path, report) =>
    typeof value === 'string' && value !== '' ? value : wrongType(value, 'a text', path, report),
};

export const number: Operand<number> = {
  schema: { type: 'number' },
  read: (value, path, report) =>
    typeof value === 'number' && Number.isFinite(value) ? value : wrongType(value, 'a number', path, report),
};

/** A whole number, 0 or more. */
export const wholeNumber: Operand<number> = {
  schema: { type: 'integer', minimum: 0, maximum: 1_000_000 },
  read: (value, path, report) =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 1_000_000
      ? value
      : wrongType(value, 'a whole number', path, report),
};

export const instant: Operand<Milliseconds> = {
  schema: instantSchema,
  read(value, path, report) {
    const at = parseInstant(value);
    if (at !== undefined) return at;
    const date = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? `${value}T00:00:00Z` : undefined;
    report({
      path,
      code: 'segment/bad-instant',
      found: describeFound(value),
      expected: 'an instant (RFC 3339), such as 2026-11-21T00:00:00Z',
      ...(date === undefined || parseInstant(date) === undefined ? {} : { suggestion: date }),
    });
    return undefined;
  },
};

export const duration: Operand<Duration> = {
  schema: { type: 'string', pattern: DURATION_PATTERN },
  read: (value, path, report) => parseDuration(value) ?? badDuration(value, '', path, report),
};

/** `30 days ago` */
export const ago: Operand<Duration> = {
  schema: { type: 'string', pattern: AGO_PATTERN },
  read(value, path, report) {
    const length = typeof value === 'string' && value.endsWith(' ago') ? value.slice(0, -4) : undefined;
    return (
      parseDuration(length) ??
      badDuration(typeof value === 'string' ? value.replace(/ ago$/, '') : value, ' ago', path, report)
    );
  },
};

/** 0 to 1, written `12.5%`. */
export const percent: Operand<number> = {
  schema: { type: 'string', pattern: PERCENT_PATTERN },
  read(value, path, report) {
    if (typeof value === 'string' && new RegExp(PERCENT_PATTERN).test(value)) return Number(value.slice(0, -1)) / 100;
    const suggestion = typeof value === 'number' && value >= 0 && value <= 100 ? `${value}%` : undefined;
    report({
      path,
      code: 'segment/bad-percent',
      found: describeFound(value),
      expected: 'a share from 0% to 100%',
      ...(suggestion === undefined ? {} : { suggestion }),
    });
    return undefined;
  },
};

/** A regular expression of the linear-time kind (RE2): no back-references, no look-around. */
export const pattern: Operand<string> = {
  schema: { type: 'string', minLength: 1, maxLength: 1000 },
  read(value, path, report) {
    if (typeof value !== 'string' || value === '' || value.length > 1000) {
      return wrongType(value, 'a regular expression of at most 1000 characters', path, report);
    }
    try {
      RE2JS.compile(value);
      return value;
    } catch (error) {
      const why = error instanceof Error ? error.message.replace('error parsing regexp: ', '') : 'unreadable';
      const expected = 'a linear-time regular expression (RE2): no back-references, no look-around';
      report({ path, code: 'segment/bad-pattern', found: `${describeFound(value)} (${why})`, expected });
      return undefined;
    }
  },
};

const numberRange: Operand<Range> = {
  schema: { type: 'array', minItems: 2, maxItems: 2, items: number.schema },
  read: (value, path, report) => readRange('number', number, value, path, report),
};

export const instantRange: Operand<Range> = {
  schema: { type: 'array', minItems: 2, maxItems: 2, items: instantSchema },
  read: (value, path, report) => readRange('instant', instant, value, path, report),
};

/** Two numbers or two instants. */
export const anyRange: Operand<Range> = {
  schema: { anyOf: [numberRange.schema, instantRange.schema] },
  read(value, path, report) {
    const of = Array.isArray(value) && typeof value[0] === 'string' ? instantRange : numberRange;
    return of.read(value, path, report);
  },
};

/** Reports a value of the wrong type. Returns undefined, so that a reader can end with it. */
function wrongType(value: unknown, expected: string, path: Path, report: Report, suggestion?: string): undefined {
  const problem = { path, code: 'segment/wrong-type', found: describeFound(value), expected };
  report(suggestion === undefined ? problem : { ...problem, suggestion });
}

function readRange(
  of: Range['of'],
  end: Operand<number>,
  value: unknown,
  path: Path,
  report: Report,
): Range | undefined {
  if (!Array.isArray(value) || value.length !== 2) {
    return wrongType(value, `a list of two ${of}s`, path, report);
  }
  const from = end.read(value[0], [...path, 0], report);
  const to = end.read(value[1], [...path, 1], report);
  if (from === undefined || to === undefined) return undefined;
  if (from > to) {
    const suggestion = JSON.stringify([value[1], value[0]]);
    report({
      path,
      code: 'segment/bad-range',
      found: JSON.stringify(value),
      expected: 'the smaller end first',
      suggestion,
    });
    return undefined;
  }
  return { of, from, to };
}

function badDuration(value: unknown, after: string, path: Path, report: Report): undefined {
  const suggestion = suggestDuration(value);
  report({
    path,
    code: 'segment/bad-duration',
    found: describeFound(typeof value === 'string' && after !== '' ? `${value}${after}` : value),
    expected: `a number of minutes, hours, days or weeks${after}, such as "30 days${after}"`,
    ...(suggestion === undefined ? {} : { suggestion: `${suggestion}${after}` }),
  });
}

function isScalar(value: unknown): value is Scalar {
  return (
    typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  );
}
