import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { requireJava } from '../lib/local/engines/java.ts';
import type { Bench, Measurement } from './measurement.ts';

/** Every bench by its name. Loaded when it runs, so that one does not pay for another's packages. */
const jobs: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  mapping: () => import('./mapping.ts'),
  backfill: () => import('./backfill.ts'),
  resolve: () => import('./resolve.ts'),
  segments: () => import('./segments.ts'),
  units: () => import('./units.ts'),
  requests: () => import('./requests.ts'),
  push: () => import('./push.ts'),
  bundles: () => import('./bundles.ts'),
  offline: () => import('./offline.ts'),
  collect: () => import('./collect.ts'),
  'import-and-push': () => import('./import-and-push.ts'),
  realtime: async () => ({ bench: (await import('./import-and-push.ts')).realtimeBench }),
  cost: () => import('./cost.ts'),
  compression: () => import('./compression.ts'),
  idle: () => import('./idle.ts'),
  duplicates: () => import('./duplicates.ts'),
  console: () => import('./console.ts'),
  learned: () => import('./learned.ts'),
  scale: () => import('./scale.ts'),
  load: () => import('./load.ts'),
};

/** Whose results rest on data from outside the project, and the variable that names its folder. */
const data: Readonly<Record<string, string>> = { duplicates: 'FEBRL_DATA', learned: 'CDNOW_DATA' };

await main();

/**
 * `npm run -s bench -- [--job NAME] [--quick] [--people N] [--source NAME] [--save]`: JSON lines on stdout, what is going on on stderr.
 * `--contacts` is another word for `--people`.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      job: { type: 'string' },
      quick: { type: 'boolean' },
      save: { type: 'boolean' },
      people: { type: 'string' },
      contacts: { type: 'string' },
      source: { type: 'string' },
    },
  });
  const people = values.people ?? values.contacts;
  for (const name of values.job === undefined ? Object.keys(jobs) : [values.job]) {
    const open = jobs[name];
    if (open === undefined) {
      note(`no bench is called ${name}; there are: ${Object.keys(jobs).join(', ')}`);
      process.exitCode = 2;
      return;
    }
    const folder = data[name];
    if (values.save === true && folder !== undefined && process.env[folder] === undefined) {
      note(`${name} is not saved without its data, which the former results were made with: set ${folder}`);
      process.exitCode = 2;
      continue;
    }
    await runJob(name, (await open()).bench, { ...values, people });
  }
}

interface Options {
  readonly quick?: boolean | undefined;
  readonly save?: boolean | undefined;
  readonly people?: string | undefined;
  readonly source?: string | undefined;
}

async function runJob(
  name: string,
  bench: Bench,
  { quick = false, save = false, people, source }: Options,
): Promise<void> {
  note(name);
  const lines: string[] = [];
  const tell = (measurement: Measurement): void => {
    const line = `${JSON.stringify(measurement)}\n`;
    lines.push(line);
    process.stdout.write(line);
  };
  tell(await machineOf(name));
  const size = people === undefined ? {} : { people: Number(people) };
  const of = source === undefined ? {} : { source };
  for await (const measurement of bench({ quick, note, ...size, ...of })) tell(measurement);
  if (!save) return;
  const results = new URL('results/', import.meta.url);
  await mkdir(results, { recursive: true });
  await writeFile(fileURLToPath(new URL(`${name}.ndjson`, results)), lines.join(''));
}

/** What it ran on: cores, processor, memory, and the versions of what runs the functions and DynamoDB Local. */
async function machineOf(job: string): Promise<Measurement> {
  const of = {
    node: process.versions.node,
    cpu: cpus()[0]?.model ?? 'unknown',
    gibibytes: Math.round(totalmem() / 2 ** 30),
    // Benches without a stage run on a machine without Java as well.
    java: await requireJava().catch(() => 'none'),
  };
  return { job, metric: 'machine', value: cpus().length, unit: 'cores', of };
}

function note(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
