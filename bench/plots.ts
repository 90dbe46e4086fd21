import type { Measurement } from './measurement.ts';
import { type BarPlot, barPlot, type LinePlot, linePlot, type Series } from './plot.ts';

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
    curves('load-queue.svg', {
      title: 'Messages that wait for resolve-profile',
      description: 'Messages in the queue over time: steady load, a burst, and a queue that fails',
      x: { label: 'seconds' },
      y: { label: 'messages' },
      series: phases.map((phase) => over('in the queue', { phase }, phase)),
    }),
    curves('load-memory.svg', {
      title: 'Memory of the largest process of each function, steady load',
      description: 'Memory of the functions over time under steady load',
      x: { label: 'seconds' },
      y: { label: 'MiB' },
      series: processes.map((process) => over('memory', { phase: 'sustained', process }, process)),
    }),
    bars('load-growth.svg', {
      title: '95 of 100 are members within, steady load',
      description:
        'From accepted to member, in a workspace of several sizes, by Tributary and by a script that writes directly',
      x: { label: 'milliseconds' },
      bars: waits.map(({ of, value }) => ({
        name: `${of?.workspace}${of?.way === 'tributary' ? '' : ', script'}`,
        value,
      })),
    }),
  ];
}

function ofCost(lines: readonly Measurement[]): readonly Omit<Plot, 'job'>[] {
  const stages = lines.filter(({ metric, of }) => metric === 'dollars' && of?.for === 'a million activities');
  const products = lines.filter(({ metric }) => metric === 'dollars of the month');
  return [
    bars('cost-activities.svg', {
      title: 'A million activities',
      description: 'What a million activities cost, by stage and by what is paid for',
      x: { label: 'dollars at list prices' },
      bars: stages.map(({ of, value }) => ({ name: `${of?.stage}: ${of?.spent_on}`, value })),
    }),
    bars('cost-month.svg', {
      title: 'The month of the comparison',
      description: 'What the month of the comparison costs, by product',
      x: { label: 'dollars, published prices' },
      bars: products.map(({ of, value }) => ({ name: String(of?.product), value })),
    }),
  ];
}

function ofBundles(lines: readonly Measurement[]): readonly Omit<Plot, 'job'>[] {
  const loads = lines.filter(({ metric }) => metric === 'load CPU over bare Node');
  return [
    bars('load-time.svg', {
      title: 'Loading a function',
      description: 'Processor time of loading each function, over bare Node',
      x: { label: 'milliseconds of processor time over bare Node' },
      bars: loads.map(({ of, value }) => ({ name: String(of?.function), value })),
    }),
  ];
}

function curves(file: string, plot: LinePlot): Omit<Plot, 'job'> {
  return { file, alt: plot.description, svg: linePlot(plot) };
}

function bars(file: string, plot: BarPlot): Omit<Plot, 'job'> {
  return { file, alt: plot.description, svg: barPlot(plot) };
}

function has(line: Measurement, of: NonNullable<Measurement['of']>): boolean {
  return Object.entries(of).every(([name, value]) => line.of?.[name] === value);
}
