import { describe, expect, it } from 'vitest';
import { answers, withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const serve = withPlayedStages();

describe('tributary pull --sample', () => {
  const part = { connection: 'crm', stream: 'contacts' };
  const job = { startedAt: '2026-11-20T04:00:00.000Z' };

  it('shows a sample beside what would become of it, and pulls nothing', async () => {
    const sampled = { ...job, id: 'sample.1', what: 'sample', state: 'finished', parts: [part] };
    const found = [
      {
        record: { Id: '003', Email: 'ann@example.com', Active: true },
        mapping: 'contact',
        changes: [
          { kind: 'profile', fragment: 'crm:contact:003', at: '2026-11-20T04:00:00Z', traits: {}, consent: [] },
        ],
        rejected: [],
      },
      { record: { Id: '' }, mapping: 'contact', changes: [], rejected: [{ code: 'mapping/no-id', reason: 'no id' }] },
    ];
    const play = () => serve(answers([202, { ...sampled, state: 'running' }], [200, sampled], [200, found]));
    const [plain, json] = [await play(), await play()];
    const args = ['pull', 'crm', 'contacts', '--sample', '2', '--stage'];

    const shown = await cli().run([...args, plain.url]);
    const told = await cli().run([...args, json.url, '--json']);

    expect(shown.status).toBe(0);
    expect(shown.stdout).toMatch(/^1 contact$/m);
    expect(shown.stdout).toMatch(/^Email: ann@example\.com +│ {2}fragment: crm:contact:003$/m);
    expect(shown.stdout).toMatch(/^Id: "" +│ {2}rejected: mapping\/no-id$/m);
    expect(shown.stdout).not.toMatch(/traits|consent/);
    expect(shown.stderr).toContain('nothing was changed');
    expect(JSON.parse(told.stdout)).toEqual({ connection: 'crm', stream: 'contacts', sample: found });
    expect(plain.asked.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['POST', '/api/sample', { connection: 'crm', stream: 'contacts', most: 2 }],
      ['GET', '/api/jobs/sample.1', null],
      ['GET', '/api/sample/sample.1', null],
    ]);
  });

  it.each([
    ['without a stream', ['crm', '--sample', '2'], '--sample needs [stream]'],
    ['with --full', ['crm', 'contacts', '--sample', '2', '--full'], '--sample cannot be used with --full'],
  ])('takes no sample %s', async (_what, args, says) => {
    const { status, stderr } = await cli().run(['pull', ...args, '--stage', 'http://127.0.0.1:9']);

    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining(says) });
  });
});
