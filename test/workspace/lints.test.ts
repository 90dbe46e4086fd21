import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { regionsAskedFor } from '../../lib/pipeline/define/regions.ts';
import { checkWorkspace } from '../../lib/workspace/check.ts';
import { soundFiles } from './a-workspace.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tributary-lints-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

async function check(changes: Readonly<Record<string, string>>) {
  for (const [file, text] of Object.entries({ ...soundFiles, ...changes })) {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), text);
  }
  return checkWorkspace(dir, regionsAskedFor);
}

describe('tests in segment files', () => {
  it('read a person as the deployment does, regions and traits of the workspace among the rest', async () => {
    const tributary = `${soundFiles['tributary.yaml']}traits: { home: { facet: demographic, type: country } }\n`;
    const segment = `segment: bavarians
when:
  all: [{ trait: address.country, is: DE }, { trait: address.region, is: DE-BY }, { not: { trait: address.city, is: Ulm } }]
tests:
  - name: written in words
    now: 2026-11-21T00:00:00Z
    profile: { traits: { address: { country: Germany, region: Bayern } } }
    member: true
`;

    expect(await check({ 'tributary.yaml': tributary, 'segments/bavarians.yaml': segment })).toMatchObject({
      ok: true,
      problems: [],
      tests: 1,
    });
  });
});
