import { describe, expect, it } from 'vitest';
import { questionAbout } from '../../cli/commands/forget.ts';
import { openStageClient } from '../../cli/stage-client.ts';
import type { Json } from '../../lib/domain/json.ts';
import { withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const play = withPlayedStages();

const at = '2026-11-21T12:00:00.000Z';
const asked = { place: 'tool newsletter', state: 'pending', at, note: 'the tool is asked' };
const gone = { place: 'tool newsletter', state: 'confirmed', at, count: 1, note: 'deleted for good' };
const profile = { place: 'profile', state: 'confirmed', at };

function receiptWith(...places: readonly Json[]): Json {
  return { id: 'r1', askedAt: at, erasedAt: at, state: 'pending', profiles: ['p_1'], places };
}

describe('tributary forget', () => {
  it('waits for the first answer of the tools, and prints the receipt', async () => {
    let reads = 0;
    const stage = await play(({ method }) => {
      const job = {
        id: 'forget.1',
        what: 'forget',
        state: 'finished',
        startedAt: at,
        parts: [{ receipt: 'r1', done: 11, of: 11 }],
      };
      if (method === 'POST') return [202, job];
      reads += 1;
      return [200, receiptWith(profile, reads === 1 ? asked : gone)];
    });

    const { status, stdout } = await cli().run(['forget', 'ann@example.com', '--yes', '--stage', stage.url, '--json']);

    expect({ status, reads }).toEqual({ status: 0, reads: 2 });
    expect(JSON.parse(stdout)).toEqual(receiptWith(profile, gone));
  });

  it('asks by the names of the tools, and says what each of them will do', async () => {
    const tool = (name: string, connector: string, erasure: string) => ({ name, connector, erasure });
    const stage = await play(() => [
      200,
      {
        connections: [
          tool('newsletter', 'mailchimp', 'delete'),
          tool('crm', 'salesforce', 'remove'),
          tool('shop', 'klaviyo', 'delete'),
        ],
      },
    ]);

    const question = await questionAbout('ann@example.com', openStageClient(stage.url));

    expect(question).toBe(`erase ann@example.com here, and where a tool knows of them:
  newsletter (mailchimp), shop (klaviyo): taken off our lists, and deleted there as far as the tool lets us
  crm (salesforce): taken off our lists; the record there stays
There is no way back. Type yes: `);
    expect(stage.asked.map(({ path }) => path)).toEqual(['/api/workspace']);
  });

  it('erases nobody where nobody can be asked and --yes is not given', async () => {
    let requests = 0;
    const stage = await play(() => {
      requests += 1;
      return [500, {}];
    });

    const { status, stdout, stderr } = await cli().run(['forget', 'ann@example.com', '--stage', stage.url, '--json']);

    expect({ status, requests }).toEqual({ status: 1, requests: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'cli/not-confirmed' } });
    expect(stderr).not.toContain('ann@example.com');
  });
});
