import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { connectors } from '../../lib/connectors/registry.ts';
import type { Check } from './rig.ts';
import type { Scenario } from './scenario.ts';

const EIGHTEEN_MONTHS = 548 * 86_400_000;

/** Manifest, folder and registry say the same, and the limits say where they were read. */
export function folderChecks({ connector }: Scenario): readonly Check[] {
  const { manifest } = connector;
  const folder = fileURLToPath(new URL(`../../lib/connectors/${manifest.id}/`, import.meta.url));
  return [
    {
      name: 'is registered under the name of its folder and of its manifest',
      async run() {
        expect(existsSync(folder), `no folder lib/connectors/${manifest.id}`).toBe(true);
        expect(await connectors[manifest.id]?.(), `registry.ts has no ${manifest.id}`).toBe(connector);
      },
    },
    {
      name: 'has the same file names as every connector, and a file for each facet',
      async run() {
        const files = readdirSync(folder);

        const always = ['README.md', 'config.ts', 'index.ts', 'manifest.ts'];
        // Who speaks to nobody has no client, and nobody's failures to sort.
        const wanted = manifest.signsIn === false ? always : [...always, 'client.ts', 'errors.ts'];
        const streams = files
          .filter((file) => file.endsWith('.stream.ts'))
          .map((file) => file.replace('.stream.ts', ''));
        expect(wanted.filter((file) => !files.includes(file))).toEqual([]);
        expect(streams.sort()).toEqual(connector.streams.map(({ name }) => name).sort());
        expect(files.includes('mapping.ts')).toBe(connector.imports !== undefined);
        expect(files.includes('webhook.ts')).toBe(connector.webhook !== undefined);
        expect(files.includes('events.ts')).toBe(connector.events !== undefined);
        expect(files.includes('audiences.ts')).toBe(connector.audiences !== undefined);
        expect(files.includes('field-values.ts')).toBe(connector.fieldValues !== undefined);
        expect(files.includes('truth.ts')).toBe(connector.audiences?.truth !== undefined);
        expect(files.includes('echoes.ts')).toBe(connector.echoes !== undefined);
      },
    },
    {
      name: 'has limits with evidence, and says so when the evidence is old',
      async run(warn) {
        const { maxConcurrency, maxRequestsPerSecond = 1, evidence } = manifest.limits;

        const readOn = Date.parse(evidence.readOn);
        expect(maxConcurrency).toBeGreaterThan(0);
        expect(maxRequestsPerSecond).toBeGreaterThan(0);
        const file = `lib/connectors/${manifest.id}/manifest.ts`;
        expect(evidence.source, `${file}: name the public document that states the limits`).not.toBe('');
        expect(evidence.readOn).toMatch(/^\d{4}-\d{2}-\d{2}$/);
        expect(readOn, 'the evidence was read on a day that exists').not.toBeNaN();
        const today = Date.now();
        if (today - readOn > EIGHTEEN_MONTHS) {
          warn(`${manifest.id}: limits were read on ${evidence.readOn}; read ${evidence.source} again`);
        }
      },
    },
  ];
}
