import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { regionsAskedFor } from '../../lib/pipeline/define/regions.ts';
import { checkWorkspace } from '../../lib/workspace/check.ts';
import { writeStarter } from '../../lib/workspace/init.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tributary-init-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

describe('writeStarter', () => {
  it('writes a workspace that checks clean, whose files name a schema that is there', async () => {
    const workspace = join(dir, 'mine');

    const written = await writeStarter(workspace);

    expect(written.slice(0, 2)).toEqual(['audiences/quiet-readers-to-newsletter.yaml', 'personas/curious-reader.yaml']);
    expect(await checkWorkspace(workspace, regionsAskedFor)).toEqual({ ok: true, problems: [], tests: 3 });
    for (const file of written.filter((name) => name.endsWith('.yaml'))) {
      const schema = /\$schema=(\S+)/.exec(await readFile(join(workspace, file), 'utf8'))?.[1] ?? '';
      const named = resolve(dirname(join(workspace, file)), schema);
      expect(written).toContain(named.slice(workspace.length + 1));
    }
  });

  it('writes into a folder that holds other things', async () => {
    await writeFile(join(dir, 'README.md'), '# mine\n');

    await writeStarter(dir);

    expect((await checkWorkspace(dir, regionsAskedFor)).ok).toBe(true);
  });

  it('overwrites nothing', async () => {
    await mkdir(join(dir, 'segments'));

    await expect(writeStarter(dir)).rejects.toMatchObject({ kind: 'config', code: 'workspace/already-there' });
    await expect(readFile(join(dir, 'tributary.yaml'))).rejects.toThrow('ENOENT');
  });
});
