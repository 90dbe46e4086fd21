import { performance } from 'node:perf_hooks';

/** One measured number. Printed as one JSON line. */
export interface Measurement {
  readonly job: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** What the product promises, where it promises anything about this. */
  readonly target?: { readonly most: number } | { readonly least: number };
  /** Where engines are compared: whose, and how many rules it answers a second. */
  readonly engine?: string;
  readonly evaluations_per_second?: number;
  /** Of what it was measured: sizes, vendor, function. */
  readonly of?: Readonly<Record<string, string | number>>;
}

export interface BenchOptions {
  /** Tiny sizes: shows that everything runs, the numbers mean nothing. */
  readonly quick: boolean;
  /** How many people, where a bench takes any number; its own number when left out. */
  readonly people?: number;
  /** Of which tool, where a bench reads several; all of them when left out. */
  readonly source?: string;
  /** Tells a person what is going on, beside the measurements. */
  readonly note: (text: string) => void;
}

/** A bench: measurements as they are made. */
export type Bench = (options: BenchOptions) => AsyncIterable<Measurement>;

/** What a piece of work took. */
export interface Cost {
  readonly milliseconds: number;
  /** CPU time of this process in microseconds, user and system: other work on the machine hardly moves it. */
  readonly cpu: number;
}

/** Does `work` and tells what it took. Children such as DynamoDB Local are not in `cpu`. */
export async function costOf(work: () => unknown): Promise<Cost> {
  const from = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { milliseconds: performance.now() - from, cpu: user + system };
}

/** The middle value; of an even number the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** Four significant digits: more would be noise. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
