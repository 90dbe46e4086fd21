import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Definitions } from '../../lib/domain/definitions.ts';
import { type SimulatedTools, startSimulators } from '../../lib/local/simulators.ts';
import { openStage, type Stage } from '../../lib/local/stage.ts';
import { loadWorkspace } from '../../lib/workspace/load.ts';
import { versioned } from '../pipeline/define/published-world.ts';
import { bundledOnce } from '../setup/bundled-once.ts';

const START = Date.parse('2026-11-20T04:00:00.000Z');
const MINUTE = 60_000;
const LIST = 'Buyers';
const STREAMS = ['events', 'list-joins', 'profiles'];
const tiny = { accounts: 5, contacts: 60, leads: 5, members: 120, overlap: 40 };

const files = {
  'tributary.yaml': `
workspace: shop
timezone: Europe/Berlin
connections:
  shop:
    connector: klaviyo
    endpoint: simulator
    streams: { ${STREAMS.map((name) => `${name}: nightly at 01:00`).join(', ')} }
    webhook: true
    metrics: { Placed Order: Order Completed }
    event_properties: { order_id: OrderId }
guardrails: { max_add: 100%, max_remove: 50%, min_source: 50% }
`,
  'segments/buyers.yaml': `
segment: buyers
title: Bought something
when: { did: Order Completed, sum: { property: value, gte: 1 } }
`,
  'audiences/buyers-to-shop.yaml': `
audience: buyers-to-shop
segment: buyers
to: { connection: shop, list: ${LIST} }
match: [klaviyo.profile_id, email]
mode: mirror
needs: { subscribed: email }
`,
};

let folder: string;
let tools: SimulatedTools;
let stage: Stage;
let endpoint: string;
let key: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-klaviyo-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const { definitions, problems } = await loadWorkspace(folder);
  if (definitions === undefined) throw new Error(`the workspace does not load: ${JSON.stringify(problems)}`);
  tools = await startSimulators(definitions, new Date(START), () => new Date(stage?.now() ?? START), tiny);
  endpoint = tools.endpoints.shop ?? '';
  key = (JSON.parse(tools.secrets.shop ?? '{}') as { private_key: string }).private_key;
  const shop = definitions.connections.shop;
  if (shop === undefined) throw new Error('the workspace has no connection shop');
  const workspace: Definitions = { ...definitions, connections: { shop: { ...shop, endpoint } } };
  stage = await openStage({
    from: { workspace, bundle: bundledOnce },
    start: START,
    port: 0,
    secrets: tools.secrets,
    stageFileIn: folder,
  });
  await call('POST', '/api/definitions', versioned(workspace));
  await tools.openWebhooks(stage.url);
});

afterAll(async () => {
  await stage?.close();
  await tools?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a connection to Klaviyo on the stage', () => {
  it('pulls every stream, fills a list, and takes off who opts out', async () => {
    for (const stream of STREAMS) await call('POST', '/api/pull', { connection: 'shop', stream });
    await stage.idle();
    const runs = (await call('GET', '/api/runs')) as readonly { stream?: string; state: string }[];
    expect(runs.filter(({ state }) => state !== 'finished')).toEqual([]);
    expect([...new Set(runs.map(({ stream }) => stream))].sort()).toEqual(STREAMS);

    await push();
    const buyers = onList();
    expect(buyers.length).toBeGreaterThan(3);
    const [leaver = ''] = buyers;

    await unsubscribe(leaver);
    await tools.retryWebhooks();
    await stage.runUntil(Date.parse(stage.now()) + MINUTE);
    await push();

    expect(onList()).toEqual(buyers.filter((id) => id !== leaver));
  });
});

function onList(): string[] {
  return tools
    .listOf('shop', { list: LIST })
    .map(({ value }) => value)
    .sort();
}

async function push(): Promise<void> {
  await call('POST', '/api/push', { audience: 'buyers-to-shop' });
  await stage.idle();
}

/** As the person themselves would, through Klaviyo's own call, which no connector of ours makes. */
async function unsubscribe(profile: string): Promise<void> {
  const found = (await klaviyo('GET', `/api/profiles?filter=${encodeURIComponent(`equals(id,"${profile}")`)}`)) as {
    data: { attributes: { email: string } }[];
  };
  const data = [{ type: 'profile', attributes: { email: found.data[0]?.attributes.email } }];
  const attributes = { profiles: { data } };
  await klaviyo('POST', '/api/profile-subscription-bulk-delete-jobs', {
    data: { type: 'profile-subscription-bulk-delete-job', attributes },
  });
}

async function klaviyo(method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${endpoint}${path}`, {
    method,
    headers: { authorization: `Klaviyo-API-Key ${key}`, revision: '2026-07-15', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  const text = await answer.text();
  return text === '' ? undefined : JSON.parse(text);
}

async function call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${stage.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${stage.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`);
  return answer.json();
}
