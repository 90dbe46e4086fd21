import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../lib/domain/json.ts';
import type { Check, Examination } from '../../lib/pipeline/doctor/check.ts';
import { loadWorkspace } from '../../lib/workspace/load.ts';
import { withPlayedStages } from './played-stage.ts';
import { root, withCli } from './run-cli.ts';

const cli = withCli();
const play = withPlayedStages();

const STARTER = join(root, 'examples', 'starter');

const check = (id: string, of: string, status: Check['status'], found: string): Check => ({
  ...{ id, of, status, found },
  expected: 'none',
  do: status === 'ok' ? null : `mend ${of}`,
  docs: 'docs/runbook.md#dead-letters-not-empty',
});

function examination(checks: readonly Check[], more: Partial<Examination> = {}): Examination {
  const at = new Date().toISOString();
  return { workspace: 'acme', at, release: '0.1.0', published: 'v1', deployed: null, checks, ...more };
}

const WELL = check('queue', 'changes', 'ok', '0 ready, 0 in hand, 0 delayed');

describe('tributary doctor', () => {
  it('tells what is wrong first, with what to do, and ends with 1', async () => {
    const stage = await play(() => [
      200,
      examination([
        WELL,
        check('run', 'to-tool', 'warn', 'held'),
        check('dead-letters', 'push', 'fail', '3 messages'),
      ]) as unknown as Json,
    ]);

    const { status, stdout } = await cli().run(['doctor', '--stage', stage.url]);

    expect(status).toBe(1);
    expect(stdout).toMatch(/fail +dead-letters push +3 messages\nwarn +run to-tool +held\n/);
    expect(stdout).toContain(
      'fail dead-letters push\n  expected: none\n  do: mend push\n  docs/runbook.md#dead-letters',
    );
    expect(stdout).toContain('acme, release 0.1.0');
    expect(stdout).toContain('3 well, 1 to look at, 1 wrong, 0 not checked');
    expect(stdout).not.toContain('queue changes');
  });

  it('ends with 0 where nothing fails, and is one JSON document with --json', async () => {
    const stage = await play(() => [200, examination([WELL]) as unknown as Json]);

    const { status, stdout } = await cli().run(['doctor', '--stage', stage.url, '--json']);

    const { checks } = JSON.parse(stdout) as Examination;
    expect(status).toBe(0);
    expect(checks.map(({ id, status: each }) => [id, each])).toEqual([
      ['queue', 'ok'],
      ['clock', 'ok'],
      ['release', 'ok'],
    ]);
  });

  it('says of a clock and a release that they differ', async () => {
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const stage = await play(() => [200, examination([], { at, release: '9.9.9' }) as unknown as Json]);

    const { stdout } = await cli().run(['doctor', '--stage', stage.url]);

    expect(stdout).toMatch(/^clock: 3[56]\d\d s off ours\n {2}a stage has a time of its own/m);
    expect(stdout).not.toMatch(/not-checked +clock/);
    expect(stdout).toContain('9.9.9 runs there, 0.1.0 is here');
  });

  it('compares a folder with what is published and deployed', async () => {
    const { definitions } = await loadWorkspace(STARTER);
    const published = definitions?.version ?? '';
    const stage = await play(() => [200, examination([], { published, deployed: 'sha256:other' }) as unknown as Json]);

    const { status, stdout } = await cli().run(['doctor', STARTER, '--stage', stage.url, '--all']);

    expect(status).toBe(1);
    expect(stdout).toMatch(/ok +workspace published/);
    expect(stdout).toMatch(/fail +workspace deployed +\S+ declares other resources than are deployed/);
    expect(stdout).toContain(`npm run deploy -- -c workspace=${STARTER}`);
  });

  it('has connections sign in, and waits until each has answered', async () => {
    const asked = new Date(Date.now() - 1_000).toISOString();
    let looks = 0;
    const stage = await play(({ method }) => {
      if (method === 'POST') return [202, { at: asked, asked: ['crm'] }];
      looks += 1;
      const found = looks < 2 ? 'nobody has tried yet' : `let in at ${new Date().toISOString()}`;
      return [200, examination([check('sign-in', 'crm', looks < 2 ? 'warn' : 'ok', found)]) as unknown as Json];
    });

    const { status, stdout } = await cli().run(['doctor', '--sign-in', '--stage', stage.url, '--all']);

    expect(status).toBe(0);
    expect(stdout).toMatch(/ok +sign-in crm +let in at/);
    expect(stage.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /api/doctor/sign-in',
      'GET /api/doctor',
      'GET /api/doctor',
      'GET /api/doctor',
    ]);
  });
});
