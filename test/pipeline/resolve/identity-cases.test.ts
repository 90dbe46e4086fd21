import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defaultIdentityRules } from '../../../cli/identity-rules.ts';
import { canonicalText } from '../../../lib/domain/canonical.ts';
import type { Change } from '../../../lib/domain/change.ts';
import { compileDefinitions } from '../../../lib/domain/decide.ts';
import { parseChange } from '../../../lib/domain/parse-change.ts';
import { openOfflineResolver } from '../../../lib/domain/resolve-offline.ts';
import { deliver, recordsIn } from '../delivering.ts';
import { openMemoryStores } from '../memory-stores.ts';
import { definitions } from '../world.ts';

const folder = new URL('../../fixtures/identity/', import.meta.url);
const cases = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const identity = defaultIdentityRules();
const compiled = compileDefinitions({ ...definitions, identity });

function linesOf(name: string, file: string): string[] {
  return readFileSync(new URL(`${name}/${file}`, folder), 'utf8')
    .trimEnd()
    .split('\n');
}

function changesOf(name: string): Change[] {
  return linesOf(name, 'changes.ndjson').map((line) => {
    const parsed = parseChange(JSON.parse(line));
    if (!parsed.ok) throw new Error(`${name}: ${parsed.reason}`);
    return parsed.change;
  });
}

describe('the worked cases of identity', () => {
  it.each(cases.map(({ name }) => name))('%s', async (name) => {
    const changes = changesOf(name);
    const resolver = openOfflineResolver(identity);
    for (const change of changes) resolver.add(change);
    const stores = openMemoryStores();
    for (const change of [...changes].reverse()) await deliver(stores, [[change]], { compiled: async () => compiled });

    const people = [...resolver.people()];

    expect(people.map(canonicalText)).toEqual(linesOf(name, 'people.ndjson'));
    expect(recordsIn(stores)).toEqual(people.map(({ fragments }) => [...fragments]).sort());
  });

  it('are more than twenty', () => {
    expect(cases.length).toBeGreaterThanOrEqual(20);
  });
});
