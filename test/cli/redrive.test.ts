import { describe, expect, it } from 'vitest';
import type { Json } from '../../lib/domain/json.ts';
import { answers, withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const play = withPlayedStages();

const job = (state: string, more: object): Json => ({
  ...{ id: 'redrive.1', what: 'redrive', state, over: state !== 'running', startedAt: '2026-11-21T00:00:00Z' },
  parts: [{ queue: 'changes', found: 4, moved: 0, unreadable: 0, left: 0, kinds: {}, ...more }],
});

describe('tributary redrive', () => {
  it('follows the job, and says by kind what was moved and how much lies there still', async () => {
    const kinds = { 'changes of crm': 1, 'changes of newsletter': 2 };
    const stage = await play(
      answers([202, job('running', {})], [200, job('finished', { moved: 3, unreadable: 1, left: 1, kinds })]),
    );

    const { status, stdout } = await cli().run(['redrive', 'changes', '--stage', stage.url]);

    expect(status).toBe(0);
    expect(stage.asked.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['POST', '/api/redrive', { queue: 'changes' }],
      ['GET', '/api/jobs/redrive.1', null],
    ]);
    expect(stdout).toMatch(/changes of newsletter +2\nchanges of crm +1\n/);
    expect(stdout).toContain('changes: 4 dead letters, 3 moved, 1 there now');
  });

  it('only looks in a dry run, and is one JSON document with --json', async () => {
    const looked = job('finished', { left: 4, kinds: { 'push of everybody': 4 } });
    const stage = await play(answers([202, looked]));

    const { status, stdout } = await cli().run(['redrive', 'push', '--dry-run', '--json', '--stage', stage.url]);

    expect(status).toBe(0);
    expect(stage.asked[0]?.body).toEqual({ queue: 'push', dryRun: true });
    expect(JSON.parse(stdout)).toEqual(looked);
  });

  it('ends with 1 where the job failed', async () => {
    const stage = await play(answers([202, job('failed', { moved: 1, left: 3 })]));

    const { status } = await cli().run(['redrive', 'changes', '--stage', stage.url]);

    expect(status).toBe(1);
  });
});
