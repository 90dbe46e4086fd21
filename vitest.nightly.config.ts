import { defineConfig } from 'vitest/config';

/** What takes minutes: long rehearsals, large worlds. Run by `npm run test:nightly`. */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 1,
    globalSetup: ['test/setup/own-folder.ts', 'test/setup/bundle-functions.ts'],
    testTimeout: 1_800_000,
    hookTimeout: 300_000,
    setupFiles: ['test/setup/loopback-only.ts'],
    reporters: ['default'],
    include: ['test/**/*.nightly.test.ts'],
  },
});
