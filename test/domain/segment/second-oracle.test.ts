import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../../../lib/domain/segment/compile.ts';
import { nodeKeys } from '../../../lib/domain/segment/condition.ts';
import { evaluate } from '../../../lib/domain/segment/evaluate.ts';
import { didKeys } from '../../../lib/domain/segment/leaves/did.ts';
import { operatorNames } from '../../../lib/domain/segment/operator.ts';
import { viewPerson } from './arrival.ts';
import type { Person } from './brute-force.ts';
import { definitionsOf } from './compare.ts';
import { makeChance, type RandomCase, randomCase } from './random-cases.ts';
import { sqlOf } from './sql-rules.ts';

const RULES = Number(process.env.SEGMENT_CASES ?? 100_000) / 1_000;
const PEOPLE = 30;
const ASKS =
  'ask INTEGER, rule VARCHAR, id VARCHAR, now BIGINT, traits JSON, since JSON, granted VARCHAR[], segments VARCHAR[]';
const DONE = 'ask INTEGER, now BIGINT, name VARCHAR, instant BIGINT, properties JSON';

/** One question to both: whether a rule holds for a person at an instant. */
interface Ask {
  readonly rule: string;
  readonly person: Person;
  readonly now: number;
  readonly member: boolean;
}

let instance: DuckDBInstance;
let database: DuckDBConnection;
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  database = await instance.connect();
});
afterAll(() => {
  database.closeSync();
  instance.closeSync();
});

describe('DuckDB', () => {
  const rules = Array.from({ length: RULES }, (_, rule) => randomCase(makeChance(7_000 + rule), 1));

  it('is asked for every leaf, operator and key of the language', () => {
    const written = JSON.stringify(rules.map(({ conditions }) => conditions));
    const missing = [...nodeKeys, ...operatorNames, ...didKeys, 'for', 'case'].filter(
      (key) => !written.includes(`"${key}":`),
    );

    expect(missing).toEqual([]);
  });

  it('answers the same rules over the same people the same way, now and around each flip', {
    timeout: 600_000,
  }, async () => {
    const asks = rules.flatMap((one, rule) => asksOf(one, rule));
    await fill(asks);

    let compared = 0;
    const different: string[] = [];
    for (const [rule, { conditions }] of rules.entries()) {
      for (const [segment, when] of Object.entries(conditions)) {
        const query = `SELECT p.ask, ${sqlOf(when, conditions)} AS member FROM asks p WHERE p.rule = '${rule} ${segment}'`;
        for (const { ask, member } of (await database.runAndReadAll(query)).getRowObjects()) {
          const asked = asks[Number(ask)];
          if (member === asked?.member) compared += 1;
          else
            different.push(`rule ${rule} ${segment} at ${asked?.now}: ${asked?.member} here, ${JSON.stringify(when)}`);
        }
      }
    }

    expect(different).toEqual([]);
    expect(compared).toBe(asks.length);
    expect(asks.length).toBeGreaterThan(RULES * PEOPLE * 3);
  });
});

/** Our answers about one set of rules: at an instant, at its flip and just before. */
function asksOf({ conditions, instants: [now = 0] }: RandomCase, rule: number): Ask[] {
  const program = compile(definitionsOf(conditions), { timezone: 'Europe/Berlin' });
  const asks: Ask[] = [];
  for (let number = 0; number < PEOPLE; number += 1) {
    const { person } = randomCase(makeChance(number + 1), 1);
    const shift = now - (person.activities[0]?.at ?? now);
    const moved = { ...person, activities: person.activities.map((one) => ({ ...one, at: one.at + shift })) };
    for (const [segment, { member, flipsAt }] of evaluate(program, viewPerson(program, moved), now)) {
      const ask = { rule: `${rule} ${segment}`, person: moved };
      asks.push({ ...ask, now, member });
      if (flipsAt === null) continue;
      asks.push({ ...ask, now: flipsAt - 1, member }, { ...ask, now: flipsAt, member: !member });
    }
  }
  return asks;
}

async function fill(asks: readonly Ask[]): Promise<void> {
  await database.run(`CREATE TABLE asks (${ASKS})`);
  await database.run(`CREATE TABLE done (${DONE})`);
  const rows = asks.map(({ rule, person, now }, ask) => {
    const { id, traits, since, granted, segments } = person;
    return { ask, rule, id, now, traits, since, granted, segments };
  });
  const done = asks.flatMap(({ person, now }, ask) =>
    person.activities
      .filter(({ at }) => at <= now)
      .map(({ name, at, properties }) => ({ ask, now, name, instant: at, properties })),
  );
  await insert('asks', rows, ASKS);
  await insert('done', done, DONE);
}

/** Rows go over as JSON: what DuckDB reads of it is its own reading. */
async function insert(table: string, rows: readonly object[], columns: string): Promise<void> {
  const fields = columns.split(', ').map((column) => column.split(' ') as [string, string]);
  for (let from = 0; from < rows.length; from += 5_000) {
    const structure = JSON.stringify([Object.fromEntries(fields)]);
    const names = fields.map(([name]) => `row.${name}`).join(', ');
    const statement = await database.prepare(
      `INSERT INTO ${table} SELECT ${names} FROM (SELECT unnest(from_json($1::JSON, '${structure}')) AS row)`,
    );
    statement.bindVarchar(1, JSON.stringify(rows.slice(from, from + 5_000)));
    await statement.run();
  }
}
