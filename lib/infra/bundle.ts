import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { TributaryError } from '../domain/errors.ts';
import { readConsoleFiles } from './console-files.ts';
import { type FunctionName, functionNames } from './functions.ts';
import { projectRoot } from './project-root.ts';

/** Directory of each function's bundle. */
export type BundleDirs = Readonly<Record<FunctionName, string>>;

/** A function's bundle: `index.mjs`, and the chunks that it loads only when it needs them. */
export interface Bundle {
  readonly dir: string;
  /** Bytes of everything that is deployed. */
  readonly bytes: number;
  /** Bytes that are read before the handler exists: the entry and what it imports statically. */
  readonly startBytes: number;
  /** What esbuild knows of the bundle: which module weighs what. */
  readonly metafile: Metafile;
}

export interface BundleOptions {
  /** Directory of the entries, one `<function>.ts` each. Default: `functions` of the project. */
  readonly entries?: string;
  /** Where bundles go, one directory per function. Emptied first. Default: `dist/functions` of the project. */
  readonly outdir?: string;
  /** Keeps line ends, and a comment with its path before each module: a profile then tells where time goes. @default false */
  readonly readable?: boolean;
}

// Some vendor clients are CommonJS inside and call require, which an ES module does not have.
const REQUIRE = `import{createRequire as tributaryRequire}from'node:module';const require=tributaryRequire(import.meta.url);`;

/**
 * Bundles every function. The same sources give the same bytes, so an unchanged function is not deployed again.
 * The AWS SDK is part of the bundle: the version that was tested is the version that runs.
 * Throws `defect` `infra/missing-function` when an entry is not there.
 */
export async function bundleFunctions(options: BundleOptions = {}): Promise<Readonly<Record<FunctionName, Bundle>>> {
  const entries = options.entries ?? join(projectRoot(), 'functions');
  const outdir = options.outdir ?? join(projectRoot(), 'dist', 'functions');
  const missing = functionNames.filter((name) => !existsSync(join(entries, `${name}.ts`)));
  if (missing.length > 0) {
    throw new TributaryError('defect', 'infra/missing-function', `no entry file for ${missing.join(', ')}`);
  }
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  // lib/api/console.ts serves these under this name.
  // As text: esbuild puts an object beside the code that is read at every start.
  const define = { CONSOLE_FILES: JSON.stringify(JSON.stringify(await readConsoleFiles())) };
  const bundles = await Promise.all(
    functionNames.map(
      async (name) =>
        [name, await bundleOne(name, { entries, outdir, define, readable: options.readable === true })] as const,
    ),
  );
  return Object.fromEntries(bundles) as Record<FunctionName, Bundle>;
}

/** Only the directories of bundles, as the stack wants them. */
export function dirsOf(bundles: Readonly<Record<FunctionName, Bundle>>): BundleDirs {
  return Object.fromEntries(functionNames.map((name) => [name, bundles[name].dir])) as Record<FunctionName, string>;
}

async function bundleOne(
  name: FunctionName,
  {
    entries,
    outdir,
    define,
    readable,
  }: Required<BundleOptions> & { readonly define: Readonly<Record<string, string>> },
): Promise<Bundle> {
  const dir = join(outdir, name);
  const { metafile } = await build({
    absWorkingDir: projectRoot(),
    entryPoints: { index: join(entries, `${name}.ts`) },
    outdir: dir,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE },
    define,
    // Identifiers stay readable: stack traces in the log then name functions, and the bundles load as fast.
    minifySyntax: true,
    minifyWhitespace: !readable,
    legalComments: 'none',
    sourcemap: false,
    metafile: true,
    logLevel: 'silent',
  });
  await writeFile(join(outdir, `${name}.meta.json`), JSON.stringify(metafile));
  return { dir, ...sizesOf(metafile), metafile };
}

function sizesOf({ outputs }: Metafile): { readonly bytes: number; readonly startBytes: number } {
  const bytes = Object.values(outputs).reduce((sum, output) => sum + output.bytes, 0);
  const start = new Set(
    Object.keys(outputs).filter((path) => outputs[path]?.entryPoint !== undefined && path.endsWith('/index.mjs')),
  );
  for (const path of start) {
    for (const { path: imported, kind } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && imported in outputs) start.add(imported);
    }
  }
  const startBytes = [...start].reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0);
  return { bytes, startBytes };
}
