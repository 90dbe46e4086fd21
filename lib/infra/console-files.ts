import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { build, type Rollup } from 'vite';
import { projectRoot } from './project-root.ts';

/** The console's files by their path on the site, compressed with Brotli and written in base64. */
export type ConsoleFiles = Readonly<Record<string, string>>;

/**
 * Builds console/ as a browser loads it. The files become a part of the `api` function that it loads when somebody asks
 * for the console: it needs no bucket for them.
 */
export async function readConsoleFiles(): Promise<ConsoleFiles> {
  const root = join(projectRoot(), 'console');
  const built = await build({ configFile: join(root, 'vite.config.ts'), root, build: { write: false } });
  const { output } = built as Rollup.RollupOutput;
  const files = output.map((file) => {
    const path = file.fileName === 'index.html' ? '/' : `/${file.fileName}`;
    return [path, compress(file.type === 'chunk' ? file.code : file.source)] as const;
  });
  return Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function compress(content: string | Uint8Array): string {
  const bytes = Buffer.from(content);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params }).toString('base64');
}
