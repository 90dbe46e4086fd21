import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

describe('the property tests', () => {
  it('hold over many more cases than a normal run has time for', async () => {
    const env = { ...process.env, TRIBUTARY_RUNS: '20000', SEGMENT_CASES: '1000000' };
    const files = ['test/pipeline', 'test/domain/segment/evaluate'];
    const args = [
      join('node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--project',
      'unit',
      '--testTimeout',
      '1500000',
      ...files,
    ];
    const { stdout } = await run(process.execPath, args, { env, maxBuffer: 2 ** 26 });

    expect(stdout).toMatch(/Tests .*passed/);
  });
});
