import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { loadConnectors } from '../../lib/connectors/define.ts';
import { connectors as registry } from '../../lib/connectors/registry.ts';
import type { Change } from '../../lib/domain/change.ts';
import type { Definitions } from '../../lib/domain/definitions.ts';
import { synthesise } from '../../lib/infra/synthesise.ts';
import { openExchange } from '../../lib/local/engines/exchange.ts';
import { openStage, type Stage } from '../../lib/local/stage.ts';
import type { LateDay } from '../../lib/pipeline/resolve/lateness.ts';
import { readWorkspace } from '../../lib/workspace/load.ts';
import { bundledOnce } from '../setup/bundled-once.ts';

const connectors = await loadConnectors(registry);

const PEOPLE = 1_500;
const CHANGES_IN_MESSAGE = 250;
const start = Date.parse('2031-05-01T12:00:00Z');
/** The end of the third day in Berlin: everybody's window closes at this one midnight. */
const midnight = Date.parse('2031-05-03T22:00:00Z');
const files = [
  { file: 'tributary.yaml', bytes: Buffer.from('workspace: pile\ntimezone: Europe/Berlin\nconnections: {}\n') },
  {
    file: 'segments/buyers.yaml',
    bytes: Buffer.from('segment: buyers\nwhen: { did: Order Completed, within: 3 days, calendar: true }\n'),
  },
];

const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

it('lets everybody whose window closes at one midnight out within 90 seconds of it', async () => {
  const { definitions, problems } = readWorkspace(files, connectors);
  if (definitions === undefined) throw new Error(JSON.stringify(problems));
  const stage = await openPileStage(definitions);
  await sendPeople(stage);
  await stage.idle();
  expect(await ask(stage, '/api/segments')).toMatchObject({ segments: [{ segment: 'buyers', members: PEOPLE }] });

  await stage.runUntil(midnight + 20 * 60_000);
  await stage.idle();

  expect(await ask(stage, '/api/segments')).toMatchObject({ segments: [{ segment: 'buyers', members: 0 }] });
  const days = (await ask(stage, '/api/lateness')) as LateDay[];
  expect(days).toMatchObject([{ day: '2031-05-03', flips: PEOPLE, promised: 90 }]);
  expect(days[0]?.p99).toBeLessThanOrEqual(90);
  const told = stage.logs('resolve-profile').filter((line) => line.includes('Pipeline/resolve/lateness'));
  expect(told.length).toBeGreaterThan(0);
});

async function openPileStage(workspace: Definitions): Promise<Stage> {
  const outdir = await mkdtemp(join(tmpdir(), 'tributary-pile-'));
  ending.push(() => rmSync(outdir, { recursive: true, force: true }));
  const assembly = await synthesise({ workspace, outdir, bundle: bundledOnce });
  const stage = await openStage({ from: { assembly }, start, port: 0, stageFileIn: outdir });
  ending.push(stage.close);
  const headers = { authorization: `Bearer ${stage.token}`, 'content-type': 'application/json' };
  const body = JSON.stringify(workspace);
  const answer = await fetch(`${stage.url}/api/definitions`, { method: 'POST', headers, body });
  expect(answer.status).toBeLessThan(300);
  return stage;
}

/** Everybody ordered once, at a time of their own on the first day. */
async function sendPeople(stage: Stage): Promise<void> {
  const url = String(stage.resolve('CHANGES_QUEUE_URL'));
  const exchange = openExchange(new URL(url).origin);
  const changes = Array.from({ length: PEOPLE }, (_, number): Change => {
    const at = new Date(start - number * 1_000).toISOString();
    return { kind: 'activity', fragment: `shop:customer:${number}`, at, id: `o${number}`, name: 'Order Completed' };
  });
  for (let from = 0; from < PEOPLE; from += CHANGES_IN_MESSAGE) {
    const body = { connection: 'shop', changes: changes.slice(from, from + CHANGES_IN_MESSAGE) };
    await exchange.call('AmazonSQS.SendMessage', { QueueUrl: url, MessageBody: JSON.stringify(body) });
  }
  exchange.close();
}

async function ask(stage: Stage, path: string): Promise<unknown> {
  const answer = await fetch(`${stage.url}${path}`, { headers: { authorization: `Bearer ${stage.token}` } });
  return answer.json();
}
