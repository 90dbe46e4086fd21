import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** What a command left behind. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly stdin?: string;
  /** Working directory. Default: a folder of the test file's own. */
  readonly cwd?: string;
  /** Called by npx, as npm tells it. */
  readonly npx?: true;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The built command line, and an empty folder that goes with the tests. */
export interface Cli {
  readonly folder: string;
  run(args: readonly string[], options?: CliOptions): Promise<Ran>;
}

/**
 * Bundles cli/ as scripts/build.mjs does, beside the installed bundle, so that tests see the sources as they are and
 * nobody finds the command half built.
 */
export function withCli(): () => Cli {
  let cli: Cli | undefined;
  let bundle = '';
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tributary-cli-'));
    bundle = join(root, 'dist', `cli-of-test-${process.pid}`);
    await build({
      absWorkingDir: root,
      entryPoints: { cli: 'cli/main.ts', 'cli/evaluate-worker': 'cli/evaluate-worker.ts' },
      outdir: bundle,
      outExtension: { '.js': '.mjs' },
      chunkNames: 'cli/[name]-[hash]',
      bundle: true,
      splitting: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'silent',
    });
    cli = {
      folder,
      run: (args, options = {}) => runNode([join(bundle, 'cli.mjs'), ...args], { cwd: folder, ...options }),
    };
  }, 60_000);
  afterAll(() => {
    if (cli !== undefined) rmSync(cli.folder, { recursive: true, force: true });
    rmSync(bundle, { recursive: true, force: true });
  });
  return () => {
    if (cli === undefined) throw new Error('the command is built in beforeAll');
    return cli;
  };
}

/** Runs Node with arguments and waits for its end. */
export function runNode(args: readonly string[], options: CliOptions): Promise<Ran> {
  // A developer's own deployment is no place for tests.
  const { npm_command: _, TRIBUTARY_STAGE: _stage, TRIBUTARY_REGION: _region, ...inherited } = process.env;
  const npx = options.npx === true ? { npm_command: 'exec' } : {};
  const env = { ...inherited, NO_COLOR: '1', ...npx, ...options.env };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      args,
      { cwd: options.cwd, env, maxBuffer: 64_000_000 },
      (_failure, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end(options.stdin ?? '');
  });
}

/** Lines of NDJSON. */
export function linesOf(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}
