import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TributaryError } from '../domain/errors.ts';
import { FOLDERS, MAIN_FILE } from './files.ts';

/** The comment by which editors find a file's schema: in the repository it leads out of examples/. */
const SCHEMA_COMMENT = /^(# yaml-language-server: \$schema=)\S*\/schemas\//;

/**
 * Writes the starter workspace, with the schemas that editors check it by, into a folder that has no workspace yet.
 * Returns the files written, relative to it. Throws TributaryError `config` `workspace/already-there`.
 */
export async function writeStarter(dir: string): Promise<string[]> {
  const existing = [MAIN_FILE, 'schemas', ...FOLDERS].find((name) => existsSync(join(dir, name)));
  if (existing !== undefined) {
    const message = `found ${existing} in the folder, expected a folder without a workspace: name another one`;
    throw new TributaryError('config', 'workspace/already-there', message);
  }
  const root = packageRoot();
  const starter = join(root, 'examples', 'starter');
  const written: string[] = [];
  for (const file of (await readdir(starter, { recursive: true })).sort()) {
    if (!file.endsWith('.yaml')) continue;
    const text = await readFile(join(starter, file), 'utf8');
    const up = dirname(file) === '.' ? './' : '../';
    await mkdir(join(dir, dirname(file)), { recursive: true });
    await writeFile(join(dir, file), text.replace(SCHEMA_COMMENT, `$1${up}schemas/`), { flag: 'wx' });
    written.push(file.replaceAll('\\', '/'));
  }
  await cp(join(root, 'schemas'), join(dir, 'schemas'), { recursive: true, errorOnExist: true, force: false });
  const schemas = (await readdir(join(dir, 'schemas'))).sort().map((name) => `schemas/${name}`);
  return [...written, ...schemas];
}

/** The folder that holds examples/ and schemas/, from the source tree as from the bundled command. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'examples', 'starter', MAIN_FILE))) {
    const parent = dirname(folder);
    if (parent === folder) {
      throw new TributaryError('defect', 'workspace/no-starter', 'found no examples/starter beside the program');
    }
    folder = parent;
  }
  return folder;
}
