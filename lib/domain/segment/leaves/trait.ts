import { text } from '../operand.ts';
import type { Path, Report, WrittenObject } from '../problem.ts';
import { readValueTest, type ValueTest } from '../value-test.ts';

/** `{ trait: lifecycle_stage, is: customer }` */
export interface TraitLeaf {
  readonly kind: 'trait';
  readonly trait: string;
  readonly test: ValueTest;
}

export function readTrait(object: WrittenObject, path: Path, report: Report): TraitLeaf | undefined {
  const trait = text.read(object.trait, [...path, 'trait'], report);
  const test = readValueTest(object, path, report, { alongside: ['trait'] });
  return trait === undefined || test === undefined ? undefined : { kind: 'trait', trait, test };
}
