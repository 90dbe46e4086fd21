import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openStage, type Stage } from '../../lib/local/stage.ts';
import { partnerBus, synthesiseTiny } from '../infra/tiny-workspace.ts';

const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

/** Answers requests with the function's id, and prints what it is sent. */
function countingCode(id: string): string {
  return `export const handler = async ({ Records }) => {
    if (Records === undefined) return { statusCode: 200, body: '${id}' };
    for (const { body } of Records) console.log(body);
  };`;
}

it('runs everything in the synthesised template of a workspace', async () => {
  const assembly = await synthesiseTiny();
  ending.push(assembly.close);
  for (const [id, dir] of Object.entries(assembly.codeDirs)) writeFileSync(join(dir, 'index.mjs'), countingCode(id));
  const stageFileIn = mkdtempSync(join(tmpdir(), 'stage-file-'));
  ending.push(() => rmSync(stageFileIn, { recursive: true }));
  const start = Date.parse('2031-05-01T12:00:00Z');

  const stage: Stage = await openStage({
    from: { assembly },
    start,
    port: 0,
    stageFileIn,
    environment: {},
  });
  ending.push(stage.close);
  await stage.runUntil(start + 24 * 3_600_000);

  const get = async (path: string, headers: Record<string, string> = {}): Promise<[number, string]> => {
    const answer = await fetch(`${stage.url}${path}`, { headers });
    return [answer.status, await answer.text()];
  };
  expect(await get('/webhooks/newsletter')).toEqual([200, 'ReceiveWebhookFunction']);
  expect(await get('/api/runs')).toEqual([403, '{"message":"Forbidden"}']);
  expect(await get('/api/runs', { authorization: `Bearer ${stage.token}` })).toEqual([200, 'ApiFunction']);
  expect(await get('/')).toEqual([200, 'ApiFunction']);
  const told = { source: partnerBus, detailType: 'ContactChangeEvent', detail: { payload: {} } };
  await stage.putEvent(told);
  await expect(stage.putEvent({ ...told, source: 'aws.partner/elsewhere' })).rejects.toMatchObject({
    code: 'stage/no-such-bus',
  });
  await stage.idle();
  const pulls = stage.logs('sync-stream').map((line) => JSON.parse(line) as { stream: string; scheduledAt: string });
  expect(pulls.at(-1)).toMatchObject({
    source: partnerBus,
    'detail-type': 'ContactChangeEvent',
    detail: { payload: {} },
  });
  expect(pulls.filter(({ stream }) => stream === 'contacts')).toHaveLength(97);
  expect(pulls.filter(({ stream }) => stream === 'activity')).toEqual([
    { connection: 'newsletter', stream: 'activity', scheduledAt: '2031-05-01T23:00:00Z' },
  ]);
  expect([...stage.logs('activate-audience')].sort()).toEqual([
    '{"audience":"lapsing","scheduledAt":"2031-05-02T00:00:00Z"}',
    '{"audience":"live","scheduledAt":"2031-05-02T02:00:00Z"}',
    '{"verify":"lapsing","scheduledAt":"2031-05-02T03:00:00Z"}',
  ]);
  expect(Object.values(await stage.queueDepths()).every(({ ready, hidden }) => ready + hidden === 0)).toBe(true);
  expect([stage.refusals, stage.troubles, stage.failures]).toEqual([[], [], []]);
});
