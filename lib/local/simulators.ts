import type { WorldSize } from '../../test/vendors/world/people.ts';
import { playDay, type TimedEvent } from '../../test/vendors/world/play-day.ts';
import { makeWorld, rehearsalSize, type World } from '../../test/vendors/world.ts';
import { isFieldTarget } from '../connectors/define.ts';
import type { Identifier } from '../domain/change.ts';
import type { Definitions } from '../domain/definitions.ts';
import { TributaryError } from '../domain/errors.ts';
import { isJsonObject } from '../domain/json.ts';
import type { EventBuses } from './host/event-bus.ts';
import { variableOf } from './host/secret-values.ts';
import { openForms } from './simulated/forms.ts';
import { openGoogleAds } from './simulated/google-ads.ts';
import { openGoogleAnalytics } from './simulated/google-analytics.ts';
import { openHubspot } from './simulated/hubspot.ts';
import { openKlaviyo } from './simulated/klaviyo.ts';
import { openLinkedin } from './simulated/linkedin.ts';
import { openMailchimp } from './simulated/mailchimp.ts';
import { openMeta } from './simulated/meta.ts';
import { openSalesforce } from './simulated/salesforce.ts';
import { openSendgrid } from './simulated/sendgrid.ts';
import { openSurveymonkey } from './simulated/surveymonkey.ts';
import type { OpenTool, SimulatedTool } from './simulated/tool.ts';
import { openWebhook } from './simulated/webhook.ts';

export type { WorldSize };

/** How a connector's tool is simulated. Alphabetical; files have no tool. */
const openTool: Readonly<Record<string, OpenTool>> = {
  forms: openForms,
  'google-ads': openGoogleAds,
  'google-analytics': openGoogleAnalytics,
  hubspot: openHubspot,
  klaviyo: openKlaviyo,
  linkedin: openLinkedin,
  mailchimp: openMailchimp,
  meta: openMeta,
  salesforce: openSalesforce,
  sendgrid: openSendgrid,
  surveymonkey: openSurveymonkey,
  webhook: openWebhook,
};

/** The seed of the rehearsal's world: the same people, the same day, every time. */
const SEED = 7;

/** How far into the day each tool has something happen by itself. */
const HAPPENS_AFTER_MS = 2 * 3_600_000;

type Happening = Pick<TimedEvent, 'at' | 'run'>;

/** The simulated tools of a workspace: those connections whose endpoint is `simulator`. */
export interface SimulatedTools {
  /** Whether every connection of the workspace is simulated. */
  readonly all: boolean;
  /** Connection → base URL. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Connection → the secret that signs in there, as JSON text. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What happens in the tools during the day, in order. */
  readonly day: readonly Happening[];
  /** Tells the tools where to send their webhooks. */
  openWebhooks(stageUrl: string): Promise<void>;
  /** Tells the tools that put events on a bus of ours how to: what `Stage.putEvent` does. */
  openBuses(put: EventBuses['put']): void;
  /** The tool's own list behind an audience: what is really there, as identifiers. */
  listOf(connection: string, target: unknown): readonly Identifier[];
  /** Sends webhook deliveries again whose time has come. */
  retryWebhooks(): Promise<void>;
  close(): Promise<void>;
}

/** Connections that speak to a tool which could be simulated and is not: what is rehearsed would reach its people. */
export function realTools({ connections }: Pick<Definitions, 'connections'>): readonly string[] {
  return Object.values(connections)
    .filter(({ connector, endpoint }) => endpoint !== 'simulator' && openTool[connector] !== undefined)
    .map(({ name }) => name);
}

/**
 * Starts and fills a simulator for each connection that asks for one. Everything follows the stage's clock. Throws
 * TributaryError `stage/no-simulator`.
 */
export async function startSimulators(
  definitions: Definitions,
  start: Date,
  now: () => Date,
  size: WorldSize = rehearsalSize,
): Promise<SimulatedTools> {
  const connections = Object.values(definitions.connections);
  const world = makeWorld(SEED, start, size);
  const tools = new Map<string, SimulatedTool>();
  const simulated = connections.filter(({ endpoint }) => endpoint === 'simulator');
  for (const connection of simulated) {
    const open = openTool[connection.connector];
    if (open === undefined) {
      const message = `connection ${connection.name} asks for a simulated tool of ${connection.connector}, and there is none; simulated are: ${Object.keys(openTool).join(', ')}`;
      throw new TributaryError('config', 'stage/no-simulator', message);
    }
    const tool = await open(connection, { world, now });
    if (tool !== undefined) tools.set(connection.name, tool);
  }
  for (const { connection, target } of definitions.audiences) {
    if (isJsonObject(target) && isFieldTarget(target)) tools.get(connection)?.makeField?.(target);
  }
  const ofEach = <T>(pick: (tool: SimulatedTool) => T) =>
    Object.fromEntries([...tools].map(([name, tool]) => [name, pick(tool)]));
  return {
    all: simulated.length === connections.length,
    endpoints: ofEach(({ url }) => url),
    secrets: ofEach(({ secret }) => JSON.stringify(secret)),
    day: dayOf(world, [...tools.values()], start.getTime() + HAPPENS_AFTER_MS),
    async openWebhooks(stageUrl) {
      for (const { name, webhook } of connections) {
        if (webhook) await register(name, tools.get(name)?.sendTo?.(`${stageUrl}/webhooks/${name}`));
      }
    },
    openBuses(put) {
      for (const { name, eventBus: source } of connections) {
        if (source !== undefined) tools.get(name)?.relayTo?.((event) => put({ ...event, source }));
      }
    },
    listOf: (connection, target) => (isJsonObject(target) ? tools.get(connection)?.listOf?.(target) : undefined) ?? [],
    async retryWebhooks() {
      for (const tool of tools.values()) await tool.retryWebhooks?.();
    },
    async close() {
      await Promise.all([...tools.values()].map((tool) => tool.close()));
    },
  };
}

/** A tool refuses to register a webhook that does not answer its check: the stage verifies by another secret. */
async function register(name: string, registered: Promise<void> | void): Promise<void> {
  try {
    await registered;
  } catch (cause) {
    const variable = variableOf(name);
    const message = `the simulated tool of ${name} could not register its webhook: ${variable} must hold the simulator's own webhook_secret, or not be set`;
    throw new TributaryError('config', 'stage/webhook-not-registered', message, { cause });
  }
}

/** What happens in each tool by itself, and the world's own day once the tools in which it plays are all there. */
function dayOf(world: World, tools: readonly SimulatedTool[], at: number): readonly Happening[] {
  const alone = tools.map((tool): Happening => ({ at, run: async () => tool.happen?.() }));
  const parts: SimulatedTool['part'] = Object.assign({}, ...tools.map(({ part }) => part));
  const { salesforce, ids, mailchimp, list } = parts ?? {};
  if (salesforce === undefined || ids === undefined || mailchimp === undefined || list === undefined) return alone;
  return [...playDay(world, { salesforce, ids, mailchimp, list }), ...alone];
}
