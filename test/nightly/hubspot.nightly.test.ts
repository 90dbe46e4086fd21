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
const STREAMS = ['companies', 'contacts', 'deals', 'email-events', 'engagements', 'form-submissions'];
const tiny = { accounts: 5, contacts: 60, leads: 5, members: 30, overlap: 20 };

const files = {
  'tributary.yaml': `
workspace: hub
timezone: Europe/Berlin
connections:
  crm:
    connector: hubspot
    endpoint: simulator
    streams: { ${STREAMS.map((name) => `${name}: nightly at 01:00`).join(', ')} }
    webhook: true
    subscriptions: { email: 8421 }
guardrails: { max_add: 100%, max_remove: 50%, min_source: 50% }
`,
  'segments/buyers.yaml': `
segment: buyers
title: Bought something
when: { did: Deal Won, sum: { property: revenue, gte: 1 } }
`,
  'audiences/buyers-to-crm.yaml': `
audience: buyers-to-crm
segment: buyers
to: { connection: crm, list: ${LIST} }
match: [hubspot.contact_id, email]
mode: mirror
needs: { subscribed: email }
`,
};

let folder: string;
let tools: SimulatedTools;
let stage: Stage;
let endpoint: string;
let token: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-hubspot-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const { definitions, problems } = await loadWorkspace(folder);
  if (definitions === undefined) throw new Error(`the workspace does not load: ${JSON.stringify(problems)}`);
  tools = await startSimulators(definitions, new Date(START), () => new Date(stage?.now() ?? START), tiny);
  endpoint = tools.endpoints.crm ?? '';
  token = (JSON.parse(tools.secrets.crm ?? '{}') as { access_token: string }).access_token;
  const crm = definitions.connections.crm;
  if (crm === undefined) throw new Error('the workspace has no connection crm');
  const workspace: Definitions = { ...definitions, connections: { crm: { ...crm, endpoint } } };
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

describe('a connection to HubSpot on the stage', () => {
  it('pulls every stream, fills a list, and takes off who opts out', async () => {
    for (const stream of STREAMS) await call('POST', '/api/pull', { connection: 'crm', stream });
    await stage.idle();
    const runs = (await call('GET', '/api/runs')) as readonly { stream?: string; state: string }[];
    expect(runs.filter(({ state }) => state !== 'finished')).toEqual([]);
    expect([...new Set(runs.map(({ stream }) => stream))].sort()).toEqual(STREAMS);

    await push();
    const buyers = onList();
    expect(buyers.length).toBeGreaterThan(3);
    const [leaver = ''] = buyers;

    await hubspot('PATCH', `/crm/v3/objects/contacts/${leaver}`, { properties: { hs_email_optout: 'true' } });
    await tools.retryWebhooks();
    await stage.runUntil(Date.parse(stage.now()) + MINUTE);
    await push();

    expect(onList()).toEqual(buyers.filter((id) => id !== leaver));
  });
});

function onList(): string[] {
  return tools
    .listOf('crm', { list: LIST })
    .map(({ value }) => value)
    .sort();
}

async function push(): Promise<void> {
  await call('POST', '/api/push', { audience: 'buyers-to-crm' });
  await stage.idle();
}

async function hubspot(method: string, path: string, body: object): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${endpoint}${path}`, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
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
