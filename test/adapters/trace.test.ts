import { describe, expect, it } from 'vitest';
import { type BatchEntry, queueInBatches } from '../../lib/adapters/sqs/batches.ts';
import { openTraceId } from '../../lib/adapters/trace.ts';

const HEADER = 'Root=1-6924a1f0-5f1e9c0a8d7b4c3e2f1a0b9c;Parent=53995c3f42cd8ad8;Sampled=1';

async function sentIn(env: Readonly<Record<string, string>>): Promise<readonly BatchEntry[]> {
  const sent: BatchEntry[] = [];
  const queue = queueInBatches(async (entries) => {
    sent.push(...entries);
    return [];
  }, env);
  await queue.send([{ body: { n: 1 } }, { body: { n: 2 }, delaySeconds: 15 }]);
  return sent;
}

describe('a message', () => {
  it('bears the trace of the invocation that sends it, as the attribute that X-Ray links by', async () => {
    const sent = await sentIn({ _X_AMZN_TRACE_ID: HEADER });

    const trace = { AWSTraceHeader: { DataType: 'String', StringValue: HEADER } };
    expect(sent).toMatchObject([
      { MessageBody: '{"n":1}', MessageSystemAttributes: trace },
      { MessageBody: '{"n":2}', DelaySeconds: 15, MessageSystemAttributes: trace },
    ]);
  });

  it('bears none where there is none', async () => {
    expect((await sentIn({})).filter((entry) => 'MessageSystemAttributes' in entry)).toEqual([]);
  });
});

describe('openTraceId', () => {
  it('is the root of the invocation under way, whichever that is by then', () => {
    const env: Record<string, string> = { _X_AMZN_TRACE_ID: HEADER };
    const traceId = openTraceId(env);

    expect(traceId()).toBe('1-6924a1f0-5f1e9c0a8d7b4c3e2f1a0b9c');
    env._X_AMZN_TRACE_ID = 'Parent=53995c3f42cd8ad8;Root=1-6924a1f1-000000000000000000000000';
    expect(traceId()).toBe('1-6924a1f1-000000000000000000000000');
    delete env._X_AMZN_TRACE_ID;
    expect(traceId()).toBeUndefined();
  });
});
