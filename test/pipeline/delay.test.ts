import { expect, it } from 'vitest';
import { functions } from '../../lib/infra/functions.ts';
import { SCAN_DELAY_SECONDS } from '../../lib/pipeline/define/switch-definitions.ts';
import {
  AFTER_EVERY_READER_SECONDS,
  AFTER_EVERY_STEP_SECONDS,
  AFTER_EVERY_WRITER_SECONDS,
} from '../../lib/pipeline/delay.ts';

it('what waits for every writer comes after an invocation that read just before has ended', () => {
  const writes = functions['resolve-profile'].timeoutSeconds;
  expect(AFTER_EVERY_WRITER_SECONDS).toBeGreaterThan(writes);
  // The scan is asked for before the pointer of definitions moves.
  expect(SCAN_DELAY_SECONDS).toBeGreaterThan(functions.api.timeoutSeconds + writes);
});

it('the second look of an erasure comes after a step of a job that knew the person has ended', () => {
  expect(AFTER_EVERY_STEP_SECONDS).toBeGreaterThan(functions['run-job'].timeoutSeconds);
  expect(AFTER_EVERY_STEP_SECONDS).toBeGreaterThanOrEqual(AFTER_EVERY_WRITER_SECONDS);
});

it('a replay begins to read after every pull that did not see it has ended', () => {
  expect(AFTER_EVERY_READER_SECONDS).toBeGreaterThan(functions['sync-stream'].timeoutSeconds);
});
