import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { exists, openStageBench } from './stage-bench.ts';

const bench = openStageBench();
afterEach(async () => {
  await bench.close();
});

interface Alone {
  readonly child: ChildProcess;
  /** Of a process that runs a function. */
  readonly pid: number;
  readonly url: string;
  readonly dynamodb: string;
}

/** A stage in a process of its own. */
async function aStageAlone(folder: string): Promise<Alone> {
  const script = join(import.meta.dirname, 'stage-alone.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as Omit<Alone, 'child'>) };
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

describe('a stage whose process ends', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends everything on %s, then the process by that signal', async (signal) => {
    const folder = bench.aFolder();
    const { child, pid, dynamodb } = await aStageAlone(folder);

    child.kill(signal);
    const [, endedBy] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];

    expect(endedBy).toBe(signal);
    expect([exists(pid), await answers(dynamodb)]).toEqual([false, false]);
    expect(existsSync(join(folder, '.tributary', 'stage.json'))).toBe(false);
  });

  it('leaves nothing running when it is killed without a word', async () => {
    const { child, pid, dynamodb } = await aStageAlone(bench.aFolder());
    expect([exists(pid), await answers(dynamodb)]).toEqual([true, true]);

    child.kill('SIGKILL');
    await once(child, 'exit');

    await expect.poll(() => exists(pid), { timeout: 10_000 }).toBe(false);
    await expect.poll(() => answers(dynamodb), { timeout: 10_000 }).toBe(false);
  });
});
