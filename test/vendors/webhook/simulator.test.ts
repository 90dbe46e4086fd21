import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from './server.ts';

const now = new Date('2026-11-21T08:00:00Z');
let endpoint: Receiver;

beforeEach(async () => {
  endpoint = await startReceiver({ now: () => now });
  endpoint.lists.know('ann@example.com');
});

afterEach(() => endpoint.close());

async function send(given: {
  readonly id?: string;
  readonly op?: string;
  readonly forged?: boolean;
  readonly at?: number;
}) {
  const { id = 'm1', op = 'add', forged = false, at = now.getTime() / 1_000 } = given;
  const members = [{ id: 'p1', keys: [{ type: 'email', value: 'ann@example.com' }] }];
  const body = JSON.stringify({ type: 'audience.members', data: { list: 'L', op, members } });
  const key = forged ? 'another key' : Buffer.from(endpoint.secret.signing_secret, 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64');
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': `v1,${signature}` };
  const answer = await fetch(endpoint.url, { method: 'POST', headers, body });
  return { status: answer.status, text: await answer.text() };
}

describe('the simulated endpoint', () => {
  it('takes nothing that is forged or old', async () => {
    const late = now.getTime() / 1_000 - 301;

    expect([(await send({ forged: true })).status, (await send({ at: late })).status]).toEqual([401, 401]);
    expect(endpoint.lists.on()).toEqual([]);
  });

  it('answers a message that comes twice as it did before, and another by how things stand', async () => {
    const applied = { status: 200, text: '{"outcomes":[{"id":"p1","status":"applied"}]}' };

    expect([await send({}), await send({})]).toEqual([applied, applied]);
    expect((await send({ id: 'm2' })).text).toContain('unchanged');
    expect((await send({ id: 'm3', op: 'remove' })).text).toContain('applied');
    expect(endpoint.lists.on('L')).toEqual([]);
  });

  it('remembers no answer that asks to be asked again', async () => {
    endpoint.lists.answerNext([{ id: 'p1', status: 'retry', code: 'queue_full' }]);

    expect((await send({})).text).toContain('queue_full');
    expect((await send({})).text).toContain('unchanged');
  });
});
