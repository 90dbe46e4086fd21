import type { Measurement } from './measurement.ts';
import { barPlot, linePlot, type Series } from './plot.ts';

/** A picture of the page: its file in docs/images, what it shows in words, and the picture. */
export interface Plot {
  readonly job: string;
  readonly file: string;
  readonly alt: string;
  readonly svg: string;
}

type Saved = ReadonlyMap<string, readonly Measurement[]>;

/** The pictures that the saved results make; of a job without results none. */
export function plotsOf(saved: Saved): readonly Plot[] {
  const made = (
    job: string,
    draw: (lines: readonly Measurement[]) => readonly Omit<Plot, 'job'>[],
  ): readonly Plot[] => {
    const lines = saved.get(job);
    return lines === undefined ? [] : draw(lines).map((plot) => ({ job, ...plot }));
  };
  return [...made('load', ofLoad), ...made('cost', ofCost), ...made('bundles', ofBundles)];
}

/** Lines that only a picture shows: a table of every second would tell nobody anything. */
export function isPlotted({ of }: Measurement): boolean {
  return of?.second !== undefined;
}

function ofLoad(lines: readonly Measurement[]): readonly Omit<Plot, 'job'>[] {
  const over = (metric: string, of: NonNullable<Measurement['of']>, name: string): Series => ({
    name,
    points: lines
      .filter((line) => line.metric === metric && isPlotted(line) && has(line, of))
      .map((line) => [Number(line.of?.second), line.value] as const),
  });
  const phases = ['sustained', 'burst', 'refused'];
  const processes = ['collect', 'receive-webhook', 'resolve-profile'];
  const waits = lines.filter(
    ({ metric, of }) => metric === '95 of 100 are members within' && of?.phase === 'sustained',
  );
  return [
    {
      file: 'load-queue.svg',
      alt: 'Messages in the queue over time: steady load, a burst, and a queue that fails',
      svg: linePlot(
        { title: 'Messages that wait for resolve-profile', x: 'seconds', y: 'messages' },
        phases.map((phase) => over('in the queue', { phase }, phase)),
      ),
    },
    {
      file: 'load-memory.svg',
      alt: 'Memory of the functions over time under steady load',
      svg: linePlot(
        { title: 'Memory of the largest process of each function, steady load', x: 'seconds', y: 'MiB' },
        processes.map((process) => over('memory', { phase: 'sustained', process }, process)),
      ),
    },
    {
      file: 'load-growth.svg',
      alt: 'From accepted to member, in a workspace of several sizes, by Tributary and by a script that writes directly',
      svg: barPlot(
        { title: '95 of 100 are members within, steady load', x: 'milliseconds' },
        waits.map(({ of, value }) => ({
          name: `${of?.workspace}${of?.way === 'tributary' ? '' : ', script'}`,
          value,
        })),
      ),
    },
  ];
}

function ofCost(lines: readonly Measurement[]): readonly Omit<Plot, 'job'>[] {
  const stages = lines.filter(({ metric, of }) => metric === 'dollars' && of?.for === 'a million activities');
  const products = lines.filter(({ metric }) => metric === 'dollars of the month');
  return [
    {
      file: 'cost-activities.svg',
      alt: 'What a million activities cost, by stage and by what is paid for',
      svg: barPlot(
        { title: 'A million activities', x: 'dollars at list prices' },
        stages.map(({ of, value }) => ({ name: `${of?.stage}: ${of?.spent_on}`, value })),
      ),
    },
    {
      file: 'cost-month.svg',
      alt: 'What the month of the comparison costs, by product',
      svg: barPlot(
        { title: 'The month of the comparison', x: 'dollars, published prices' },
        products.map(({ of, value }) => ({ name: String(of?.product), value })),
      ),
    },
  ];
}

function ofBundles(lines: readonly Measurement[]): readonly Omit<Plot, 'job'>[] {
  const loads = lines.filter(({ metric }) => metric === 'load CPU over bare Node');
  return [
    {
      file: 'load-time.svg',
      alt: 'Processor time of loading each function, over bare Node',
      svg: barPlot(
        { title: 'Loading a function', x: 'milliseconds of processor time over bare Node' },
        loads.map(({ of, value }) => ({ name: String(of?.function), value })),
      ),
    },
  ];
}

function has(line: Measurement, of: NonNullable<Measurement['of']>): boolean {
  return Object.entries(of).every(([name, value]) => line.of?.[name] === value);
}
