import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { savedClock } from '../../lib/local/saved-clock.ts';

it('savedClock tells a first day from a clock that cannot be read, which would let time run backwards', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clock-'));
  try {
    expect(savedClock(folder)).toBeUndefined();
    await writeFile(join(folder, 'clock.json'), '{"at":"2026-11-2');
    expect(() => savedClock(folder)).toThrow(SyntaxError);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
