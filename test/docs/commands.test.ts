import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documents } from '../architecture/documents.ts';
import { markedCommands } from './marked-commands.ts';

const root = join(import.meta.dirname, '..', '..');
const marked = documents().flatMap((file) =>
  markedCommands(readFileSync(join(root, file), 'utf8')).map((commands) => ({ file, ...commands })),
);

/** `npx tributary` is the bundled command of this tree; npx itself would look for it in the registry. */
const PRELUDE = `set -eu; npx() { shift; node '${join(root, 'cli', 'tributary.mjs')}' "$@"; }\n`;

interface Ended {
  readonly status: number;
  readonly printed: string;
}

describe('commands in documents', () => {
  it('are marked where the workspace, the concepts and segments are told', () => {
    const files = new Set(marked.map(({ file }) => file));
    expect(files).toEqual(new Set(['docs/workspace.md', 'docs/concepts.md', 'docs/segments.md']));
  });

  it.each(marked)('of $file, line $line, do what they show', async ({ script, shows }) => {
    const folder = await mkdtemp(join(tmpdir(), 'documents-'));
    try {
      await symlink(join(root, 'examples'), join(folder, 'examples'));

      const { status, printed } = await run(script, folder);

      expect(status, printed).toBe(0);
      expect(shows.filter((text) => !printed.includes(text))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('markedCommands', () => {
  it('finds marked blocks with what they show, and leaves the others alone', () => {
    const text =
      'a\n```sh\nnot me\n```\n<!-- run -->\n```sh\none\ntwo\n```\n\n```text\nshown\n```\n<!-- run -->\n```sh\nthree\n```\n';

    expect(markedCommands(text)).toEqual([
      { line: 5, script: 'one\ntwo\n', shows: ['shown'] },
      { line: 14, script: 'three\n', shows: [] },
    ]);
  });
});

async function run(script: string, cwd: string): Promise<Ended> {
  return new Promise((resolve) => {
    execFile('bash', ['-c', PRELUDE + script], { cwd, timeout: 25_000 }, (failure, stdout, stderr) => {
      const code = failure?.code ?? 1;
      const status = failure === null ? 0 : typeof code === 'number' ? code : 1;
      resolve({ status, printed: stdout + stderr });
    });
  });
}
