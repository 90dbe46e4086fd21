import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/setup/longest-first.ts';

const nightly = 'test/**/*.nightly.test.ts';
const integration = 'test/**/*.integration.test.ts';

/**
 * `unit` needs nothing but Node; `integration` starts Java and child processes, which wait for each other half of the time,
 * and runs after the others. What takes minutes is in vitest.nightly.config.ts.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A poll ends as soon as it holds; the limit is for machines that are busy with something else.
    expect: { poll: { timeout: 15_000 } },
    setupFiles: ['test/setup/loopback-only.ts'],
    reporters: ['default'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [integration, nightly],
          globalSetup: ['test/setup/own-folder.ts'],
          // Files share their worker's modules, which take longer to load than most tests: none may leave anything behind.
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [integration],
          globalSetup: ['test/setup/own-folder.ts', 'test/setup/bundle-functions.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
