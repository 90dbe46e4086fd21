import { jaroWinkler } from '@skyra/jaro-winkler';
import type { Comparable } from '../lib/domain/duplicate/comparable.ts';
import { type FebrlRecord, pairOf } from './febrl.ts';

/** What people pick instead: the same number, or the same name and birthday, letter by letter. */
export function exactRule(records: readonly FebrlRecord[]): ReadonlySet<string> {
  return pairsOf(records, ({ row }) => [
    row.soc_sec_id ?? '',
    row.given_name && row.surname && row.date_of_birth ? `${row.given_name}|${row.surname}|${row.date_of_birth}` : '',
  ]);
}

/** Weights that somebody set by hand, in bits: what this project had before it estimated them. */
export function fixedScore(records: readonly FebrlRecord[], threshold: number): ReadonlySet<string> {
  const people = new Map(records.map(({ id, person }) => [id, person]));
  const met = pairsOf(records, ({ person: { firstName, lastName, postalCode } }) => [
    lastName && postalCode ? `${lastName}|${postalCode}` : '',
    firstName && lastName ? `${lastName}|${firstName.slice(0, 3)}` : '',
  ]);
  return new Set(
    [...met].filter((pair) => {
      const [a, b] = pair.split(' ').map((id) => people.get(id));
      return a !== undefined && b !== undefined && fixed(a, b) >= threshold;
    }),
  );
}

const PRIOR_BITS = 9;

function fixed(a: Comparable, b: Comparable): number {
  const bits =
    weight(a.lastName, b.lastName, 0.92, 4, -4) +
    weight(a.firstName, b.firstName, 0.88, 3, -3) +
    weight(a.postalCode, b.postalCode, 1, 4, -1) +
    weight(a.city, b.city, 0.93, 2, -1) +
    weight(a.birthday, b.birthday, 1, 6, -6) -
    PRIOR_BITS;
  return 1 / (1 + 2 ** -bits);
}

function weight(a: string, b: string, alike: number, agree: number, differ: number): number {
  if (a === '' || b === '') return 0;
  const similarity = a === b ? 1 : jaroWinkler(a, b);
  return similarity >= alike ? agree : similarity < alike - 0.15 ? differ : 0;
}

function pairsOf(
  records: readonly FebrlRecord[],
  keysOf: (record: FebrlRecord) => readonly string[],
): ReadonlySet<string> {
  const blocks = new Map<string, string[]>();
  for (const record of records) {
    for (const [kind, key] of keysOf(record).entries()) {
      if (key !== '') blocks.set(`${kind}|${key}`, [...(blocks.get(`${kind}|${key}`) ?? []), record.id]);
    }
  }
  return new Set(
    [...blocks.values()].flatMap((ids) => ids.flatMap((a, at) => ids.slice(at + 1).map((b) => pairOf(a, b)))),
  );
}
