import { describe, it } from 'vitest';
import { behaviourChecks } from './behaviour.ts';
import { folderChecks } from './check-folder.ts';
import type { Scenario } from './scenario.ts';

/** Declares the whole conformance suite for one connector. */
export function describeConnector(scenario: Scenario): void {
  describe(scenario.connector.manifest.id, () => {
    for (const [area, checks] of new Map([['folder', folderChecks(scenario)], ...behaviourChecks(scenario)])) {
      describe(area, () => {
        // Not lost: the checks hold the assertions, and a check that throws fails.
        for (const { name, run } of checks) it(name, () => run((text) => console.warn(text)));
      });
    }
  });
}
