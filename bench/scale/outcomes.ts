import { DUE_SHARDS } from '../../lib/adapters/dynamodb/profile-items.ts';
import { SHARDS } from '../../lib/adapters/dynamodb/shards.ts';
import { PROMISED_SECONDS } from '../../lib/domain/lateness.ts';
import { functions } from '../../lib/infra/functions.ts';
import { table } from '../../scripts/markdown-table.ts';
import type { Measurement } from '../measurement.ts';
import { type LinePlot, linePlot } from '../plot.ts';
import type { Facts } from './facts.ts';
import { say } from './say.ts';

type Lines = readonly Measurement[];

/** The simulation's tables, from its saved lines. */
export function sizesTable(facts: Facts): string {
  const rows = valuesOf(facts.lines('scale'), 'sizes', 'people').map((people) => {
    const all = { part: 'sizes', people, leaving: 'all' };
    const none = { part: 'sizes', people, leaving: 'none' };
    const value = (metric: string, of = all): string => say(facts.value('scale', metric, of));
    return [
      say(people),
      promised(facts.value('scale', '99 of 100 decided', none)),
      promised(facts.value('scale', '99 of 100 decided', all)),
      `${value('all decided')} s`,
      `${value('rows of all written')} s`,
      value('refused for one taken'),
      value('invocations that gave up'),
    ];
  });
  return table(
    [
      'people due at midnight',
      'nobody leaves: 99 of 100 decided after',
      'all leave one segment: 99 of 100 after',
      'all',
      'their last row, so that a push sees all',
      'writes refused for one taken',
      'invocations that gave up',
    ],
    rows,
  );
}

/** A midnight of a stack whose tables are as they were made: never so much was asked of them before. */
export function coldTable(facts: Facts): string {
  const of = { part: 'new tables' };
  const value = (metric: string): string => say(facts.value('scale', metric, of));
  const [people = 0] = valuesOf(facts.lines('scale'), 'new tables', 'people');
  return table(
    ['people', '99 of 100 decided after', 'last row after', 'writes refused for one taken', 'gave up'],
    [
      [
        say(people),
        `${value('99 of 100 decided')} s`,
        `${value('rows of all written')} s`,
        value('refused for one taken'),
        value('invocations that gave up'),
      ],
    ],
  );
}

function promised(seconds: number): string {
  return `${say(seconds)} s${seconds <= PROMISED_SECONDS ? '' : ', over what is promised'}`;
}

/** The same midnight by one thing that is turned: `shards` of the due index, or `workers`. */
export function turnedTable(facts: Facts, part: 'due shards' | 'workers'): string {
  const by = part === 'workers' ? 'workers' : 'shards';
  const deployed = part === 'workers' ? functions['resolve-profile'].sources[1].maxConcurrency : DUE_SHARDS;
  const rows = valuesOf(facts.lines('scale'), part, by).map((turned) => {
    const value = (metric: string): string => say(facts.value('scale', metric, { part, [by]: turned }));
    return [
      `${turned}${turned === deployed ? ', as deployed' : ''}`,
      `${value('99 of 100 decided')} s`,
      `${value('rows of all written')} s`,
      value('refused for one taken'),
      value('invocations that gave up'),
    ];
  });
  return table([by, '99 of 100 decided after', 'last row after', 'writes refused for one taken', 'gave up'], rows);
}

export function crowdTable(facts: Facts): string {
  const rows = valuesOf(facts.lines('scale'), 'row shards', 'shards').map((shards) => {
    const value = (metric: string): string => say(facts.value('scale', metric, { part: 'row shards', shards }));
    return [
      `${shards}${shards === SHARDS ? ', as deployed' : ''}`,
      `${value('everybody in')} s`,
      value('refused for one taken'),
      value('invocations that gave up'),
    ];
  });
  return table(['shards of a segment’s rows', 'everybody in after', 'writes refused for one taken', 'gave up'], rows);
}

/** The simulation's plots, by the name of their file in docs/images. */
export function plots(facts: Facts): Readonly<Record<string, string>> {
  const lines = facts.lines('scale');
  return {
    'scale-sizes.svg': linePlot(sizesPlot(facts)),
    'scale-due-shards.svg': linePlot({
      title: 'Profiles that are not decided yet, by shards of the due index',
      description:
        'People due at one midnight, second by second, until all are decided; a line for each number of shards.',
      x: { label: 'seconds after midnight' },
      y: { label: 'profiles that wait' },
      series: seriesOf(lines, 'backlog', 'due shards'),
    }),
    'scale-row-shards.svg': linePlot({
      title: 'People who came and are not in yet, by shards of a segment’s rows',
      description:
        'Ten thousand people a second come into one segment for ten seconds; a line for each number of shards.',
      x: { label: 'seconds after the first change' },
      y: { label: 'people who wait' },
      series: seriesOf(lines, 'backlog', 'row shards'),
    }),
  };
}

function sizesPlot(facts: Facts): LinePlot {
  const sizes = valuesOf(facts.lines('scale'), 'sizes', 'people');
  const by = (name: string, metric: string, leaving: string) => ({
    name,
    points: sizes.map((people) => [people, facts.value('scale', metric, { part: 'sizes', people, leaving })] as const),
  });
  return {
    title: 'When a midnight is over, by how many are due',
    description:
      'Seconds after midnight until 99 of 100 are decided, and until the last row is written; the sweep begins at 30.',
    x: { label: 'people whose answers flip at midnight', log: true },
    y: { label: 'seconds after midnight', log: true },
    series: [
      by('nobody leaves: 99 of 100 decided', '99 of 100 decided', 'none'),
      by('all leave: 99 of 100 decided', '99 of 100 decided', 'all'),
      by('all leave: last row', 'rows of all written', 'all'),
    ],
    levels: [{ value: PROMISED_SECONDS, name: `promised: ${PROMISED_SECONDS} s` }],
  };
}

function seriesOf(lines: Lines, metric: string, part: string): LinePlot['series'] {
  return valuesOf(lines, part, 'shards').map((shards) => ({
    name: `${shards} shards`,
    points: lines
      .filter((line) => line.metric === metric && line.of?.part === part && line.of.shards === shards)
      .map(({ value, of }) => [Number(of?.second), value] as const),
  }));
}

/** The values of one thing that a part of the simulation was tried with, in their order. */
function valuesOf(lines: Lines, part: string, of: string): number[] {
  return [...new Set(lines.filter((line) => line.of?.part === part).map((line) => Number(line.of?.[of])))];
}
