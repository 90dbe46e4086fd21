// Bundles the command line into dist/cli.mjs, so that it starts without a TypeScript loader. Its own modules are split
// into chunks: a command that needs no cloud must not load the packages of one that does.
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

await rm(new URL('../dist/cli', import.meta.url), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  // The worker lies beside the chunks, where the command that starts it finds it.
  entryPoints: { cli: 'cli/main.ts', 'cli/evaluate-worker': 'cli/evaluate-worker.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  chunkNames: 'cli/[name]-[hash]',
  bundle: true,
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  logLevel: 'warning',
});
