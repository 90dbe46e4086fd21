import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConnectors } from '../../lib/connectors/define.ts';
import { connectors } from '../../lib/connectors/registry.ts';
import { behaviourChecks } from './behaviour.ts';
import { folderChecks } from './check-folder.ts';
import { describeChecks } from './describe-connector.ts';
import { hasScenario, registeredScenarios } from './registered.ts';

const folder = fileURLToPath(new URL('../../lib/connectors/', import.meta.url));

describe('connectors', () => {
  it('are the folders of lib/connectors, in alphabetical order', () => {
    const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());

    expect(Object.keys(connectors)).toEqual(folders.map(({ name }) => name).sort());
  });

  it('go by the id of their manifest', async () => {
    const loaded = await loadConnectors(connectors);

    expect(Object.values(loaded).map(({ manifest }) => manifest.id)).toEqual(Object.keys(connectors));
  });

  it.each(Object.keys(connectors))('%s has a scenario in test/vendors', (id) => {
    expect(hasScenario(id)).toBe(true);
  });
});

for (const scenario of await registeredScenarios()) {
  describeChecks(scenario, new Map([['folder', folderChecks(scenario)], ...behaviourChecks(scenario)]));
}
