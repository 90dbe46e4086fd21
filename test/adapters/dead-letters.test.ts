import type { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { openDeadLetters } from '../../lib/adapters/sqs/dead-letters.ts';

describe('openDeadLetters', () => {
  it('shows ten thousand letters again by twenty requests at a time, each letter once', async () => {
    const shown: string[] = [];
    let underWay = 0;
    let most = 0;
    const send = async ({ input }: { input: { Entries: readonly { ReceiptHandle: string }[] } }) => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      shown.push(...input.Entries.map(({ ReceiptHandle }) => ReceiptHandle));
      underWay -= 1;
    };
    const letters = Array.from({ length: 10_004 }, (_, n) => ({ handle: `m${n}` }));

    await openDeadLetters({ send } as unknown as SQSClient, 'https://sqs.example.test/dead').release(letters);

    expect(most).toBe(20);
    expect(shown.sort()).toEqual(letters.map(({ handle }) => handle).sort());
  });
});
