import { type FormTool, startFormTool } from '../../test/vendors/forms/server.ts';
import { type HubspotSimulator, startHubspot } from '../../test/vendors/hubspot/server.ts';
import { type KlaviyoSimulator, startKlaviyo } from '../../test/vendors/klaviyo/server.ts';
import { type Mailchimp, startMailchimp } from '../../test/vendors/mailchimp/simulator.ts';
import { type SalesforceSimulator, startSalesforce } from '../../test/vendors/salesforce/server.ts';
import { type Receiver, startReceiver } from '../../test/vendors/webhook/server.ts';
import { loadHubspot } from '../../test/vendors/world/load-hubspot.ts';
import { loadKlaviyo } from '../../test/vendors/world/load-klaviyo.ts';
import { loadMailchimp } from '../../test/vendors/world/load-mailchimp.ts';
import { loadSalesforce } from '../../test/vendors/world/load-salesforce.ts';
import type { WorldSize } from '../../test/vendors/world/people.ts';
import { playDay, type TimedEvent } from '../../test/vendors/world/play-day.ts';
import { makeWorld, rehearsalSize, type World } from '../../test/vendors/world.ts';
import type { Identifier } from '../domain/change.ts';
import type { ConnectionDefinition, Definitions } from '../domain/definitions.ts';
import { isJsonObject, type Json } from '../domain/json.ts';
import type { EventBuses } from './host/event-bus.ts';

export type { WorldSize };

/** The seed of the rehearsal's world: the same people, the same day, every time. */
const SEED = 7;
const WEBHOOK_SECRET = 'a-secret-of-the-simulated-tools';

/** The simulated tools of a workspace: those connections whose endpoint is `simulator`. */
export interface SimulatedTools {
  /** Whether every connection of the workspace is simulated. */
  readonly all: boolean;
  /** Connection → base URL. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Connection → the secret that signs in there, as JSON text. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What happens in the tools during the day, in order. */
  readonly day: readonly TimedEvent[];
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

/** Starts and fills a simulator for each connection that asks for one. Everything follows the stage's clock. */
export async function startSimulators(
  definitions: Definitions,
  start: Date,
  now: () => Date,
  size: WorldSize = rehearsalSize,
): Promise<SimulatedTools> {
  const simulated = Object.values(definitions.connections).filter(({ endpoint }) => endpoint === 'simulator');
  const world = makeWorld(SEED, start, size);
  const crm = await openCrm(
    simulated.find(({ connector }) => connector === 'salesforce'),
    world,
    now,
  );
  const mail = await openMail(
    simulated.find(({ connector }) => connector === 'mailchimp'),
    world,
    now,
  );
  const hub = await openHub(
    simulated.find(({ connector }) => connector === 'hubspot'),
    world,
    now,
  );
  const shop = await openShop(
    simulated.find(({ connector }) => connector === 'klaviyo'),
    world,
    now,
  );
  const survey = await openSurvey(
    simulated.find(({ connector, config }) => connector === 'forms' && config.preset === 'typeform'),
    now,
  );
  const channel = await openChannel(
    simulated.find(({ connector }) => connector === 'webhook'),
    world,
    now,
  );
  const tools = [crm, mail, hub, shop, survey, channel].filter((tool) => tool !== undefined);
  const day =
    crm === undefined || mail === undefined
      ? []
      : playDay(world, { salesforce: crm.simulator, ids: crm.ids, mailchimp: mail.simulator, list: mail.list });
  return {
    all: simulated.length === Object.keys(definitions.connections).length,
    endpoints: Object.fromEntries(tools.map(({ name, simulator }) => [name, simulator.url])),
    secrets: Object.fromEntries(tools.map(({ name, secret }) => [name, JSON.stringify(secret)])),
    day,
    async openWebhooks(stageUrl) {
      if (survey?.webhook === true) survey.simulator.sender.subscribe(`${stageUrl}/webhooks/${survey.name}`);
      if (hub?.webhook === true) hub.simulator.subscribe(`${stageUrl}/webhooks/${hub.name}`);
      if (shop?.webhook === true) shop.simulator.subscribe(`${stageUrl}/webhooks/${shop.name}`);
      if (mail?.webhook === true) {
        await mail.simulator.addWebhook(mail.list, `${stageUrl}/webhooks/${mail.name}?secret=${WEBHOOK_SECRET}`);
      }
    },
    openBuses(put) {
      const source = crm?.eventBus;
      if (source === undefined) return;
      crm?.simulator.relayChanges(({ detailType, detail }) => put({ source, detailType, detail: detail as Json }));
    },
    listOf(connection, target) {
      const name = isJsonObject(target)
        ? (target.tag ?? target.static_segment ?? target.campaign ?? target.list)
        : undefined;
      if (typeof name !== 'string') return [];
      if (connection === mail?.name) {
        return mail.simulator.tagged(mail.list, name, { anyStatus: true }).map((value) => ({ type: 'email', value }));
      }
      if (connection === hub?.name) return listPeople(hub.simulator, name);
      if (connection === shop?.name) return listProfiles(shop.simulator, name);
      if (connection === channel?.name)
        return channel.simulator.lists.on(name).map((value) => ({ type: 'email', value }));
      return connection === crm?.name ? campaignPeople(crm.simulator, name) : [];
    },
    async retryWebhooks() {
      await crm?.simulator.settleEvents();
      await survey?.simulator.sender.retryDue();
      await mail?.simulator.retryWebhooks();
      await hub?.simulator.settleWebhooks();
      await hub?.simulator.retryWebhooks();
      await shop?.simulator.settleWebhooks();
    },
    async close() {
      await Promise.all(tools.map(({ simulator }) => simulator.close()));
    },
  };
}

async function openCrm(connection: ConnectionDefinition | undefined, world: World, now: () => Date) {
  if (connection === undefined) return undefined;
  const simulator = await startSalesforce({ now });
  const ids = loadSalesforce(world, simulator);
  return { name: connection.name, simulator, ids, secret: simulator.secret, eventBus: connection.eventBus };
}

async function openMail(connection: ConnectionDefinition | undefined, world: World, now: () => Date) {
  if (connection === undefined) return undefined;
  const simulator: Mailchimp = await startMailchimp({ now });
  const list = String(connection.config.list);
  loadMailchimp(world, simulator, list);
  // One record that nobody can read, so that the quarantine has something to show.
  const unreadable = world.members.find(({ status }) => status === 'cleaned');
  if (unreadable !== undefined) simulator.corrupt(list, unreadable.email, { last_changed: 'yesterday' });
  const secret = { api_key: simulator.apiKey, webhook_secret: WEBHOOK_SECRET };
  return { name: connection.name, simulator, list, secret, webhook: connection.webhook };
}

async function openHub(connection: ConnectionDefinition | undefined, world: World, now: () => Date) {
  if (connection === undefined) return undefined;
  const simulator = await startHubspot({ now });
  loadHubspot(world, simulator);
  return { name: connection.name, simulator, secret: simulator.secret, webhook: connection.webhook };
}

async function openShop(connection: ConnectionDefinition | undefined, world: World, now: () => Date) {
  if (connection === undefined) return undefined;
  const simulator = await startKlaviyo({ now });
  loadKlaviyo(world, simulator);
  return { name: connection.name, simulator, secret: simulator.secret, webhook: connection.webhook };
}

function listProfiles({ store }: KlaviyoSimulator, name: string): Identifier[] {
  const members = store.lists.named(name)?.members.keys() ?? [];
  return [...members].map((value) => ({ type: 'klaviyo.profile_id', value }));
}

/** A form that nobody has answered yet: the made-up people do not, but whoever rehearses can. */
async function openSurvey(connection: ConnectionDefinition | undefined, now: () => Date) {
  if (connection === undefined) return undefined;
  const simulator: FormTool = await startFormTool({ now, form: String(connection.config.form ?? 'simulated') });
  return { name: connection.name, simulator, secret: simulator.secret, webhook: connection.webhook };
}

/** A channel that reaches everybody who has an address. */
async function openChannel(connection: ConnectionDefinition | undefined, world: World, now: () => Date) {
  if (connection === undefined) return undefined;
  const simulator: Receiver = await startReceiver({ now });
  simulator.lists.know(...[...world.people, ...world.members].map(({ email }) => email));
  return { name: connection.name, simulator, secret: simulator.secret, webhook: false };
}

function listPeople({ store }: HubspotSimulator, name: string): Identifier[] {
  const members = store.lists.named(name)?.members.keys() ?? [];
  return [...members].map((value) => ({ type: 'hubspot.contact_id', value }));
}

function campaignPeople({ store }: SalesforceSimulator, name: string): Identifier[] {
  const campaign = store.all('Campaign').find((row) => row.Name === name);
  return store
    .all('CampaignMember')
    .filter((row) => row.CampaignId === campaign?.Id)
    .map((row) =>
      typeof row.ContactId === 'string'
        ? { type: 'salesforce.contact_id', value: row.ContactId }
        : { type: 'salesforce.lead_id', value: String(row.LeadId) },
    );
}
