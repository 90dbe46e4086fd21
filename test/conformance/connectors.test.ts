import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { connectors } from '../../lib/connectors/registry.ts';
import { describeConnector } from './describe-connector.ts';
import { loadScenario, scenarioFile } from './load-scenario.ts';

const folder = fileURLToPath(new URL('../../lib/connectors/', import.meta.url));

describe('connectors', () => {
  it('are the folders of lib/connectors, in alphabetical order', () => {
    const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());

    expect(Object.keys(connectors)).toEqual(folders.map(({ name }) => name).sort());
  });

  it('go by the id of their manifest', () => {
    expect(Object.values(connectors).map(({ manifest }) => manifest.id)).toEqual(Object.keys(connectors));
  });

  it.each(Object.keys(connectors))('%s has a scenario in test/vendors', (id) => {
    expect(existsSync(scenarioFile(id))).toBe(true);
  });
});

for (const id of Object.keys(connectors)) {
  if (existsSync(scenarioFile(id))) describeConnector(await loadScenario(id));
}
