import type { Duration } from '../duration.ts';
import { ago, duration, instantRange, text } from '../operand.ts';
import { type Path, type Report, readObject, refuseUnknownKeys, type WrittenObject } from '../problem.ts';
import type { Window } from '../span.ts';
import { readCalendar, readValueTest, type ValueTest } from '../value-test.ts';
import { type Reduction, readReduction, reductionNames } from './reduction.ts';

/** `{ did: Order Completed, where: …, within: 30 days, count: { at_least: 2 }, followed_by: … }` */
export interface DidLeaf {
  readonly kind: 'did';
  readonly activity: string;
  readonly where: readonly PropertyTest[];
  readonly window: Window;
  readonly reduction: Reduction;
  readonly followedBy?: Follower;
  readonly notFollowedBy?: Follower;
}

export interface PropertyTest {
  readonly property: string;
  readonly test: ValueTest;
}

/** What must (not) come after an activity, and how soon. */
export interface Follower {
  readonly activity: string;
  readonly where: readonly PropertyTest[];
  readonly within: Duration;
}

const windowKeys = ['within', 'between', 'from', 'to'] as const;
const followKeys = ['followed_by', 'not_followed_by'] as const;

/** Every key of a `did` leaf, in the order of the documentation. */
export const didKeys = ['did', 'where', ...windowKeys, 'calendar', ...reductionNames, ...followKeys] as const;

export function readDid(object: WrittenObject, path: Path, report: Report): DidLeaf | undefined {
  refuseUnknownKeys(object, didKeys, path, report);
  const activity = text.read(object.did, [...path, 'did'], report);
  const where = readWhere(object, path, report);
  const window = readWindow(object, path, report);
  const reduction = readReduction(object, path, report);
  const followedBy = readFollower(object, 'followed_by', path, report);
  const notFollowedBy = readFollower(object, 'not_followed_by', path, report);
  if (activity === undefined || where === undefined || window === undefined || reduction === undefined)
    return undefined;
  if (followedBy === undefined || notFollowedBy === undefined) return undefined;
  return {
    kind: 'did',
    activity,
    where,
    window,
    reduction,
    ...(followedBy === false ? {} : { followedBy }),
    ...(notFollowedBy === false ? {} : { notFollowedBy }),
  };
}

function readWhere(object: WrittenObject, path: Path, report: Report): readonly PropertyTest[] | undefined {
  if (!Object.hasOwn(object, 'where')) return [];
  const at = [...path, 'where'];
  const where = readObject(
    object.where,
    at,
    'a map of property to one operator, such as { category: { is: shoes } }',
    report,
  );
  if (where === undefined) return undefined;
  const tests: PropertyTest[] = [];
  let complete = true;
  for (const [property, written] of Object.entries(where)) {
    const place = [...at, property];
    const inner = readObject(written, place, 'an operator, such as { is: shoes }', report);
    const test = inner === undefined ? undefined : readValueTest(inner, place, report);
    if (test === undefined) complete = false;
    else tests.push({ property, test });
  }
  return complete ? tests : undefined;
}

function readWindow(object: WrittenObject, path: Path, report: Report): Window | undefined {
  const has = (key: string): boolean => Object.hasOwn(object, key);
  const kinds = [has('within'), has('between'), has('from') || has('to')].filter(Boolean).length;
  if (kinds > 1) {
    const found = windowKeys.filter(has).join(' and ');
    report({ path, code: 'segment/conflicting-keys', found, expected: 'within, or between, or from and to' });
    return undefined;
  }
  if (kinds > 0 && has('regularly')) {
    const found = `regularly and ${windowKeys.filter(has).join(' and ')}`;
    report({ path, code: 'segment/conflicting-keys', found, expected: 'regularly alone: it is a window itself' });
    return undefined;
  }
  if (has('between')) {
    const range = instantRange.read(object.between, [...path, 'between'], report);
    const calendar = readCalendar(object, undefined, false, path, report);
    return range === undefined || calendar === undefined ? undefined : { kind: 'fixed', range };
  }
  if (has('within')) return readRolling(object, undefined, path, report);
  if (has('from') || has('to')) {
    const to = ago.read(object.to, [...path, 'to'], report);
    return to === undefined ? undefined : readRolling(object, to, path, report);
  }
  const calendar = has('regularly') ? false : readCalendar(object, undefined, false, path, report);
  return calendar === undefined ? undefined : { kind: 'ever' };
}

function readRolling(object: WrittenObject, to: Duration | undefined, path: Path, report: Report): Window | undefined {
  const key = to === undefined ? 'within' : 'from';
  const from = (to === undefined ? duration : ago).read(object[key], [...path, key], report);
  const calendar = readCalendar(object, from, true, path, report);
  if (from === undefined || calendar === undefined) return undefined;
  if (to === undefined) return { kind: 'rolling', from, calendar };
  const second = readCalendar(object, to, true, path, report);
  if (second === undefined) return undefined;
  if (from.ms <= to.ms) {
    const found = `from ${object.from} to ${object.to}`;
    const suggestion = `from: ${object.to}, to: ${object.from}`;
    report({ path, code: 'segment/bad-range', found, expected: 'from further back than to', suggestion });
    return undefined;
  }
  return { kind: 'rolling', from, to, calendar };
}

/** `false` when the key is not there. */
function readFollower(
  object: WrittenObject,
  key: (typeof followKeys)[number],
  path: Path,
  report: Report,
): Follower | false | undefined {
  if (!Object.hasOwn(object, key)) return false;
  const at = [...path, key];
  const follower = readObject(
    object[key],
    at,
    'did and within, such as { did: Order Completed, within: 1 day }',
    report,
  );
  if (follower === undefined) return undefined;
  refuseUnknownKeys(follower, ['did', 'where', 'within'], at, report);
  const activity = text.read(follower.did, [...at, 'did'], report);
  const where = readWhere(follower, at, report);
  const within = duration.read(follower.within, [...at, 'within'], report);
  return activity === undefined || where === undefined || within === undefined
    ? undefined
    : { activity, where, within };
}
