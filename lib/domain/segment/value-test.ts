import { isZone, openZone } from './calendar.ts';
import { type Duration, daysOf } from './duration.ts';
import type { Matcher } from './matcher.ts';
import { type Build, type OperatorName, operatorNames, operators } from './operator.ts';
import { describeFound, oneOf, type Path, type Report, refuseUnknownKeys, type WrittenObject } from './problem.ts';

/** A calendar as written: a zone, or the workspace's own. */
export type Calendar = string | true;

/** A read test of one value: `{ is: customer }`, `{ within_last: 30 days, calendar: Europe/Berlin }`. */
export interface ValueTest {
  readonly operator: OperatorName;
  /** Builds the matcher; the time zone is the workspace's, for `calendar: true`. */
  build(timezone: string): Matcher;
}

/** Options of a test: which operators may be used, and which other keys stand in the same map. */
interface TestOptions {
  readonly operators?: readonly OperatorName[];
  readonly alongside?: readonly string[];
}

/** Reads exactly one operator with what may stand beside it. */
export function readValueTest(
  object: WrittenObject,
  path: Path,
  report: Report,
  { operators: allowed = operatorNames, alongside = [] }: TestOptions = {},
): ValueTest | undefined {
  refuseUnknownKeys(object, [...alongside, ...allowed, 'case', 'calendar'], path, report);
  const found = allowed.filter((name) => Object.hasOwn(object, name));
  const [name] = found;
  if (name === undefined || found.length > 1) {
    report({
      path,
      code: name === undefined ? 'segment/missing-key' : 'segment/conflicting-keys',
      found: name === undefined ? 'no operator' : oneOf(found).replace(' or ', ' and '),
      expected: `one of ${allowed.join(', ')}`,
    });
    return undefined;
  }
  const operator = operators[name];
  const read = operator.read(object[name], [...path, name], report);
  const exact = readCase(object, name, path, report);
  const calendar = readCalendar(object, read?.length, operator.beside === 'calendar', path, report);
  if (read === undefined || exact === undefined || calendar === undefined) return undefined;
  return { operator: name, build: (timezone) => buildMatcher(read.build, exact, calendar, timezone) };
}

/**
 * Reads `calendar:` beside lengths of time; `false` when there is none, undefined when it is wrong. `applies` says
 * whether anything beside it is measured in days.
 */
export function readCalendar(
  object: WrittenObject,
  length: Duration | undefined,
  applies: boolean,
  path: Path,
  report: Report,
): Calendar | false | undefined {
  if (!Object.hasOwn(object, 'calendar')) return false;
  const { calendar } = object;
  const at = [...path, 'calendar'];
  if (!applies) {
    const expected = 'a window beside it that moves with the days';
    report({ path: at, atKey: true, code: 'segment/idle-key', found: 'calendar', expected });
    return undefined;
  }
  if (calendar !== true && !isZone(calendar)) {
    const expected = 'a time zone such as Europe/Berlin, or true for the workspace’s own';
    report({ path: at, code: 'segment/bad-zone', found: describeFound(calendar), expected });
    return undefined;
  }
  if (length !== undefined && daysOf(length) === undefined) {
    const found = `a calendar beside ${length.amount} ${length.unit}s`;
    report({ path: at, code: 'segment/bad-calendar', found, expected: 'a length in days or weeks beside a calendar' });
    return undefined;
  }
  return calendar;
}

/** The name of a calendar's zone. */
export function zoneName(calendar: Calendar, timezone: string): string {
  return calendar === true ? timezone : calendar;
}

function readCase(object: WrittenObject, name: OperatorName, path: Path, report: Report): boolean | undefined {
  if (!Object.hasOwn(object, 'case')) return false;
  const at = [...path, 'case'];
  if (operators[name].beside !== 'case') {
    report({ path: at, atKey: true, code: 'segment/idle-key', found: 'case', expected: `nothing beside ${name}` });
    return undefined;
  }
  if (object.case === 'exact') return true;
  report({ path: at, code: 'segment/wrong-type', found: describeFound(object.case), expected: 'exact' });
  return undefined;
}

function buildMatcher(build: Build, exact: boolean, calendar: Calendar | false, timezone: string): Matcher {
  return build({ exact, zone: calendar === false ? undefined : openZone(zoneName(calendar, timezone)) });
}
