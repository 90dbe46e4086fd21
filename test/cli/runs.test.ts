import { describe, expect, it } from 'vitest';
import { withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const serve = withPlayedStages();

describe('hints of what to type next', () => {
  it('name the command as it was called', async () => {
    const held = {
      what: 'push',
      audience: 'lapsing',
      state: 'held',
      startedAt: '2026-11-20T04:00:00.000Z',
      id: 'lapsing.1',
    };
    const stage = await serve(({ path }) => [200, path === '/api/runs' ? [held] : []]);

    const installed = await cli().run(['runs', '--stage', stage.url]);
    const byNpx = await cli().run(['runs', '--stage', stage.url], { npx: true });

    expect(installed.stdout).toMatch(/: tributary approve lapsing\.1/);
    expect(byNpx.stdout).toMatch(/: npx tributary approve lapsing\.1/);
  });
});

describe('tributary runs', () => {
  it('leaves out pulls that brought nothing, and says how many', async () => {
    const pull = {
      what: 'sync',
      connection: 'crm',
      stream: 'contacts',
      state: 'finished',
      startedAt: '2026-11-20T04:00:00.000Z',
    };
    const runs = [
      { ...pull, changes: 0 },
      { ...pull, changes: 3 },
      { ...pull, changes: 0, rejected: 1 },
      { ...pull, state: 'failed', changes: 0, error: { code: 'crm/broken' } },
      { ...pull, changes: 0 },
    ];
    const stage = await serve(({ path }) => [200, path === '/api/runs' ? runs : []]);

    const short = await cli().run(['runs', '--stage', stage.url]);
    const all = await cli().run(['runs', '--all', '--stage', stage.url]);

    expect(short.stdout.match(/crm contacts/g)).toHaveLength(3);
    expect(short.stdout).toContain('left out: 2 pulls that brought nothing; --all shows all');
    expect(all.stdout.match(/crm contacts/g)).toHaveLength(5);
  });
});
