import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ResolvedPerson } from '../../lib/domain/resolve-offline.ts';
import { linesOf, withCli } from './run-cli.ts';

const cli = withCli();

const ann = {
  kind: 'profile',
  fragment: 'crm:contact:1',
  at: '2026-01-01T00:00:00Z',
  identifiers: [{ type: 'email', value: ' Ann@Example.com ' }],
  traits: { first_name: 'Ann', address: { country: 'DE' } },
};
const reader = {
  kind: 'profile',
  fragment: 'newsletter:member:9',
  at: '2026-01-02T00:00:00+01:00',
  identifiers: [{ type: 'email', value: 'ann@example.com' }],
  traits: { first_name: 'Annie' },
};
const opened = {
  kind: 'activity',
  fragment: 'newsletter:member:9',
  at: '2026-01-03T00:00:00Z',
  id: 'open-1',
  name: 'Email Opened',
};
const bob = { ...ann, fragment: 'crm:contact:2', identifiers: [{ type: 'email', value: 'bob@example.com' }] };

describe('tributary resolve', () => {
  it('joins records by what they share and tells the evidence', async () => {
    const { status, stdout } = await resolve([ann, reader, opened, opened]);

    expect(status).toBe(0);
    expect(linesOf(stdout)).toEqual([
      {
        id: expect.stringMatching(/^p_[\w-]{22}$/) as string,
        identifiers: [{ type: 'email', value: 'ann@example.com' }],
        traits: { first_name: 'Annie', address: { country: 'DE' } },
        fragments: ['crm:contact:1', 'newsletter:member:9'],
        edges: [
          {
            id: expect.stringMatching(/^e_[\w-]{16}$/) as string,
            fragment: 'crm:contact:1',
            identifier: { type: 'email', value: 'ann@example.com' },
            at: '2026-01-01T00:00:00.000Z',
            state: 'joined',
          },
          {
            id: expect.stringMatching(/^e_[\w-]{16}$/) as string,
            fragment: 'newsletter:member:9',
            identifier: { type: 'email', value: 'ann@example.com' },
            at: '2026-01-01T23:00:00.000Z',
            state: 'joined',
          },
        ],
        activities: 1,
      },
    ]);
  });

  it('gives the same bytes whatever the order and however often a change comes', async () => {
    const first = await resolve([ann, reader, opened, bob]);
    const second = await resolve([bob, opened, reader, ann, opened, ann, reader]);

    expect(first.stdout.trim().split('\n')).toHaveLength(2);
    expect(second.stdout).toBe(first.stdout);
  });

  it('sorts by id and writes canonical JSON', async () => {
    const { stdout } = await resolve([ann, bob]);

    const ids = (linesOf(stdout) as ResolvedPerson[]).map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect(stdout.startsWith('{"activities":0,"edges":[{"at":')).toBe(true);
  });

  it('never lists an identifier that a limit refused', async () => {
    const at = '2026-01-01T00:00:00Z';
    const told = (fragment: string, user: string, when: string) => ({
      kind: 'profile',
      fragment,
      at: when,
      identifiers: [
        { type: 'user_id', value: user },
        { type: 'email', value: 'ann@example.com' },
      ],
    });

    const { stdout } = await resolve([told('web:user:1', 'u1', at), told('web:user:2', 'u2', '2026-01-02T00:00:00Z')]);

    const people = linesOf(stdout) as ResolvedPerson[];
    const second = people.find(({ fragments }) => fragments.includes('web:user:2'));
    expect(people).toHaveLength(2);
    expect(second?.identifiers).toEqual([{ type: 'user_id', value: 'u2' }]);
    expect(second?.edges.map(({ state }) => state)).toEqual(['joined', 'suppressed']);
  });

  it('names the lines that it cannot use and goes on', async () => {
    const lines = [
      'nonsense',
      JSON.stringify(ann),
      '',
      '{"kind":"profile","at":"yesterday"}',
      JSON.stringify(bob),
      '[]',
    ];

    const { status, stdout, stderr } = await cli().run(['resolve', '-'], { stdin: `\uFEFF${lines.join('\r\n')}` });

    expect(status).toBe(1);
    expect(linesOf(stdout)).toHaveLength(2);
    expect(linesOf(stderr)).toEqual([
      { line: 1, code: 'change/not-json', reason: expect.any(String) as string },
      { line: 4, code: 'change/bad-instant', reason: expect.any(String) as string },
      { line: 6, code: 'change/not-an-object', reason: expect.any(String) as string },
    ]);
  });

  it('takes the priorities of a workspace', async () => {
    const dir = join(cli().folder, 'with-priorities');
    mkdirSync(dir);
    const connections =
      'connections: { crm: { connector: salesforce, endpoint: simulator }, newsletter: { connector: mailchimp, endpoint: simulator, list: a1b2c3 } }';
    const identity = 'identity: { priorities: { first_name: [crm, newsletter] } }';
    writeFileSync(join(dir, 'tributary.yaml'), `workspace: w\ntimezone: UTC\n${connections}\n${identity}\n`);

    const { status, stdout, stderr } = await resolve([ann, reader], '--workspace', dir);

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(linesOf(stdout)).toMatchObject([{ traits: { first_name: 'Ann' } }]);
  });

  it('voids what a source said once the source has lost the record, and keeps its activities', async () => {
    const gone = { kind: 'gone', fragment: 'newsletter:member:9', at: '2026-02-01T00:00:00Z' };

    const { stdout } = await resolve([gone, ann, reader, opened]);

    expect(linesOf(stdout)).toMatchObject([{ traits: { first_name: 'Ann' }, activities: 1 }]);
  });

  it('gives people the traits of their company', async () => {
    const company = {
      kind: 'account',
      account: 'crm:account:7',
      at: '2026-01-01T00:00:00Z',
      traits: { company: { name: 'Acme' } },
    };

    const { stdout } = await resolve([{ ...ann, accounts: ['crm:account:7'] }, company]);

    expect(linesOf(stdout)).toMatchObject([{ traits: { company: { name: 'Acme' } } }]);
  });
});

function resolve(changes: readonly object[], ...options: string[]) {
  const stdin = changes.map((change) => `${JSON.stringify(change)}\n`).join('');
  return cli().run(['resolve', '-', ...options], { stdin });
}
