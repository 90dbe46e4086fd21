import { type Comparable, comparableOf } from '../../../lib/domain/duplicate/comparable.ts';
import type { Json } from '../../../lib/domain/json.ts';

/** A made-up person of one record. */
export function person(
  id: string,
  traits: Readonly<Record<string, Json>>,
  {
    identifiers = {},
    ...more
  }: {
    readonly identifiers?: Readonly<Record<string, string>>;
    readonly numbers?: readonly string[];
    readonly apart?: readonly string[];
  } = {},
): Comparable {
  return comparableOf({
    id,
    fragments: [`crm:contact:${id}`],
    identifiers: Object.entries(identifiers).map(([type, value]) => ({ type, value })),
    trait: (path) => traits[path],
    ...more,
  });
}
