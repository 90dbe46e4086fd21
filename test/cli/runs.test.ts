import { describe, expect, it } from 'vitest';
import type { Json } from '../../lib/domain/json.ts';
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
    const stage = await serve(({ path }) => [200, path.startsWith('/api/runs') ? { runs: [held], next: null } : []]);

    const installed = await cli().run(['runs', '--stage', stage.url]);
    const byNpx = await cli().run(['runs', '--stage', stage.url], { npx: true });

    expect(installed.stdout).toMatch(/: tributary approve lapsing\.1/);
    expect(byNpx.stdout).toMatch(/: npx tributary approve lapsing\.1/);
  });
});

describe('tributary runs', () => {
  const pull = {
    what: 'sync',
    connection: 'crm',
    stream: 'contacts',
    state: 'finished',
    startedAt: '2026-11-20T04:00:00.000Z',
  };

  it('leaves out pulls that brought nothing, and says how many', async () => {
    const runs = [
      { ...pull, changes: 0 },
      { ...pull, changes: 3 },
      { ...pull, changes: 0, rejected: 1 },
      { ...pull, state: 'failed', changes: 0, error: { code: 'crm/broken' } },
      { ...pull, changes: 0 },
    ];
    const stage = await serve(({ path }) => [200, path.startsWith('/api/runs') ? { runs, next: null } : []]);

    const short = await cli().run(['runs', '--stage', stage.url]);
    const all = await cli().run(['runs', '--all', '--stage', stage.url]);

    expect(short.stdout.match(/crm contacts/g)).toHaveLength(3);
    expect(short.stdout).toContain('left out: 2 pulls that brought nothing; --all shows all');
    expect(all.stdout.match(/crm contacts/g)).toHaveLength(5);
  });

  it('looks back over pages of empty pulls until there is what is worth showing', async () => {
    const empty = { ...pull, changes: 0 };
    const push = { what: 'push', audience: 'lapsing', state: 'finished', startedAt: 'T', id: 'lapsing.1', tally: {} };
    const pages: Record<string, Json> = {
      '/api/runs?limit=200': { runs: Array<Json>(200).fill(empty), next: '2026-11-20T03:00:00.000Z#b' },
      '/api/runs?limit=200&after=2026-11-20T03%3A00%3A00.000Z%23b': { runs: [], next: '2026-11-20T02:00:00.000Z#a' },
      '/api/runs?limit=200&after=2026-11-20T02%3A00%3A00.000Z%23a': { runs: [push], next: null },
    };
    const stage = await serve(({ path }) => [200, pages[path] ?? []]);

    const { status, stdout } = await cli().run(['runs', '--stage', stage.url]);

    expect({ status, says: stdout }).toMatchObject({ status: 0, says: expect.stringMatching(/push +lapsing/) });
    expect(stdout).toContain('left out: 200 pulls that brought nothing');
    expect(stage.asked.map(({ path }) => path)).toEqual([
      ...Object.keys(pages),
      '/api/audiences?counts=no',
      '/api/alerts',
    ]);
  });

  it('stops once it shows a hundred, or has looked through enough, and says from when on', async () => {
    const next = '2026-11-20T04:00:00.000Z#a';
    const full = { ...pull, changes: 1 };
    const busy = await serve(({ path }) => [200, path.includes('/runs') ? { runs: Array(120).fill(full), next } : []]);
    const idle = await serve(({ path }) => [200, path.includes('/runs') ? { runs: [], next } : []]);

    const first = await cli().run(['runs', '--stage', busy.url]);
    await cli().run(['runs', '--stage', idle.url]);

    expect(first.stdout).toContain('older than 2026-11-20T04:00:00.000Z is not shown; --what push');
    expect(busy.asked.filter(({ path }) => path.startsWith('/api/runs'))).toHaveLength(1);
    expect(idle.asked.filter(({ path }) => path.startsWith('/api/runs'))).toHaveLength(12);
  });

  it('asks for one kind alone, and shows a push first that has been held for long', async () => {
    const push = { audience: 'lapsing', startedAt: '2026-11-20T02:00:00.000Z', id: 'lapsing.2', state: 'finished' };
    const held = { ...push, audience: 'leads', id: 'leads.1', state: 'held', holds: [], startedAt: '2026-11-01' };
    const stage = await serve(({ path }) => {
      if (path.startsWith('/api/runs')) return [200, { runs: [{ what: 'push', ...push }], next: null }];
      return [200, path.startsWith('/api/audiences') ? [{ run: null }, { run: held }, { run: push }] : []];
    });

    const pushes = await cli().run(['runs', '--what', 'push', '--stage', stage.url, '--json']);
    const wrong = await cli().run(['runs', '--what', 'pull', '--stage', stage.url]);

    const found = JSON.parse(pushes.stdout) as { id: string }[];
    expect(found.map(({ id }) => id)).toEqual(['leads.1', 'lapsing.2']);
    expect(stage.asked[0]?.path).toBe('/api/runs?limit=200&what=push');
    expect(wrong.status).toBe(2);
  });
});
