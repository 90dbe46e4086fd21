import type { Duration } from '../duration.ts';
import { duration } from '../operand.ts';
import { operators } from '../operator.ts';
import { type Path, type Report, readObject, refuseUnknownKeys, type WrittenObject } from '../problem.ts';
import { type Calendar, readCalendar } from '../value-test.ts';
import { readTrait, type TraitLeaf } from './trait.ts';

/** `{ has_been: { trait: lifecycle_stage, is: customer, for: 30 days } }`; `for` may also stand beside `has_been`. */
export interface HasBeenLeaf {
  readonly kind: 'has_been';
  readonly trait: TraitLeaf;
  readonly length: Duration;
  readonly calendar: Calendar | false;
}

export function readHasBeen(object: WrittenObject, path: Path, report: Report): HasBeenLeaf | undefined {
  refuseUnknownKeys(object, ['has_been', 'for', 'calendar'], path, report);
  const inner = [...path, 'has_been'];
  const held = readObject(object.has_been, inner, 'a trait leaf with for: 30 days', report);
  if (held === undefined) return undefined;
  const [place, at] = Object.hasOwn(object, 'for') ? [object, path] : [held, inner];
  if (Object.hasOwn(object, 'for') && Object.hasOwn(held, 'for')) {
    report({ path, code: 'segment/conflicting-keys', found: 'for twice', expected: 'for once' });
    return undefined;
  }
  if (!Object.hasOwn(place, 'for')) {
    report({
      path: inner,
      code: 'segment/missing-key',
      found: 'no for',
      expected: 'for: and a duration, such as "30 days"',
    });
    return undefined;
  }
  const length = duration.read(place.for, [...at, 'for'], report);
  const calendar = readCalendar(place, length, true, at, report);
  const trait = readTrait(withoutDwell(held, place === held), inner, report);
  if (length === undefined || calendar === undefined || trait === undefined) return undefined;
  return { kind: 'has_been', trait, length, calendar };
}

/** The trait leaf alone. A calendar in the same map counts the days of `for`, and those of the operator if it has any. */
function withoutDwell(held: WrittenObject, dwells: boolean): WrittenObject {
  if (!dwells) return held;
  const { for: _for, calendar, ...trait } = held;
  const measured = Object.entries(operators).some(([name, { beside }]) => beside === 'calendar' && name in trait);
  return measured && calendar !== undefined ? { ...trait, calendar } : trait;
}
