import { describe, expect, it } from 'vitest';
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
