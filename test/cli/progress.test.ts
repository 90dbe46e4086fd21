import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runDoctor } from '../../cli/commands/doctor.ts';
import { runOutcomes } from '../../cli/commands/outcomes.ts';
import { runPush } from '../../cli/commands/push.ts';
import { runSegmentCsv } from '../../cli/commands/segment-csv.ts';
import { openTerminal } from '../../cli/terminal.ts';
import type { Json } from '../../lib/domain/json.ts';
import { type Asked, withPlayedStages } from './played-stage.ts';

const play = withPlayedStages();

/** A person who looks at stderr, and at stdout too unless it goes to a file. */
function aPerson({ outToFile }: { readonly outToFile: boolean }) {
  const texts = { out: '', err: '' };
  const stream = (name: 'out' | 'err', isTTY: boolean) =>
    Object.assign(
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          texts[name] += chunk.toString();
          done();
        },
      }),
      { isTTY, columns: 200 },
    ) as unknown as NodeJS.WriteStream;
  return { terminal: openTerminal(stream('out', !outToFile), stream('err', true), false), texts };
}

const at = '2026-11-20T04:00:00.000Z';
const outcomes = [{ member: 'm', audience: 'lapsing' }];
const people = { columns: ['id'], people: [['p_1'], ['p_2']], next: null };
const checks = [{ id: 'sign-in', of: 'crm', status: 'ok', found: `signed in at ${at}`, do: null }];

function answer({ path }: Asked): Json {
  if (path.includes('dry-run')) return { audiences: [] };
  if (path.includes('outcomes')) return { parts: 2, outcomes };
  if (path.includes('/people')) return people;
  return path.endsWith('sign-in') ? { at, asked: ['crm'] } : { workspace: 'acme', release: '0.1.0', at, checks };
}

describe('what takes its time', () => {
  it.each([
    [
      'a plan of a push',
      'planning a push of lapsing',
      (t, stage) => runPush(t, { audience: 'lapsing', dryRun: true, stage }),
    ],
    ['outcomes', 'part 2 of 2, 2 members', (t, stage) => runOutcomes(t, { run: 'lapsing.1', stage })],
    [
      'people as CSV',
      'reading lapsing: 2 people',
      (t, stage) => runSegmentCsv(t, { segment: 'lapsing', columns: 'id', stage }),
    ],
    ['signing in', '1 of 1 connections', (t, stage) => runDoctor(t, { dir: undefined, signIn: true, stage })],
  ] as readonly [
    string,
    string,
    (terminal: ReturnType<typeof aPerson>['terminal'], stage: string) => Promise<number>,
  ][])('says how far it is: %s', async (_what, says, run) => {
    const stage = await play((asked) => [200, answer(asked)]);
    const { terminal, texts } = aPerson({ outToFile: true });

    const status = await run(terminal, stage.url);

    expect({ status, err: texts.err }).toMatchObject({ status: 0, err: expect.stringContaining(says) });
    // The line is wiped at the end: nothing of it stays before what comes next.
    expect(texts.err.endsWith('\r\u001b[2K')).toBe(true);
    expect(texts.out).not.toContain(says);
  });

  it('is silent where its data goes to the same terminal', async () => {
    const stage = await play((asked) => [200, answer(asked)]);
    const { terminal, texts } = aPerson({ outToFile: false });

    await runSegmentCsv(terminal, { segment: 'lapsing', columns: 'id', stage: stage.url });
    await runOutcomes(terminal, { run: 'lapsing.1', stage: stage.url });

    expect(texts.err).toBe('');
  });
});
