import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linesOf, withCli } from './run-cli.ts';

const cli = withCli();

const record = (id: string, last: string) => ({
  kind: 'profile',
  fragment: `crm:contact:${id}`,
  at: '2026-01-01T00:00:00Z',
  identifiers: [{ type: 'email', value: `${id}@example.com` }],
  traits: {
    first_name: 'Ann',
    last_name: last,
    address: { postal_code: '10115', city: 'Berlin', country: 'Deutschland' },
  },
});

describe('tributary resolve --duplicates', () => {
  it('writes people who may be one to the file and leaves the people on stdout as they are', async () => {
    const folder = cli().folder;
    const input = join(folder, 'changes.ndjson');
    const output = join(folder, 'pairs.ndjson');
    writeFileSync(
      input,
      [record('1', 'Müller'), record('2', 'Mueller'), record('3', 'Abt')].map((one) => JSON.stringify(one)).join('\n'),
    );

    const plain = await cli().run(['resolve', input]);
    const asked = await cli().run(['resolve', input, '--duplicates', output]);

    expect(asked).toEqual(plain);
    expect(linesOf(plain.stdout)).toHaveLength(3);
    expect(linesOf(readFileSync(output, 'utf8'))).toMatchObject([
      {
        fragments: ['crm:contact:1', 'crm:contact:2'],
        score: 0.990462,
        reasons: [{ about: 'last_name', agreement: 'same' }, { about: 'first_name' }, { about: 'address' }, {}],
      },
    ]);
  });
});
