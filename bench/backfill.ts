import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Json } from '../lib/domain/json.ts';
import type { PageRead, ReaderOrder } from './backfill-reader.ts';
import type { Source, ToolTold } from './backfill-tool.ts';
import { type BenchOptions, type Measurement, rounded } from './measurement.ts';

/** A tool, the most contacts that one of its answers holds, and what a reader asks besides. */
interface Told {
  readonly source: Source;
  readonly page: number;
  /** Requests that a page takes. */
  readonly each: number;
  /** Requests of a reader that are for no page. */
  readonly besides: number;
}

const sources: readonly Told[] = [
  // Of one bulk job: sign in, describe, create it, look whether it is done.
  { source: 'salesforce', page: 10_000, each: 1, besides: 6 },
  // A search does not say to which companies contacts belong.
  { source: 'hubspot', page: 200, each: 2, besides: 2 },
];

const NOW = Date.parse('2026-11-21T12:00:00Z');
const MEGABYTE = 1024 * 1024;

/** What was read so far, by however many processes. */
interface Reading {
  readonly seen: Set<string>;
  repeated: number;
  pages: number;
  checkpoint?: Json;
  readonly heaps: number[];
  peak: number;
}

/**
 * The contacts of a simulated tool, read from the first to the last through its connector over HTTP. Half-way the reader is
 * killed after a page that it read and nobody kept, and another process goes on from the last checkpoint. The tool and each
 * reader are processes of their own.
 */
export async function* bench({ quick, note, people, source: only }: BenchOptions): AsyncIterable<Measurement> {
  const contacts = people ?? (quick ? 2_000 : 100_000);
  for (const told of sources) {
    const { source } = told;
    if (only !== undefined && only !== source) continue;
    note(`backfill: ${contacts} contacts of ${source}`);
    const tool = fork(fileURLToPath(new URL('backfill-tool.ts', import.meta.url)), [source, `${contacts}`, `${NOW}`]);
    try {
      yield* measure(told, contacts, tool);
    } finally {
      tool.disconnect();
    }
  }
}

async function* measure(
  { source, page, each, besides }: Told,
  contacts: number,
  tool: ChildProcess,
): AsyncIterable<Measurement> {
  const { endpoint, secret } = await answer<ToolTold>(tool);
  const order: ReaderOrder = { source, endpoint, secret, now: NOW };
  const reading: Reading = { seen: new Set(), repeated: 0, pages: 0, heaps: [], peak: 0 };
  await readUntil(order, reading, contacts / 2);
  await readUntil(order, reading, Number.POSITIVE_INFINITY);
  tool.send('calls');
  const { calls } = await answer<ToolTold>(tool);
  const of = { source, contacts, kills: 1 };
  const line = (metric: string, value: number, unit: string): Measurement => ({
    job: 'backfill',
    metric,
    value: rounded(value),
    unit,
    of,
  });
  const tens = contacts / 10_000;
  const pages = contacts / page;
  // Two readers: the second has a page of its own to ask for again, which the first had in hand.
  const most = Math.ceil(pages + 1) * each + 2 * besides;
  yield { ...line('contacts that arrived', reading.seen.size, 'contacts'), target: { least: contacts } };
  yield { ...line('that arrived twice', reading.repeated, 'contacts'), target: { most: 0 } };
  yield { ...line('calls a 10,000 contacts', calls / tens, 'calls'), target: { most: rounded(most / tens) } };
  yield line('pages of the tool’s size in them', pages / tens, 'pages');
  const { heaps } = reading;
  const [early = 0, late = 0] = [heaps[Math.floor(heaps.length * 0.2)], heaps.at(-1)];
  yield { ...line('heap in use at the end over after a fifth', late / early, 'ratio'), target: { most: 1.2 } };
  yield line('memory of a reader at its peak', reading.peak / MEGABYTE, 'MB');
}

/** Reads on from the last checkpoint in a process of its own; killed with a page in hand once so many contacts are kept. */
async function readUntil(order: ReaderOrder, reading: Reading, enough: number): Promise<void> {
  const reader = fork(fileURLToPath(new URL('backfill-reader.ts', import.meta.url)), {
    execArgv: [...process.execArgv, '--expose-gc'],
  });
  const ended = new Promise<void>((resolve, reject) => {
    reader.once('exit', (status, signal) => {
      if (status === 0 || signal === 'SIGKILL') resolve();
      else reject(new Error(`a reader of ${order.source} ended with ${status ?? signal}`));
    });
  });
  const pages = new Promise<void>((resolve) => {
    reader.once('disconnect', resolve);
    reader.on('message', (page: PageRead) => {
      reading.peak = Math.max(reading.peak, page.peak);
      if (reading.seen.size >= enough) {
        reader.kill('SIGKILL');
        return;
      }
      for (const id of page.ids) {
        if (reading.seen.has(id)) reading.repeated += 1;
        reading.seen.add(id);
      }
      reading.pages += 1;
      reading.checkpoint = page.checkpoint;
      if (page.ids.length > 0) reading.heaps.push(page.heap);
      reader.send('kept');
    });
  });
  reader.send(reading.checkpoint === undefined ? order : { ...order, from: reading.checkpoint });
  await Promise.all([pages, ended]);
}

/** The next message of a process; throws when it ends instead. */
function answer<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the simulated tool ended'));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}
