import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'tributary-nodes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The binary that the npm package `node` would link for this platform, in the given major version. */
async function installNode(major: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const prefix = join(folder, major);
  await run('npm', ['install', '--prefix', prefix, '--no-audit', '--no-fund', '--no-save', `${name}@${major}`]);
  return join(prefix, 'node_modules', name, 'bin');
}

describe('every test', () => {
  it.each(['22', '24'])('passes on Node %s too', async (major) => {
    const bin = await installNode(major);
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
    const version = await run(join(bin, 'node'), ['--version'], { env });
    expect(version.stdout).toMatch(new RegExp(`^v${major}\\.`));

    const only = process.env.TRIBUTARY_NIGHTLY_ONLY?.split(' ') ?? [];
    const args = [join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...only];
    const { stdout } = await run(join(bin, 'node'), args, { env, maxBuffer: 2 ** 26 });

    expect(stdout).toMatch(/Tests .*passed/);
  });
});
