import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { askAgain, PERSISTS_MS, passing } from '../../cli/ask-again.ts';
import { followJob } from '../../cli/follow-job.ts';
import type { StageClient } from '../../cli/stage-client.ts';
import { openTerminal } from '../../cli/terminal.ts';
import { TributaryError } from '../../lib/domain/errors.ts';
import { answers, withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const play = withPlayedStages();

/** Waits that take no time, and what was told. */
function hurried() {
  let now = 0;
  const pauses: number[] = [];
  const told: string[] = [];
  const persistence = {
    now: () => now,
    wait: async (ms: number) => {
      pauses.push(ms);
      now += ms;
    },
    tell: (notice: string) => void told.push(notice),
  };
  return { persistence, pauses, told };
}

describe('askAgain', () => {
  it('asks with growing pauses until there is an answer, and says so once', async () => {
    const { persistence, pauses, told } = hurried();
    let asked = 0;

    const answer = await askAgain(async () => {
      asked += 1;
      if (asked < 7) throw passing('http://stage answered 503');
      return asked;
    }, persistence);

    expect({ answer, pauses, told }).toEqual({
      answer: 7,
      pauses: [500, 1_000, 2_000, 4_000, 8_000, 10_000],
      told: ['http://stage answered 503; asking again for a minute'],
    });
  });

  it('gives up after a minute', async () => {
    const { persistence, pauses } = hurried();

    const asking = askAgain(() => Promise.reject(passing('http://stage answered 503')), persistence);

    await expect(asking).rejects.toMatchObject({ kind: 'transient', code: 'cli/unavailable' });
    const waited = pauses.reduce((sum, pause) => sum + pause, 0);
    expect({ longEnough: waited > PERSISTS_MS - 10_000, bounded: waited <= PERSISTS_MS }).toEqual({
      longEnough: true,
      bounded: true,
    });
  });

  it('asks once what is refused', async () => {
    const { persistence, told } = hurried();
    const refusal = new TributaryError('rejected', 'api/no-such-job', 'no job has that id');
    let asked = 0;

    const asking = askAgain(() => {
      asked += 1;
      return Promise.reject(refusal);
    }, persistence);

    await expect(asking).rejects.toBe(refusal);
    expect({ asked, told }).toEqual({ asked: 1, told: [] });
  });
});

describe('followJob', () => {
  it('names the job when nobody says how it stands, and where to look', async () => {
    const stage = { get: () => Promise.reject(passing('http://stage answered 503')) } as unknown as StageClient;
    const terminal = openTerminal(process.stdout, process.stderr, true);

    const following = followJob(terminal, stage, { id: 'push.1#a', state: 'running' }, () => '');

    await expect(following).rejects.toMatchObject({
      code: 'cli/unavailable',
      message: 'http://stage answered 503; the job push.1#a goes on, see how: GET /api/jobs/push.1%23a',
    });
  });
});

describe('a command that talks to a stage', () => {
  const job = { id: 'push.1', what: 'push', startedAt: '2026-11-20T04:00:00.000Z', parts: [] };

  it.each([429, 502, 503, 504])('follows a job over an answer of %i', async (status) => {
    const ended = { ...job, state: 'finished' };
    const stage = await play(
      answers(
        [202, { ...job, state: 'running' }],
        [status, { message: 'Service Unavailable' }],
        [status, 'no JSON'],
        [200, ended],
      ),
    );

    const ran = await cli().run(['push', '--stage', stage.url, '--json']);

    expect({ status: ran.status, job: JSON.parse(ran.stdout) as unknown }).toEqual({ status: 0, job: ended });
    expect(ran.stderr).toBe(`tributary: ${stage.url} answered ${status}; asking again for a minute\n`);
    expect(stage.asked.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET', 'GET']);
  });

  it('asks once what changes something, and says that it may have been done', async () => {
    const stage = await play(() => [503, { message: 'Service Unavailable' }]);

    const { status, stderr } = await cli().run(['push', '--stage', stage.url]);

    expect({ status, asked: stage.asked.length }).toEqual({ status: 1, asked: 1 });
    expect(stderr).toBe(
      `tributary: ${stage.url} answered 503; it is not known whether it was done: look before you ask again (cli/unavailable)\n`,
    );
  });

  it('asks again when the connection breaks before the answer, and in the middle of it', async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      if (asked === 1) response.destroy();
      else if (asked === 2) {
        response.writeHead(200, { 'content-length': '100' });
        response.write('[', () => response.destroy());
      } else response.end('[]');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const { status, stdout } = await cli().run(['quarantine', 'crm', '--stage', url, '--json']);
    await new Promise((resolve) => server.close(resolve));

    expect({ status, stdout, asked }).toEqual({ status: 0, stdout: '[]\n', asked: 3 });
  });
});
