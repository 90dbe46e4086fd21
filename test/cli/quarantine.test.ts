import { describe, expect, it } from 'vitest';
import type { Json } from '../../lib/domain/json.ts';
import { answers, withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const play = withPlayedStages();

const reason = { stream: 'contacts', code: 'mapping/no-id', reason: 'found no id in Id', records: 2 };
const line = (n: number): Json => ({ ...reason, id: `r${n}`, record: { Email: `p${n}@example.com` } });
const replayed = (more: object): Json => ({
  ...{
    id: 'replay-rejected.1',
    what: 'replay-rejected',
    state: 'finished',
    over: true,
    startedAt: '2026-11-21T00:00:00Z',
  },
  parts: [{ connection: 'crm', records: 3, used: 3, refused: 0, unreadable: 0, changes: 3, ...more }],
});

describe('tributary quarantine', () => {
  it('says by reason what could not be used', async () => {
    const stage = await play(answers([200, { quarantine: [{ connection: 'crm', reasons: [reason] }] }]));

    const { status, stdout } = await cli().run(['quarantine', '--stage', stage.url]);

    expect(status).toBe(0);
    expect(stdout).toMatch(/crm +contacts +2 +mapping\/no-id +found no id in Id\n/);
  });

  it('lists every record of a connection by its id, page by page, and prints nothing of the record itself', async () => {
    const first = Array.from({ length: 100 }, (_, n) => line(n));
    const stage = await play(answers([200, first], [200, [line(100)]]));

    const { status, stdout } = await cli().run(['quarantine', 'crm', '--stage', stage.url]);

    expect(status).toBe(0);
    expect(stage.asked.map(({ path }) => path)).toEqual(['/api/quarantine/crm', '/api/quarantine/crm?after=r99']);
    expect(stdout.match(/^r\d+ /gm)).toHaveLength(101);
    expect(stdout).not.toContain('@');
  });

  it.each([
    [{}, 0, '3 records used'],
    [{ used: 2, refused: 1 }, 1, '2 records used; 1 record refused as before'],
    [{ used: 2, unreadable: 1 }, 1, '2 records used; 1 record that cannot be read alone'],
  ])('reads those of a code again: %j ends with %i', async (part, expected, says) => {
    const stage = await play(answers([202, replayed(part)]));

    const { status, stdout } = await cli().run([
      'quarantine',
      'crm',
      '--replay',
      '--code',
      'mapping/no-id',
      '--stage',
      stage.url,
    ]);

    expect(stage.asked[0]).toMatchObject({
      ...{ method: 'POST', path: '/api/quarantine/crm/replay', body: { code: 'mapping/no-id' } },
    });
    expect([status, stdout.trim().startsWith(says)]).toEqual([expected, true]);
  });
});
