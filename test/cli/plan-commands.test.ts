import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Definitions } from '../../lib/domain/definitions.ts';
import { answers, withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const serve = withPlayedStages();
const starter = new URL('../../examples/starter', import.meta.url).pathname;
const hash = '0123456789abcdef';
const standing = { startedAt: '2026-11-20T04:00:00.000Z', done: 3, of: 8, people: 1234, parts: [] };

/** The files were kept beside the version. */
const kept = { version: 'b', files: 3 };

const plan = {
  hash,
  workspace: 'starter',
  candidate: 'b',
  base: { version: 'a', moves: 1 },
  madeAt: '2026-11-20T04:00:00.000Z',
  deploy: [
    { resource: 'pull newsletter/members', change: 'edited', deployed: 'rate(1 hour)', wanted: 'rate(15 minutes)' },
  ],
  definitions: [
    {
      kind: 'segment',
      id: 'quiet-readers',
      change: 'edited',
      entering: 12,
      leaving: 3,
      staying: 400,
      reasons: { 'now kept out by: subscribed to email': 3, 'no longer kept out by: did Email Opened': 12 },
    },
    { kind: 'audience', id: 'old-list', change: 'removed', left: 7, note: 'people stay there' },
  ],
  audiences: [{ id: 'quiet', add: 12, remove: 3, unchanged: 390, blocked: { 'no-consent': 2 }, calls: 2 }],
  counted: { how: 'everybody', people: 1234, of: 1234 },
  history: { needed: true, people: 1234, fragments: 1300, activities: 99_000 },
  cost: { reads: 620, writes: 1234, activities: 99_000 },
};

describe('tributary plan', () => {
  it('sends the workspace, follows the job and prints the plan for people', async () => {
    const stage = await serve(
      answers(
        [202, { id: 'plan.1', what: 'plan', state: 'running', phase: 'scanning', ...standing }],
        [200, { id: 'plan.1', what: 'plan', state: 'running', phase: 'scanning', ...standing }],
        [200, { id: 'plan.1', what: 'plan', state: 'finished', phase: 'finished', ...standing, plan }],
        [200, kept],
      ),
    );

    const { status, stdout } = await cli().run(['plan', starter, '--stage', stage.url]);

    const sent = stage.asked[0]?.body as unknown as { definitions: Definitions; whole: boolean };
    expect([sent.definitions.workspace, sent.whole]).toEqual(['starter', false]);
    expect(stage.asked.map(({ method, path }) => [method, path])).toEqual([
      ['POST', '/api/plans'],
      ['GET', '/api/jobs/plan.1'],
      ['GET', '/api/jobs/plan.1'],
      ['POST', '/api/definitions/versions/b/sources'],
    ]);
    const told = stage.asked.at(-1)?.body as unknown as { files: Record<string, string> } | undefined;
    expect(told?.files['segments/quiet-readers.yaml']).toContain('title: Readers who went quiet');
    expect(status).toBe(0);
    expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['starter: 2 changes; everybody was counted, 1,234 people'],
      [''],
      ['Needs a deployment first'],
      ['resource', 'change', 'deployed', 'workspace'],
      ['pull newsletter/members', 'edited', 'rate(1 hour)', 'rate(15 minutes)'],
      [''],
      ['Definitions'],
      ['what', 'id', 'change', 'entering', 'leaving', 'staying'],
      ['segment', 'quiet-readers', 'edited', '12', '3', '400'],
      ['audience', 'old-list', 'removed', '–', '–', '–'],
      [''],
      ['segment quiet-readers'],
      ['12', 'no longer kept out by: did Email Opened'],
      ['3', 'now kept out by: subscribed to email'],
      [''],
      ['audience old-list'],
      ['7 people: people stay there'],
      [''],
      ['Lists in the tools, at the next push'],
      ['audience', 'add', 'remove', 'unchanged', 'blocked', 'calls'],
      ['quiet', '12', '3', '390', '2 no-consent', '2'],
      [''],
      ['Cost of applying'],
      ['620 read units to meet everybody, 1,234 profiles written'],
      ['history is read to fill what segments newly ask for: 99,000 activities of 1,300 records'],
      [''],
      ['nothing was changed, and this cannot be applied yet: deploy the workspace first, then plan again'],
      [`a stage is deployed by starting it: tributary start --workspace ${starter}`],
      [''],
    ]);
  });

  it.each([
    ['edited', 'acme-people', true],
    ['added', null, false],
  ])('says what comes before a deployment where the sign-in page is %s', async (change, deployed, expected) => {
    const signIn = { resource: 'console sign-in', change, deployed, wanted: 'acme-console' };
    const finished = {
      id: 'plan.1',
      what: 'plan',
      state: 'finished',
      ...standing,
      plan: { ...plan, deploy: [signIn] },
    };
    const stage = await serve(() => [202, finished]);

    const { stdout } = await cli().run(['plan', starter, '--stage', stage.url]);

    const command = 'aws cognito-idp delete-user-pool-domain --domain acme-people --user-pool-id POOL\n';
    expect(stdout.includes(command)).toBe(expected);
  });

  it('prints one document with --json', async () => {
    const stage = await serve(() => [202, { id: 'plan.1', what: 'plan', state: 'finished', ...standing, plan }]);

    const { status, stdout } = await cli().run(['plan', starter, '--stage', stage.url, '--json']);

    expect({ status, plan: JSON.parse(stdout) as unknown }).toEqual({ status: 0, plan });
  });

  it('ends with 2 where there is no folder, and with 1 for a workspace with errors, before anything is asked', async () => {
    const stage = await serve(() => [500, {}]);
    writeFileSync(join(cli().folder, 'tributary.yaml'), 'workspace: broken\n');

    const none = await cli().run(['plan', 'nowhere', '--stage', stage.url]);
    const broken = await cli().run(['plan', cli().folder, '--stage', stage.url, '--json']);

    expect([none.status, broken.status, stage.asked]).toEqual([2, 1, []]);
    expect(JSON.parse(broken.stdout)).toMatchObject({ ok: false, problems: [{ file: 'tributary.yaml' }] });
  });

  it.each(['plan', 'apply'])('%s refuses a workspace with a segment whose own test fails', async (command) => {
    const stage = await serve(() => [500, {}]);
    const workspace = join(cli().folder, 'edited');
    cpSync(starter, workspace, { recursive: true });
    const segment = join(workspace, 'segments', 'quiet-readers.yaml');
    writeFileSync(segment, readFileSync(segment, 'utf8').replace('member: true', 'member: false'));

    const { status, stdout } = await cli().run([command, workspace, '--stage', stage.url]);

    expect([status, stage.asked]).toEqual([1, []]);
    expect(stdout).toContain('workspace/test-failed');
    expect(stdout).toContain(`${workspace}: 1 error`);
  });

  it('says how to apply what needs no deployment', async () => {
    const free = { ...plan, deploy: [] };
    const stage = await serve(() => [202, { id: 'plan.1', what: 'plan', state: 'finished', ...standing, plan: free }]);

    const { stdout } = await cli().run(['plan', starter, '--stage', stage.url]);

    expect(stdout).toContain(`nothing was changed; to do it: tributary apply ${hash}`);
  });
});

describe('tributary apply', () => {
  const job = { id: `apply.${hash}`, what: 'apply', ...standing, done: 8 };

  it('applies a hash, or the plan in a file, and follows it to its end', async () => {
    const stage = await serve(
      answers(
        [202, { ...job, state: 'running', phase: 'waiting' }],
        [200, { ...job, state: 'finished', phase: 'finished' }],
        [202, { ...job, state: 'finished', phase: 'finished' }],
      ),
    );
    const file = join(cli().folder, 'plan.json');
    writeFileSync(file, JSON.stringify(plan));

    const byHash = await cli().run(['apply', hash, '--leave', 'old-list', '--stage', stage.url]);
    const byFile = await cli().run(['apply', file, '--stage', stage.url, '--json']);

    expect([byHash.status, byHash.stdout]).toEqual([0, '✓ published; 1,234 people were decided anew\n']);
    expect(JSON.parse(byFile.stdout)).toMatchObject({ plan: hash, state: 'finished' });
    expect(stage.asked.filter(({ method }) => method === 'POST').map(({ path, body }) => [path, body])).toEqual([
      ['/api/apply', { plan: hash, leave: ['old-list'], by: userInfo().username }],
      ['/api/apply', { plan: hash, leave: [], by: userInfo().username }],
    ]);
  });

  it('shows the plan of a folder, and does not say that nothing was changed', async () => {
    const stage = await serve(
      answers(
        [202, { id: 'plan.1', what: 'plan', state: 'finished', ...standing, plan }],
        [200, kept],
        [202, { ...job, state: 'finished', phase: 'finished' }],
      ),
    );

    const { status, stdout } = await cli().run(['apply', starter, '--stage', stage.url]);

    const told = ['Cost of applying', 'nothing was changed', '✓ published'].map((text) => stdout.includes(text));
    expect([status, told]).toEqual([0, [true, false, true]]);
  });

  it('ends with 1 when the state moved since the plan, and says so', async () => {
    const stage = await serve(() => [400, { code: 'definitions/moved', message: 'something else was published' }]);

    const { status, stderr } = await cli().run(['apply', hash, '--stage', stage.url]);

    expect([status, stderr]).toEqual([1, 'tributary: something else was published (definitions/moved)\n']);
  });

  it('ends with 2 for what is no plan', async () => {
    const file = join(cli().folder, 'notes.txt');
    writeFileSync(file, 'no plan');

    const ends = [await cli().run(['apply', 'nowhere']), await cli().run(['apply', file])];

    expect(ends.map(({ status }) => status)).toEqual([2, 2]);
  });
});
