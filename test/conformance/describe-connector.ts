import { describe, it } from 'vitest';
import type { Check } from './rig.ts';
import type { Scenario } from './scenario.ts';

/** Declares checks of one connector, by area. */
export function describeChecks(scenario: Scenario, areas: ReadonlyMap<string, readonly Check[]>): void {
  describe(scenario.connector.manifest.id, () => {
    for (const [area, checks] of areas) {
      describe(area, () => {
        // Not lost: the checks hold the assertions, and a check that throws fails.
        for (const { name, run } of checks) it(name, () => run((text) => console.warn(text)));
      });
    }
  });
}
