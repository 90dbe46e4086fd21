import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../lib/domain/json.ts';
import { type Asked, withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const play = withPlayedStages();

const entry = {
  key: 'email#1#abcdefghijklmnopqrstuvwxyz0',
  type: 'email',
  at: '2026-11-21T12:00:00.000Z',
  by: 'ops',
  reason: 'letter of 20 November',
};

describe('tributary suppress', () => {
  it('adds, takes off and lists, and shows keys instead of addresses', async () => {
    const stage = await play(({ method, path }) => {
      if (method === 'POST') return [202, [entry]];
      return [200, { suppressions: [entry], next: path.includes('after=') ? null : entry.key }];
    });
    const why = ['--reason', entry.reason, '--by', 'ops', '--stage', stage.url];

    const added = await cli().run(['suppress', 'add', 'ann@example.com', ...why, '--json']);
    const removed = await cli().run(['suppress', 'remove', entry.key, ...why]);
    const listed = await cli().run(['suppress', 'list', '--stage', stage.url]);

    expect([added, removed, listed].map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(JSON.parse(added.stdout)).toEqual({ suppressions: [entry] });
    expect(listed.stdout.split(entry.key)).toHaveLength(3);
    expect(stage.asked.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['POST', '/api/suppressions', { person: 'ann@example.com', reason: entry.reason, by: 'ops' }],
      ['POST', '/api/suppressions/lift', { person: entry.key, reason: entry.reason, by: 'ops' }],
      ['GET', '/api/suppressions?limit=500', null],
      ['GET', `/api/suppressions?limit=500&after=${encodeURIComponent(entry.key)}`, null],
    ]);
  });
});

describe('tributary suppress add --file', () => {
  const why = ['--reason', 'the list of the former tool', '--by', 'ops'];

  /** Takes whoever has an address or a phone number, as the API does. */
  const taking = () =>
    play(({ body }) => {
      const { people } = body as { readonly people: readonly string[] };
      const refused = people.flatMap((who, index) =>
        /[@+]/.test(who) ? [] : [{ index, code: 'api/no-such-person', message: 'nobody is known by that' }],
      );
      return [202, { suppressions: Array<Json>(people.length - refused.length).fill(entry), refused }];
    });
  const write = (name: string, text: string): string => {
    writeFileSync(join(cli().folder, name), text);
    return name;
  };
  const sentTo = (asked: readonly Asked[]) => asked.map(({ body }) => (body as { people: string[] }).people);

  it('sends an identifier a line in batches, and goes on after lines that name nobody', async () => {
    const lines = Array.from({ length: 250 }, (_, n) => (n === 7 || n === 120 ? 'nobody' : `p${n}@example.com`));
    const file = write('old.txt', `\ufeff${lines.join('\r\n')}\r\n\r\n`);
    const stage = await taking();

    const ran = await cli().run(['suppress', 'add', '--file', file, ...why, '--stage', stage.url, '--json']);

    expect({ status: ran.status, sizes: sentTo(stage.asked).map(({ length }) => length) }).toEqual({
      status: 1,
      sizes: [100, 100, 50],
    });
    expect(sentTo(stage.asked).flat()).toEqual(lines);
    expect(stage.asked[0]).toMatchObject({
      path: '/api/suppressions/batch',
      body: { reason: 'the list of the former tool', by: 'ops' },
    });
    const bad = {
      found: 'text of 6 characters: nobody is known by that',
      expected: expect.stringContaining('ann@example.com'),
    };
    expect(JSON.parse(ran.stdout)).toEqual({
      ...{ file, lines: 250, suppressed: 248 },
      refused: [
        { line: 8, ...bad },
        { line: 121, ...bad },
      ],
    });
  });

  it('takes the columns of a table that hold identifiers, and names rows without one', async () => {
    const file = write(
      'old.csv',
      'Name;E-Mail;Mobile;When\n"A; B";a@example.com;+4917000;1\nCyd;;;2\nDee;d@example.com\nEve;e@example.com;;4\n',
    );
    const stage = await taking();

    const ran = await cli().run(['suppress', 'add', '--file', file, ...why, '--stage', stage.url]);

    expect(ran.status).toBe(1);
    expect(sentTo(stage.asked)).toEqual([['email=a@example.com', 'phone=+4917000', 'email=e@example.com']]);
    expect(ran.stdout).toContain('old.csv:3  found no value; expected a value in E-Mail, Mobile');
    expect(ran.stdout).toContain('old.csv:4  found 2 cells');
    expect(ran.stdout).toContain('4 lines, 3 identifiers never contacted from now on, 2 lines refused');
    expect(ran.stdout + ran.stderr).not.toContain('@example.com,');
  });

  it('reads a single column with a header, and begins a list with a line that names nobody', async () => {
    const column = await taking();
    const list = await taking();
    const withHeader = write('column.csv', 'email\na@example.com\n');
    const without = write('list.txt', 'nobody\na@example.com\n');

    const first = await cli().run(['suppress', 'add', '--file', withHeader, ...why, '--stage', column.url]);
    const second = await cli().run(['suppress', 'add', '--file', without, ...why, '--stage', list.url]);

    expect([first.status, second.status]).toEqual([0, 1]);
    expect(sentTo(column.asked)).toEqual([['email=a@example.com']]);
    expect(sentTo(list.asked)).toEqual([['nobody', 'a@example.com']]);
  });

  it('sends a batch again when the stage is not there for a moment', async () => {
    let asked = 0;
    const stage = await play(() => {
      asked += 1;
      return asked === 1 ? [503, { message: 'Service Unavailable' }] : [202, { suppressions: [entry], refused: [] }];
    });
    const file = write('one.txt', 'a@example.com\n');

    const { status } = await cli().run(['suppress', 'add', '--file', file, ...why, '--stage', stage.url]);

    expect({ status, asked }).toEqual({ status: 0, asked: 2 });
  });

  it.each([
    ['a table that names nobody', 'name,plan\nAnn,pro\n', 'has no column that names people'],
    ['a file without anything', '\n', 'is empty'],
  ])('ends with 2 on %s, and asks nothing', async (_what, text, says) => {
    const stage = await taking();
    const file = write('other.csv', text);

    const { status, stderr } = await cli().run(['suppress', 'add', '--file', file, ...why, '--stage', stage.url]);

    expect({ status, asked: stage.asked, says: stderr.includes(says) }).toEqual({ status: 2, asked: [], says: true });
  });
});
