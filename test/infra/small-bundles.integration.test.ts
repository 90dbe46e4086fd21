import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../lib/infra/bundle.ts';
import type { FunctionName } from '../../lib/infra/functions.ts';
import { bundledOnce } from '../setup/bundled-once.ts';

describe('the bundles of the project', () => {
  it('hold of Zod no language but English, and no engine of segments where none is asked', async () => {
    for (const name of ['receive-webhook', 'sync-stream', 'activate-audience', 'import-file'] as const) {
      const modules = await modulesOf(name);

      expect(
        modules.some((path) => path.includes('zod/v4/core')),
        name,
      ).toBe(true);
      expect(
        modules.filter((path) => /zod\/v4\/locales\/(?!en\.)|re2js/.test(path)),
        name,
      ).toEqual([]);
    }
  });
});

/** Modules of which something is in the bundle of one of the functions. */
async function modulesOf(name: FunctionName): Promise<readonly string[]> {
  const dirs = await bundledOnce();
  const { outputs } = JSON.parse(readFileSync(`${dirs[name]}.meta.json`, 'utf8')) as Bundle['metafile'];
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).filter((path) => (inputs[path]?.bytesInOutput ?? 0) > 0),
  );
}
