import { describe, expect, it } from 'vitest';
import { withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const play = withPlayedStages();

/** Options that would be looked at by nobody, or contradict each other, and what the refusal names. */
const REFUSED: readonly (readonly [args: string, says: string])[] = [
  ['pull crm --sample 5', '--sample needs [stream]'],
  ['pull crm contacts --sample 5 --full', '--sample cannot be used with --full'],
  ['import people.csv --sample 9', '--sample needs --dry-run'],
  ['import people.csv --connection crm --sample 9', '--sample needs --dry-run'],
  ['import people.csv --mapping map.yaml', '--mapping needs --dry-run or --connection'],
  ['import people.csv --rejects bad.csv', '--rejects needs --dry-run or --connection'],
  ['push --csv', '--csv needs --outcomes'],
  ['push lapsing --csv', '--csv needs --outcomes'],
  ['push --ndjson', '--ndjson needs --outcomes'],
  ['push --dry-run --csv', '--csv needs --outcomes'],
  ['push --dry-run --ndjson', '--ndjson needs --outcomes'],
  ['push lapsing --outcomes lapsing.1', '--outcomes cannot be used with [audience]'],
  ['push --outcomes lapsing.1 --dry-run', '--outcomes cannot be used with --dry-run'],
  ['push --outcomes lapsing.1 --csv --ndjson', '--csv cannot be used with --ndjson'],
  ['push --outcomes lapsing.1 --csv --json', '--csv cannot be used with --json'],
  ['push --outcomes lapsing.1 --ndjson --json', '--ndjson cannot be used with --json'],
  ['quarantine --replay --code crm/broken', '--replay needs [connection]'],
  ['quarantine crm --replay', '--replay needs --code or --record'],
  ['quarantine crm --code crm/broken', '--code needs --replay'],
  ['quarantine crm --record 1 2', '--record needs --replay'],
  ['quarantine crm --replay --code crm/broken --record 1', '--code cannot be used with --record'],
  ['suppress list ann@example.com', 'no PERSON'],
  ['suppress list --reason asked', 'no PERSON'],
  ['suppress list --by ops', 'no PERSON'],
  ['suppress list --file old.txt', 'no PERSON'],
  ['suppress add ann@example.com --file old.txt --reason asked', '--file cannot be used with [person]'],
  ['suppress add --file old.txt', '--reason WHY'],
  ['suppress remove --file old.txt --reason asked', 'expected tributary suppress remove PERSON'],
  ['suppress add ann@example.com --by ops', '--reason WHY'],
  ['suppress remove --reason asked', 'PERSON'],
  ['export ann@example.com --html --json', '--html with --json needs --out'],
  ['review --last', '--last needs [segment]'],
  ['review --csv', '--csv needs [segment]'],
  ['review lapsing --csv --json', '--csv cannot be used with --json'],
  ['review lapsing --csv --last', '--csv cannot be used with --last'],
  ['review lapsing --csv --html page.html', '--csv cannot be used with --html'],
  ['review lapsing --columns id', '--columns needs --csv'],
  ['review --columns id', '--columns needs --csv'],
];

describe('tributary, told what does not go together', () => {
  it.each(REFUSED)('ends %s with 2, says %s, and asks the stage nothing', async (args, says) => {
    const stage = await play(() => [200, []]);
    const told = args.split(' ');

    const { status, stdout, stderr } = await cli().run([...told, '--stage', stage.url]);

    expect({ status, asked: stage.asked }).toEqual({ status: 2, asked: [] });
    expect(stderr).toContain(says);
    // With --json the refusal itself is the one document; otherwise nobody reads a head without lines.
    if (told.includes('--json')) expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'cli/bad-usage' } });
    else expect(stdout).toBe('');
  });

  it('takes each of them where it means something', async () => {
    const outcomes = { run: 'lapsing.1', part: 0, parts: 1, outcomes: [] };
    const people = { columns: ['id'], people: [], next: null };
    const stage = await play(({ path }) => [200, path.includes('/people') ? people : outcomes]);

    const csv = await cli().run(['push', '--outcomes', 'lapsing.1', '--csv', '--stage', stage.url]);
    const lines = await cli().run(['push', '--outcomes', 'lapsing.1', '--ndjson', '--stage', stage.url]);
    const columns = await cli().run(['review', 'lapsing', '--csv', '--columns', 'id', '--stage', stage.url]);

    expect([csv, lines, columns].map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(stage.asked.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET']);
  });
});
