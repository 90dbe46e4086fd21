import { problems } from './graph-error.ts';

export interface SimAudience {
  readonly id: string;
  readonly name: string;
  /** Rows as they were uploaded: key → value, empty ones left out. */
  rows: readonly Row[];
  blocked: boolean;
}

export type Row = Readonly<Record<string, string>>;

export interface Received {
  readonly received: number;
  readonly invalid: number;
}

/** Custom audiences of one ad account. Nobody can read who is in one: only tests can. */
export interface Audiences {
  /** The ad account's id, without `act_`. */
  readonly account: string;
  readonly all: ReadonlyMap<string, SimAudience>;
  /** The oldest of that name: names are not unique. */
  named(name: string): SimAudience | undefined;
  create(name: string): SimAudience;
  delete(id: string): void;
  add(audience: SimAudience, rows: readonly Row[]): Received;
  /** Takes off whoever has one of a row's keys. */
  remove(audience: SimAudience, rows: readonly Row[]): Received;
}

/** Keys whose values are uploaded as they are. */
const READABLE: ReadonlySet<string> = new Set(['MADID', 'EXTERN_ID', 'LOOKALIKE_VALUE']);

/** `smallest`: fewer than that may not be left after a removal. How many Meta wants is not known: about a hundred. */
export function createAudiences(account: string, { smallest }: { readonly smallest: number }): Audiences {
  const all = new Map<string, SimAudience>();
  let lastId = 23_861_000_000_000_000n;
  return {
    account,
    all,
    named: (name) => [...all.values()].find((one) => one.name === name),
    create(name) {
      lastId += 1n;
      const audience: SimAudience = { id: String(lastId), name, rows: [], blocked: false };
      all.set(audience.id, audience);
      return audience;
    },
    delete: (id) => void all.delete(id),
    add(audience, rows) {
      const valid = rows.filter(isValid);
      const known = new Map(audience.rows.map((row) => [JSON.stringify(row), row]));
      for (const row of valid) known.set(JSON.stringify(row), row);
      audience.rows = [...known.values()];
      return { received: rows.length, invalid: rows.length - valid.length };
    },
    remove(audience, rows) {
      const keys = new Set(rows.flatMap((row) => Object.entries(row).map(([key, value]) => `${key} ${value}`)));
      const left = audience.rows.filter(
        (row) => !Object.entries(row).some(([key, value]) => keys.has(`${key} ${value}`)),
      );
      if (left.length < smallest && left.length < audience.rows.length) throw problems.tooSmall();
      audience.rows = left;
      return { received: rows.length, invalid: rows.filter((row) => !isValid(row)).length };
    },
  };
}

function isValid(row: Row): boolean {
  const values = Object.entries(row);
  return values.length > 0 && values.every(([key, value]) => READABLE.has(key) || /^[0-9a-f]{64}$/.test(value));
}
