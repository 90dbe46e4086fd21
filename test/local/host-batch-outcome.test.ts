import { describe, expect, it } from 'vitest';
import { readBatchOutcome } from '../../lib/local/host/batch-outcome.ts';

const ids = ['a', 'b', 'c'];
const allDone = { done: ids, kept: [] };
const allKept = { done: [], kept: ids };

function answering(payload: string) {
  return { ok: true, requestId: '1', payload } as const;
}

const broken = {
  ok: false,
  requestId: '1',
  failure: { kind: 'error', errorType: 'Error', errorMessage: 'no', trace: [] },
} as const;

describe('readBatchOutcome', () => {
  it.each([
    ['null', allDone],
    ['{}', allDone],
    ['{"batchItemFailures":[]}', allDone],
    ['{"batchItemFailures":null}', allDone],
    ['{"batchItemFailures":[{"itemIdentifier":"b"}]}', { done: ['a', 'c'], kept: ['b'] }],
    ['{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"b"}]}', { done: ['a', 'c'], kept: ['b'] }],
    ['"done"', allKept],
    ['[]', allKept],
    ['{"batchItemFailures":"b"}', allKept],
    ['{"batchItemFailures":[{"itemIdentifier":""}]}', allKept],
    ['{"batchItemFailures":[{"itemIdentifier":null}]}', allKept],
    ['{"batchItemFailures":[{"messageId":"b"}]}', allKept],
    ['{"batchItemFailures":[{"itemIdentifier":"a stranger"}]}', allKept],
  ])('reads %s', (payload, expected) => {
    expect(readBatchOutcome(ids, answering(payload), true)).toEqual(expected);
  });

  it('takes any answer for done without partial responses', () => {
    expect(readBatchOutcome(ids, answering('{"batchItemFailures":[{"itemIdentifier":"b"}]}'), false)).toEqual(allDone);
  });

  it('keeps the whole batch when the function failed', () => {
    expect(readBatchOutcome(ids, broken, true)).toEqual(allKept);
    expect(readBatchOutcome(ids, broken, false)).toEqual(allKept);
  });
});
