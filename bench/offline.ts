import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../lib/domain/json.ts';
import { type BenchOptions, type Measurement, median, rounded } from './measurement.ts';
import { activityChange, contactChange, memberChange, type Person, personOf } from './people.ts';

const START = Date.parse('2026-09-01T06:00:00Z');
const DAY = 24 * 3_600_000;
const cli = fileURLToPath(new URL('../dist/cli.mjs', import.meta.url));
const segment = fileURLToPath(new URL('../examples/acme/segments/lapsing-customers.yaml', import.meta.url));

/** What the commands are compared with: reading every line as JSON and writing it again. */
const COPY = `import{createInterface}from'node:readline';import{createReadStream}from'node:fs';
for await(const line of createInterface({input:createReadStream(process.argv[1])}))process.stdout.write(JSON.stringify(JSON.parse(line))+'\\n');`;

/** Rows a second of the commands that need no stage, through the built command line. */
export async function* bench({ quick, note }: BenchOptions): AsyncIterable<Measurement> {
  if (!existsSync(cli)) {
    note('offline: the command line is not built; run npm run build');
    return;
  }
  const [people, rounds] = quick ? [50, 1] : [20_000, 3];
  const dir = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  try {
    const everybody = Array.from({ length: people }, (_, number) => personOf(number));
    const changes = everybody.flatMap(changesOf);
    const files = {
      changes: await writeRows(join(dir, 'changes.ndjson'), changes),
      profiles: await writeRows(join(dir, 'profiles.ndjson'), everybody.map(documentOf)),
      none: await writeRows(join(dir, 'none.ndjson'), []),
    };
    const commands = [
      { name: 'resolve', rows: changes.length, args: (file: string) => [cli, 'resolve', file], file: files.changes },
      {
        name: 'evaluate',
        rows: people,
        args: (file: string) => [cli, 'evaluate', segment, '--profiles', file, '--now', '2026-11-21T00:00:00Z'],
        file: files.profiles,
      },
    ];
    for (const { name, rows, args, file } of commands) {
      note(`offline: ${name}`);
      const took: { start: number; whole: number; copy: number }[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const start = await secondsOf(args(files.none));
        const whole = await secondsOf(args(file));
        const copy = await secondsOf(['--input-type=module', '--eval', COPY, file]);
        took.push({ start, whole, copy });
      }
      const of = { command: name, rows };
      const middle = (value: (one: (typeof took)[number]) => number): number => rounded(median(took.map(value)));
      yield {
        job: 'offline',
        metric: 'rows a second',
        value: middle(({ whole, start }) => rows / (whole - start)),
        unit: 'rows/s',
        of,
      };
      yield {
        job: 'offline',
        metric: 'start without rows',
        value: middle(({ start }) => start * 1_000),
        unit: 'ms',
        of,
      };
      yield {
        job: 'offline',
        metric: 'time over copying the file as JSON',
        value: middle(({ whole, copy }) => whole / copy),
        unit: 'ratio',
        of,
      };
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function changesOf(person: Person) {
  return [contactChange(person, START), memberChange(person, START), activityChange(person, START + DAY)];
}

/** A profile as `tributary evaluate` reads it. */
function documentOf({ number, email }: Person): JsonObject {
  const at = (days: number): string => new Date(START + days * DAY).toISOString();
  return {
    id: `p_${number}`,
    traits: { lifecycle_stage: number % 2 === 0 ? 'customer' : 'prospect', email },
    activities: [
      { name: 'Email Opened', at: at(number % 40) },
      { name: 'Email Opened', at: at(number % 70) },
      { name: 'Email Link Clicked', at: at(number % 50) },
    ],
  };
}

async function writeRows(path: string, rows: readonly unknown[]): Promise<string> {
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

async function secondsOf(args: readonly string[]): Promise<number> {
  const from = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let problem = '';
  child.stderr.on('data', (chunk: Buffer) => {
    problem += chunk.toString();
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`${args[1]} ended with ${status}: ${problem.slice(0, 400)}`);
  return (performance.now() - from) / 1_000;
}
