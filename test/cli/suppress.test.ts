import { describe, expect, it } from 'vitest';
import { withPlayedStages } from './played-stage.ts';
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
    const stage = await play(({ method }) => [method === 'GET' ? 200 : 202, [entry]]);
    const why = ['--reason', entry.reason, '--by', 'ops', '--stage', stage.url];

    const added = await cli().run(['suppress', 'add', 'ann@example.com', ...why, '--json']);
    const removed = await cli().run(['suppress', 'remove', entry.key, ...why]);
    const listed = await cli().run(['suppress', 'list', '--stage', stage.url]);

    expect([added, removed, listed].map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(JSON.parse(added.stdout)).toEqual({ suppressions: [entry] });
    expect(listed.stdout).toContain(entry.key);
    expect(stage.asked.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['POST', '/api/suppressions', { person: 'ann@example.com', reason: entry.reason, by: 'ops' }],
      ['POST', '/api/suppressions/lift', { person: entry.key, reason: entry.reason, by: 'ops' }],
      ['GET', '/api/suppressions', null],
    ]);
  });
});
