import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Definitions } from '../../lib/domain/definitions.ts';
import type { Json } from '../../lib/domain/json.ts';
import { type SimulatedTools, startSimulators } from '../../lib/local/simulators.ts';
import { openStage, type Stage } from '../../lib/local/stage.ts';
import { callStage } from '../../lib/local/stage-calls.ts';
import { loadWorkspace } from '../../lib/workspace/load.ts';
import { versioned } from '../pipeline/define/published-world.ts';
import { bundledOnce } from '../setup/bundled-once.ts';

const START = Date.parse('2026-11-20T04:00:00.000Z');
const MINUTE = 60_000;
const LIST = 'Buyers';
const tiny = { accounts: 5, contacts: 60, leads: 5, members: 120, overlap: 40 };

interface Tool {
  readonly name: string;
  readonly streams: readonly string[];
  /** Settings besides streams and webhook, as lines of YAML. */
  readonly settings: string;
  /** What somebody did who bought something. */
  readonly bought: string;
  readonly key: string;
  /** Has somebody opt out, as the person would: by the tool's own API, which no push of ours calls for that. */
  optOut(api: Api, id: string): Promise<void>;
}

type Api = (method: string, path: string, body?: object) => Promise<unknown>;

const tools: readonly Tool[] = [
  {
    name: 'hubspot',
    streams: ['companies', 'contacts', 'deals', 'email-events', 'engagements', 'form-submissions'],
    settings: 'subscriptions: { email: 8421 }',
    bought: 'Deal Won, sum: { property: revenue, gte: 1 }',
    key: 'hubspot.contact_id',
    async optOut(api, id) {
      await api('PATCH', `/crm/v3/objects/contacts/${id}`, { properties: { hs_email_optout: 'true' } });
    },
  },
  {
    name: 'klaviyo',
    streams: ['events', 'list-joins', 'profiles'],
    settings: 'metrics: { Placed Order: Order Completed }\n    event_properties: { order_id: OrderId }',
    bought: 'Order Completed, sum: { property: value, gte: 1 }',
    key: 'klaviyo.profile_id',
    async optOut(api, id) {
      const filter = encodeURIComponent(`equals(id,"${id}")`);
      const found = (await api('GET', `/api/profiles?filter=${filter}`)) as {
        data: { attributes: { email: string } }[];
      };
      const data = [{ type: 'profile', attributes: { email: found.data[0]?.attributes.email } }];
      await api('POST', '/api/profile-subscription-bulk-delete-jobs', {
        data: { type: 'profile-subscription-bulk-delete-job', attributes: { profiles: { data } } },
      });
    },
  },
];

const filesOf = ({ name, streams, settings, bought, key }: Tool) => ({
  'tributary.yaml': `
workspace: buyers
timezone: Europe/Berlin
connections:
  tool:
    connector: ${name}
    endpoint: simulator
    streams: { ${streams.map((stream) => `${stream}: nightly at 01:00`).join(', ')} }
    webhook: true
    ${settings}
guardrails: { max_add: 100%, max_remove: 50%, min_source: 50% }
`,
  'segments/buyers.yaml': `
segment: buyers
title: Bought something
when: { did: ${bought} }
`,
  'audiences/buyers-to-tool.yaml': `
audience: buyers-to-tool
segment: buyers
to: { connection: tool, list: ${LIST} }
match: [${key}, email]
mode: mirror
needs: { subscribed: email }
`,
});

describe.each(tools)('a connection to $name on the stage', (tool) => {
  let folder: string;
  let simulated: SimulatedTools;
  let stage: Stage;
  let api: Api;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), `tributary-${tool.name}-`));
    for (const [path, text] of Object.entries(filesOf(tool))) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const { definitions, problems } = await loadWorkspace(folder);
    if (definitions === undefined) throw new Error(`the workspace does not load: ${JSON.stringify(problems)}`);
    simulated = await startSimulators(definitions, new Date(START), () => new Date(stage?.now() ?? START), tiny);
    const [connection] = Object.values(definitions.connections);
    const endpoint = simulated.endpoints.tool ?? '';
    if (connection === undefined) throw new Error('the workspace has no connection');
    const workspace: Definitions = { ...definitions, connections: { tool: { ...connection, endpoint } } };
    api = openApi(endpoint, JSON.parse(simulated.secrets.tool ?? '{}') as Record<string, string>);
    stage = await openStage({
      from: { workspace, bundle: bundledOnce },
      start: START,
      port: 0,
      secrets: simulated.secrets,
      stageFileIn: folder,
    });
    await callStage(stage, 'POST', '/api/definitions', versioned(workspace) as unknown as Json);
    await simulated.openWebhooks(stage.url);
  });

  afterEach(async () => {
    await stage?.close();
    await simulated?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('pulls every stream, fills a list, and takes off who opts out', async () => {
    for (const stream of tool.streams) await callStage(stage, 'POST', '/api/pull', { connection: 'tool', stream });
    await stage.idle();
    const { runs } = (await callStage(stage, 'GET', '/api/runs')) as unknown as {
      runs: readonly { stream?: string; state: string }[];
    };
    expect(runs.filter(({ state }) => state !== 'finished')).toEqual([]);
    expect([...new Set(runs.map(({ stream }) => stream))].sort()).toEqual(tool.streams);

    await push();
    const buyers = onList();
    expect(buyers.length).toBeGreaterThan(3);
    const [leaver = ''] = buyers;

    await tool.optOut(api, leaver);
    await simulated.retryWebhooks();
    await stage.runUntil(Date.parse(stage.now()) + MINUTE);
    await push();

    expect(onList()).toEqual(buyers.filter((id) => id !== leaver));
  });

  function onList(): string[] {
    return simulated
      .listOf('tool', { list: LIST })
      .map(({ value }) => value)
      .sort();
  }

  async function push(): Promise<void> {
    await callStage(stage, 'POST', '/api/push', { audience: 'buyers-to-tool' });
    await stage.idle();
  }
});

/** Signed in as either tool wants it: each passes over the other's headers. */
function openApi(endpoint: string, secret: Readonly<Record<string, string>>): Api {
  const authorization =
    secret.private_key === undefined ? `Bearer ${secret.access_token}` : `Klaviyo-API-Key ${secret.private_key}`;
  const headers = { authorization, revision: '2026-07-15', 'content-type': 'application/json' };
  return async (method, path, body) => {
    const answer = await fetch(`${endpoint}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
    const text = await answer.text();
    return text === '' ? undefined : JSON.parse(text);
  };
}
