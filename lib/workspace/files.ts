import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from './problem.ts';
import { MOST_BYTES } from './source.ts';

/** A workspace file as found: its path inside the workspace, with forward slashes, and its bytes. */
export interface WorkspaceFile {
  readonly file: string;
  readonly bytes: Uint8Array;
}

export const MAIN_FILE = 'tributary.yaml';
export const FOLDERS = ['segments', 'personas', 'audiences'] as const;

/** Reads tributary.yaml and the YAML files of the three folders. What cannot be read is a problem; never throws. */
export async function readFiles(dir: string): Promise<{ files: WorkspaceFile[]; problems: Problem[] }> {
  const files: WorkspaceFile[] = [];
  const problems: Problem[] = [];

  async function read(file: string): Promise<void> {
    const path = join(dir, file);
    try {
      const { size } = await stat(path);
      if (size > MOST_BYTES) {
        problems.push(problem(file, 'workspace/file-too-large', `${size} bytes`, `at most ${MOST_BYTES} bytes`));
      } else {
        files.push({ file, bytes: await readFile(path) });
      }
    } catch (thrown) {
      const expected =
        file === MAIN_FILE ? 'the main file of a workspace, as tributary init writes it' : 'a file that can be read';
      problems.push(problem(file, 'workspace/unreadable-file', codeOf(thrown), expected));
    }
  }

  if (!(await isFolder(dir))) {
    const expected = `a folder with a ${MAIN_FILE}`;
    return { files, problems: [problem(MAIN_FILE, 'workspace/not-found', 'no such folder', expected)] };
  }
  for (const file of [MAIN_FILE, ...(await listYaml(dir, problems))]) await read(file);
  return { files, problems };
}

async function listYaml(dir: string, problems: Problem[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of FOLDERS) {
    if (!(await isFolder(join(dir, folder)))) continue;
    for (const name of (await readdir(join(dir, folder))).sort()) {
      if (await isFolder(join(dir, folder, name))) {
        problems.push(problem(`${folder}/${name}`, 'workspace/file-name', 'a folder', `a file right in ${folder}`));
      } else if (name.endsWith('.yaml')) found.push(`${folder}/${name}`);
      else if (name.endsWith('.yml')) {
        problems.push(problem(`${folder}/${name}`, 'workspace/file-name', 'the ending .yml', 'the ending .yaml'));
      }
    }
  }
  return found;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // Not there, or not ours to see: either way no folder to read.
  }
}

function problem(file: string, code: string, found: string, expected: string): Problem {
  return { file, line: 1, column: 1, code, found, expected };
}

function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unreadable';
  return code === 'ENOENT' ? 'no such file' : code;
}
