import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Measurement } from '../../bench/measurement.ts';

export interface Ran {
  readonly status: number | null;
  readonly lines: readonly Measurement[];
  readonly notes: string;
}

export interface RunOptions {
  /** Milliseconds after which it is killed. */
  readonly timeout?: number;
  /** Behind the job's name. @default ['--quick'] */
  readonly args?: readonly string[];
}

/** Less than a test may take, so that a bench that hangs is killed, and what it said is told. */
const longestMs = 115_000;

/** Runs the benches as `npm run bench` does, in tiny sizes. Throws when stdout holds anything but JSON lines. */
export async function runJob(job: string, { timeout = longestMs, args = ['--quick'] }: RunOptions = {}): Promise<Ran> {
  const main = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', main, '--job', job, ...args], {
    env: { ...process.env, CDNOW_DATA: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
    killSignal: 'SIGKILL',
  });
  let [out, notes] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    notes += chunk.toString();
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const texts = out.split('\n').filter((line) => line !== '');
  return { status, lines: texts.map((line) => JSON.parse(line) as Measurement), notes };
}

/** Metrics whose line is no measurement: a name, a finite value and a unit are what every one has. */
export function broken(lines: readonly Measurement[], job: string): readonly Measurement[] {
  return lines.filter(
    (line) => line.job !== job || line.metric === '' || !Number.isFinite(line.value) || typeof line.unit !== 'string',
  );
}
