import { describe, expect, it } from 'vitest';
import { answers, withPlayedStages } from './played-stage.ts';
import { withCli } from './run-cli.ts';

const cli = withCli();
const play = withPlayedStages();
const page = (people: (string | number | boolean | null | string[])[][], next: string | null) => ({
  segment: 'gold',
  columns: ['id', 'name', 'score'],
  people,
  next,
});

describe('tributary review SEGMENT --csv', () => {
  it('writes people page by page, and no cell that a spreadsheet takes for a formula', async () => {
    const stage = await play(
      answers(
        [200, page([['p_1', '=HYPERLINK("http://example.com")', 3]], '1.p_1')],
        [
          200,
          page(
            [
              ['p_2', 'Ann, "A"', null],
              ['p_3', '@sum', -1],
              ['p_4', ['a', 'b'] as never, true],
            ],
            null,
          ),
        ],
      ),
    );

    const args = ['review', 'gold', '--csv', '--columns', 'id,name,score', '--stage', stage.url];
    const { status, stdout } = await cli().run(args);

    expect(status).toBe(0);
    expect(stdout.split('\r\n')).toEqual([
      'id,name,score',
      `p_1,"'=HYPERLINK(""http://example.com"")",3`,
      'p_2,"Ann, ""A""",',
      "p_3,'@sum,-1",
      'p_4,"[""a"",""b""]",true',
      '',
    ]);
    expect(stage.asked.map(({ path }) => path)).toEqual([
      '/api/segments/gold/people?columns=id%2Cname%2Cscore&most=100',
      '/api/segments/gold/people?columns=id%2Cname%2Cscore&most=100&from=1.p_1',
    ]);
  });

  it.each([[['--csv']], [['gold', '--csv', '--json']]])('is called wrongly by %j', async (args) => {
    expect((await cli().run(['review', ...args])).status).toBe(2);
  });
});
