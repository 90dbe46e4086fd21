import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { projectRoot } from './project-root.ts';

/**
 * The files of console/ as a browser loads them, the script as one module. They become part of the `api` function: it
 * needs no bucket for three small texts.
 */
export async function readConsoleFiles(): Promise<{ page: string; style: string; script: string }> {
  const folder = join(projectRoot(), 'console');
  const [page, style, script] = await Promise.all([
    readFile(join(folder, 'page.html'), 'utf8'),
    readFile(join(folder, 'console.css'), 'utf8'),
    bundleScript(join(folder, 'console.ts')),
  ]);
  return { page, style, script };
}

async function bundleScript(entry: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: projectRoot(),
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}
