import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Definitions } from '../../lib/domain/definitions.ts';
import type { Json } from '../../lib/domain/json.ts';
import { openExchange } from '../../lib/local/engines/exchange.ts';
import { openStage, type Stage } from '../../lib/local/stage.ts';
import { callStage } from '../../lib/local/stage-calls.ts';
import { openRoad, type Road, type Trouble } from '../conformance/troubled-road.ts';
import { bundledOnce } from '../setup/bundled-once.ts';
import { type FormTool, startFormTool } from '../vendors/forms/server.ts';
import { type HubspotSimulator, startHubspot } from '../vendors/hubspot/server.ts';
import { type Mailchimp, startMailchimp } from '../vendors/mailchimp/simulator.ts';
import type { Random } from '../vendors/world/random.ts';
import type { RoadFault } from './fault-kinds.ts';
import { NEWS, SHOP, stormWorkspace } from './storm-workspace.ts';

const START = Date.parse('2026-11-20T09:00:00.000Z');
const FORM = 'lT4Z3j';
/** The share of a tool's answers that meets a trouble of the road, while there are any. */
const ROAD_RATE = 0.15;
const SLOW_MS = 150;

/** One stage with its tools, on which many seeds are played one after the other, each with people of its own. */
export interface Storm {
  readonly stage: Stage;
  readonly definitions: Definitions;
  readonly crm: HubspotSimulator;
  readonly news: Mailchimp;
  readonly voices: FormTool;
  readonly shop: Mailchimp;
  /** Connection → where its tool is, past the road, and what signs in there. */
  readonly tools: Readonly<Record<string, { readonly url: string; readonly secret: unknown }>>;
  now(): number;
  call(method: 'GET' | 'POST', path: string, body?: Json): Promise<Json>;
  /** Troubles on every road to a tool; none = the roads are clear. */
  trouble(faults: readonly RoadFault[], random: Random): void;
  /** How often each trouble has struck. */
  readonly troubled: Readonly<Record<RoadFault, number>>;
  /** Puts a text into a queue, named by its variable, as anybody with the right could. */
  send(queue: string, text: string): Promise<void>;
  /** Messages of a dead-letter queue, by the logical id of its queue: their texts, and how to delete them. */
  deadLetters(queue: string): Promise<readonly { readonly text: string; remove(): Promise<void> }[]>;
  close(): Promise<void>;
}

export async function openStorm(): Promise<Storm> {
  let stage: Stage | undefined;
  const now = () => new Date(stage?.now() ?? START);
  const [crm, news, shop, voices] = await Promise.all([
    startHubspot({ now, indexLagMs: 0 }),
    startMailchimp({ now }),
    startMailchimp({ now }),
    startFormTool({ now, form: FORM }),
  ]);
  news.addList({ id: NEWS });
  shop.addList({ id: SHOP });
  const mailchimpSecret = ({ apiKey }: Mailchimp) => ({ api_key: apiKey, webhook_secret: 'w'.repeat(24) });
  const tools = {
    crm: { url: crm.url, secret: crm.secret },
    news: { url: news.url, secret: mailchimpSecret(news) },
    voices: { url: voices.url, secret: voices.secret },
    shop: { url: shop.url, secret: mailchimpSecret(shop) },
  };
  const troubled: Record<RoadFault, number> = { 'too-many': 0, error: 0, slow: 0, cut: 0, reset: 0 };
  let meets = (): Trouble | undefined => undefined;
  const roads: [string, Road][] = [];
  for (const [name, { url }] of Object.entries(tools)) roads.push([name, await openRoad(url, () => meets())]);
  const definitions = stormWorkspace(Object.fromEntries(roads.map(([name, { url }]) => [name, url])));
  const folder = mkdtempSync(join(tmpdir(), 'tributary-storm-'));
  async function close(): Promise<void> {
    await stage?.close();
    await Promise.all([
      ...roads.map(([, road]) => road.close()),
      crm.close(),
      news.close(),
      shop.close(),
      voices.close(),
    ]);
    rmSync(folder, { recursive: true, force: true });
  }
  try {
    const on = await openStage({
      from: { workspace: definitions, bundle: bundledOnce },
      start: START,
      port: 0,
      secrets: Object.fromEntries(Object.entries(tools).map(([name, { secret }]) => [name, JSON.stringify(secret)])),
      stageFileIn: folder,
    });
    stage = on;
    const call = (method: 'GET' | 'POST', path: string, body?: Json) => callStage(on, method, path, body);
    await call('POST', '/api/definitions', definitions as unknown as Json);
    await news.addWebhook(NEWS, `${on.url}/webhooks/news?secret=${tools.news.secret.webhook_secret}`);
    voices.sender.subscribe(`${on.url}/webhooks/voices`);
    const exchange = openExchange(on.aws);
    return {
      ...{ stage: on, definitions, crm, news, voices, shop, tools, call, troubled },
      now: () => now().getTime(),
      trouble(faults, random) {
        meets = () => {
          if (faults.length === 0 || !random.chance(ROAD_RATE)) return undefined;
          const fault = random.pick(faults);
          troubled[fault] += 1;
          return troubleOf(fault, random);
        };
      },
      async send(queue, text) {
        await exchange.call('AmazonSQS.SendMessage', { QueueUrl: String(on.resolve(queue)), MessageBody: text });
      },
      async deadLetters(queue) {
        const QueueUrl = String(on.resolve(queue.replace(/Queue$/, 'DeadLettersQueue')));
        const found: { readonly text: string; remove(): Promise<void> }[] = [];
        for (;;) {
          const { Messages } = await exchange.call('AmazonSQS.ReceiveMessage', {
            ...{ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0, VisibilityTimeout: 1 },
          });
          if (!Array.isArray(Messages) || Messages.length === 0) return found;
          for (const message of Messages as readonly { Body: string; ReceiptHandle: string }[]) {
            const { Body: text, ReceiptHandle } = message;
            const remove = async () =>
              void (await exchange.call('AmazonSQS.DeleteMessage', { QueueUrl, ReceiptHandle }));
            found.push({ text, remove });
          }
        }
      },
      async close() {
        exchange.close();
        await close();
      },
    };
  } catch (failure) {
    await close();
    throw failure;
  }
}

function troubleOf(fault: RoadFault, random: Random): Trouble {
  if (fault === 'too-many')
    return { kind: 'refused', status: 429, headers: { 'retry-after': String(random.pick([1, 60, 90])) } };
  if (fault === 'error') return { kind: 'refused', status: 500 };
  return fault === 'slow' ? { kind: 'slow', ms: random.between(1, SLOW_MS) } : { kind: fault };
}
