import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answers, withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const serve = withPlayedStages();

describe('the commands of a running stage', () => {
  it('find the stage that was started in the folder above, with its token', async () => {
    const stage = await serve(() => [200, []]);
    const inner = join(cli().folder, 'started', 'segments');
    startIn(join(cli().folder, 'started'), stage.url);
    mkdirSync(inner, { recursive: true });

    const { status, stdout } = await cli().run(['quarantine', 'crm', '--json'], { cwd: inner });

    expect({ status, stdout }).toEqual({ status: 0, stdout: '[]\n' });
    expect(stage.asked).toEqual([{ method: 'GET', path: '/api/quarantine/crm', token: 'Bearer secret', body: null }]);
  });

  it('say how to start a stage when none answers', async () => {
    const { status, stdout, stderr } = await cli().run(['runs', '--stage', 'http://127.0.0.1:9', '--json']);

    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'cli/no-stage' } });
    expect(stderr).toBe(
      'tributary: no stage answers at http://127.0.0.1:9; start one with: tributary start (cli/no-stage)\n',
    );
  });

  it.each([
    [403, { message: 'Forbidden' }, 'cli/not-allowed'],
    [200, 'hello', 'cli/unexpected-answer'],
    [404, { code: 'api/no-such-person', message: 'nobody is known by that' }, 'api/no-such-person'],
  ] as const)('end with 1 on the answer %s %j', async (status, body, code) => {
    const stage = await serve(() => [status, body]);

    const ran = await cli().run(['profile', 'ann@example.com', '--stage', stage.url, '--json']);

    expect(ran.status).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code } });
    expect(ran.stderr).not.toContain('ann@example.com');
  });

  it('never send the token of one stage to another', async () => {
    const stage = await serve(() => [200, []]);
    const folder = join(cli().folder, 'other');
    startIn(folder, 'http://127.0.0.1:9');

    await cli().run(['quarantine', 'crm', '--stage', stage.url], { cwd: folder });

    expect(stage.asked.map(({ path, token }) => [path, token])).toEqual([['/api/quarantine/crm', undefined]]);
  });
});

describe('tributary pull', () => {
  const part = { connection: 'crm', stream: 'contacts' };
  const job = { id: 'pull.2026-11-20T04:00:00.000Z.abc', what: 'pull', startedAt: '2026-11-20T04:00:00.000Z' };

  it('follows the job to its end and prints it', async () => {
    const ended = {
      ...job,
      state: 'finished',
      parts: [{ ...part, state: 'finished', pages: 2, changes: 1234, rejected: 1 }],
    };
    const stage = await serve(
      answers(
        [202, { ...job, state: 'running', parts: [part] }],
        [200, { ...job, state: 'running', parts: [part] }],
        [200, ended],
      ),
    );

    const { status, stdout } = await cli().run(['pull', 'crm', 'contacts', '--full', '--stage', stage.url, '--json']);

    expect({ status, job: JSON.parse(stdout) as unknown }).toEqual({ status: 0, job: ended });
    expect(stage.asked.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['POST', '/api/pull', { connection: 'crm', stream: 'contacts', full: true }],
      ['GET', `/api/jobs/${encodeURIComponent(job.id)}`, null],
      ['GET', `/api/jobs/${encodeURIComponent(job.id)}`, null],
    ]);
  });

  it('ends with 1 when a stream failed, and says why', async () => {
    const error = { kind: 'auth', code: 'salesforce/denied', message: 'the secret was refused' };
    const stage = await serve(() => [202, { ...job, state: 'failed', parts: [{ ...part, state: 'failed', error }] }]);

    const { status, stdout } = await cli().run(['pull', 'crm', '--stage', stage.url]);

    expect(status).toBe(1);
    expect(stdout).toMatch(/^crm +state +pages +changes +our own +quarantined\ncontacts +failed +– +– +– +–\n/);
    expect(stdout).toContain('contacts: the secret was refused (salesforce/denied)');
  });
});

describe('tributary push', () => {
  it('prints a table of the plan with --dry-run', async () => {
    const plan = {
      audiences: [
        {
          ...{ id: 'lapsing', add: 1200, remove: 3, unchanged: 9, blocked: { 'no-consent': 2 }, calls: 4 },
          ...{ hash: 'abcdef'.repeat(10), quota: 0.0125, minutes: 1, removedBecause: {} },
          holds: [{ guard: 'max-add', says: '1200 of 100 would be added', todo: 'approve' }],
        },
      ],
    };
    const stage = await serve(() => [200, plan]);

    const { status, stdout } = await cli().run(['push', '--dry-run', '--stage', stage.url]);

    expect(stage.asked).toMatchObject([{ method: 'POST', path: '/api/push/dry-run', body: {} }]);
    expect({ status, lines: stdout.split('\n').map((line) => line.split(/ {2,}/)) }).toEqual({
      status: 0,
      lines: [
        ['audience', 'add', 'remove', 'unchanged', 'blocked', 'calls', 'of the day', 'minutes', 'plan'],
        ['lapsing', '1,200', '3', '9', '2 no-consent', '4', '1.3 %', '1', 'abcdefabcdef'],
        ['held lapsing: 1200 of 100 would be added (max-add)'],
        ['', 'approve'],
        ['nothing was sent'],
        [''],
      ],
    });
  });

  it('tells how a push ended that was not done', async () => {
    const holds = [{ guard: 'stale-source', says: 'not read to the end: crm/contacts', todo: 'mend it' }];
    const parts = [{ audience: 'lapsing', state: 'failed', outcome: 'held', run: 'lapsing.1', holds, wanted: 5 }];
    const stage = await serve(() => [
      202,
      { id: 'push.1', what: 'push', state: 'failed', startedAt: '2026-11-20T04:00:00.000Z', parts },
    ]);

    const { status, stdout } = await cli().run(['push', 'lapsing', '--stage', stage.url]);

    expect(stage.asked).toMatchObject([{ body: { audience: 'lapsing' } }]);
    expect(status).toBe(1);
    expect(stdout).toContain('not read to the end: crm/contacts (stale-source)');
    expect(stdout).toContain('tributary approve lapsing.1');
  });

  it('prints the outcomes of a run, part by part', async () => {
    const line = { profile: 'p_1', op: 'add', status: 'applied', at: '2026-11-21T02:00:00.000Z' };
    const stage = await serve(() => [200, { run: 'lapsing.1', part: 0, parts: 2, outcomes: [line] }]);

    const ndjson = await cli().run(['push', '--outcomes', 'lapsing.1', '--stage', stage.url]);
    const csv = await cli().run(['push', '--outcomes', 'lapsing.1', '--csv', '--stage', stage.url]);

    expect(stage.asked.map(({ path }) => path).slice(0, 2)).toEqual([
      '/api/runs/lapsing.1/outcomes/0',
      '/api/runs/lapsing.1/outcomes/1',
    ]);
    expect(ndjson.stdout).toBe(`${JSON.stringify(line)}\n`.repeat(2));
    expect(csv.stdout.split('\r\n').slice(0, 2)).toEqual([
      'profile,op,status,code,at,consent_topic,consent_source,consent_at',
      'p_1,add,applied,,2026-11-21T02:00:00.000Z,,,',
    ]);
  });
});

describe('tributary approve', () => {
  const hash = 'abcdef'.repeat(10);
  const run = {
    ...{
      id: 'lapsing.1',
      audience: 'lapsing',
      state: 'held',
      holds: [{ guard: 'max-remove', says: 'too many', todo: 'look' }],
    },
    plan: {
      hash,
      add: 0,
      remove: 9,
      unchanged: 1,
      blocked: {},
      removedBecause: { 'no-consent': 9 },
      calls: 1,
      quota: null,
      minutes: 1,
    },
  };

  it('shows the plan, and approves exactly the one that is named', async () => {
    const stage = await serve(({ method }) => [
      200,
      method === 'GET' ? run : { run: run.id, hash, state: 'running', already: false },
    ]);

    const { status, stdout } = await cli().run(['approve', 'lapsing.1', '--plan', 'abcdefab', '--stage', stage.url]);

    expect(status).toBe(0);
    expect(stdout).toContain('removed because: 9 no-consent');
    expect(stdout).toContain('too many (max-remove)');
    expect(stage.asked[1]).toMatchObject({ method: 'POST', path: '/api/runs/lapsing.1/approve', body: { hash } });
  });

  it('refuses another plan, and asks nobody where nobody can answer', async () => {
    const stage = await serve(() => [200, run]);

    for (const more of [['--plan', 'aaaaaaaa'], ['--plan', 'abc'], []]) {
      const ran = await cli().run(['approve', 'lapsing.1', '--json', '--stage', stage.url, ...more]);
      expect(ran.status).toBe(1);
      expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code: 'push/plan-moved' } });
    }
    expect(stage.asked.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('says how to approve where nobody can be asked', async () => {
    const stage = await serve(() => [200, run]);

    const { stderr } = await cli().run(['approve', 'lapsing.1', '--stage', stage.url]);

    expect(stderr).toContain('nothing was approved; to approve exactly this plan: --plan abcdefabcdef');
  });

  it('has nothing to ask about a run that has ended', async () => {
    const stage = await serve(() => [200, { ...run, state: 'finished' }]);

    const { status, stderr } = await cli().run(['approve', 'lapsing.1', '--stage', stage.url]);

    expect({ status, told: stderr.includes('lapsing.1 is finished: there is nothing to approve') }).toEqual({
      status: 1,
      told: true,
    });
  });
});

describe('tributary why', () => {
  it('tells every part of the definition, what was seen, until when, and what happened before', async () => {
    const receipt = {
      segment: 'buyers',
      version: '0123456789abcdef',
      leaves: [
        {
          path: 'when.all[0]',
          held: true,
          saw: 'pro',
          wanted: { trait: 'plan', is: 'pro' },
          because: 'match',
          events: [],
        },
        { path: 'when.all[1].not', held: true, saw: true, wanted: { segment: 'staff' }, because: 'match', events: [] },
        {
          path: 'when.all[2]',
          held: true,
          saw: { count: 1 },
          wanted: { did: 'Order Completed', within: '30 days' },
          because: 'match',
          events: [{ id: 'o1', at: '2026-11-01T10:00:00.000Z' }],
        },
      ],
      person: 'p_1',
      member: false,
      since: null,
      flips_at: '2026-12-01T10:00:00.000Z',
      at: '2026-11-20T04:00:00.000Z',
      sentence: {
        held: false,
        text: 'all of these (2 of 3 hold):',
        parts: [
          { held: true, text: 'plan is pro — it is pro', parts: [] },
          {
            held: false,
            text: 'none of this:',
            parts: [{ held: true, text: 'in segment staff — is in it', parts: [] }],
          },
          { held: true, text: 'did Order Completed within 30 days — done once', parts: [] },
        ],
      },
      text: '',
      history: [
        {
          profile: 'p_1',
          segment: 'buyers',
          entered: false,
          at: '2026-11-19T04:00:00.000Z',
          why: { moved: 'data', leaf: 'in segment staff' },
          definitions: 'd1',
        },
      ],
    };
    const stage = await serve(() => [200, receipt]);

    const people = await cli().run(['why', 'buyers', 'p_1', '--stage', stage.url]);
    const program = await cli().run(['why', 'buyers', 'p_1', '--stage', stage.url, '--json']);

    expect(stage.asked[0]?.path).toBe('/api/people/p_1/segments/buyers');
    expect(people.stdout.split('\n')).toEqual([
      'p_1 is not in buyers',
      '',
      '✗ all of these (2 of 3 hold):',
      '  ✓ plan is pro — it is pro',
      '  ✗ none of this:',
      '    ✓ in segment staff — is in it',
      '  ✓ did Order Completed within 30 days — done once',
      '',
      'Order Completed: 2026-11-01T10:00:00.000Z o1',
      'If nothing new happens, this begins at 2026-12-01T10:00:00.000Z.',
      'by version 0123456789abcdef of the segment, at 2026-11-20T04:00:00.000Z',
      '',
      'History',
      '2026-11-19T04:00:00.000Z  left buyers, by new data: in segment staff',
      '',
    ]);
    expect(JSON.parse(program.stdout)).toEqual(receipt);
  });
});

describe('tributary verify', () => {
  const job = { id: 'verify.1', what: 'verify', state: 'finished', startedAt: '', parts: [] };
  const run = {
    state: 'finished',
    heal: 'report',
    listed: 1_203,
    believed: 1_204,
    agree: 1_200,
    differences: { 'added-by-hand': 3, 'removed-by-hand': 4 },
    known: { 'never-matched': 2 },
    waiting: 7,
    moved: 0,
    healed: 0,
    sample: { 'removed-by-hand': ['p_1', 'p_2'] },
  };

  it('shows the differences by name, and ends with 1 when it only reports them', async () => {
    const stage = await serve(({ method }) => (method === 'POST' ? [202, job] : [200, run]));

    const { status, stdout } = await cli().run(['verify', 'lapsing', '--stage', stage.url]);

    expect(status).toBe(1);
    expect(stdout).toContain('1,203 on the list, 1,204 expected, 1,200 agree');
    expect(stdout).toMatch(/added-by-hand +3/);
    expect(stdout).toMatch(/removed-by-hand +4 +p_1 p_2/);
    expect(stdout).toMatch(/never-matched \(known\) +2/);
    expect(stdout).toContain('7 wait for the next push');
    expect(stage.asked).toMatchObject([
      { method: 'POST', path: '/api/verify', body: { audience: 'lapsing' } },
      { method: 'GET', path: '/api/audiences/lapsing/verify' },
    ]);
  });

  it.each([
    ['nothing differs', { differences: {} }, 0],
    ['what differed was healed', { heal: 'restore', healed: 7 }, 0],
    ['too many differ to heal', { heal: 'restore', state: 'held' }, 1],
    ['the list is missing', { state: 'list-missing', differences: {} }, 1],
  ])('when %s it ends accordingly', async (_words, given, expected) => {
    const ended = { ...run, ...given };
    const stage = await serve(({ method }) => (method === 'POST' ? [202, job] : [200, ended]));

    const { status, stdout } = await cli().run([
      'verify',
      'lapsing',
      '--heal',
      'restore',
      '--stage',
      stage.url,
      '--json',
    ]);

    expect({ status, run: JSON.parse(stdout) as unknown }).toEqual({ status: expected, run: ended });
    expect(stage.asked[0]?.body).toEqual({ audience: 'lapsing', heal: 'restore' });
  });

  it('knows no other way to heal', async () => {
    const { status } = await cli().run(['verify', 'lapsing', '--heal', 'everything']);

    expect(status).toBe(2);
  });
});

function startIn(folder: string, url: string): void {
  mkdirSync(join(folder, '.tributary'), { recursive: true });
  writeFileSync(
    join(folder, '.tributary', 'stage.json'),
    JSON.stringify({ url, token: 'secret', pid: 1, startedAt: '' }),
  );
}
