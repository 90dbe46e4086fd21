import type { Json, JsonObject } from '../json.ts';
import type { ReadClient } from './device.ts';
import { type Message, objectIn, textIn } from './message.ts';

/** What the request that brought a message says beside it. */
export interface Surroundings {
  /** Name of the write key in the workspace. */
  readonly source: string;
  /** Where the edge saw the browser; empty for requests of servers. */
  readonly location: JsonObject;
  readonly readClient: ReadClient;
}

/** Where somebody was and with what, as far as it is kept. The IP address is not. */
export interface Context {
  /** Done by a person on a website or in an app, not by a server on somebody's behalf. */
  readonly visit: boolean;
  /** Kept with an activity. */
  readonly properties: JsonObject;
  /** Kept with the person: the latest of each, and the first and last way in. */
  readonly traits: JsonObject;
}

/** Longer texts are cut: an address with a token in it is no reason to fill a profile. */
const MOST_CHARACTERS = 1_000;

/** Reads the context of a message. */
export function contextOf(message: Message, { source, location, readClient }: Surroundings): Context {
  const { context } = message;
  const userAgent = textIn(context.userAgent);
  const client = readClient(userAgent ?? '', context.userAgentData);
  const page = pageOf(message);
  const campaign = texts(context.campaign, ['name', 'source', 'medium', 'term', 'content']);
  const app = texts(context.app, ['name', 'version', 'build', 'namespace']);
  const device = isEmpty(objectIn(context.device)) ? client.device : deviceOf(objectIn(context.device));
  const visit =
    message.type === 'page' ||
    message.type === 'screen' ||
    userAgent !== undefined ||
    ![page, app, device].every(isEmpty) ||
    context.sessionId !== undefined;
  const here = {
    browser: client.browser,
    os: isEmpty(client.os) ? texts(context.os, ['name', 'version']) : client.os,
    app,
    location: { ...(visit ? location : {}), ...locationOf(context.location) },
    locale: short(context.locale) ?? '',
    timezone: short(context.timezone) ?? '',
  };
  const properties = filled({
    source,
    page,
    campaign,
    device,
    ...here,
    session_id: textIn(context.sessionId) ?? '',
    group_id: textIn(context.groupId) ?? '',
    channel: short(message.body.channel ?? context.channel) ?? '',
    library: short(objectIn(context.library).name) ?? '',
  });
  const touch = touchOf(message, page, campaign);
  const traits = visit ? filled({ page, device, ...here, ...touch }) : {};
  return { visit, properties, traits };
}

/** The page that a message was sent from. A page call of a server has it in its properties. */
function pageOf({ type, body, context }: Message): JsonObject {
  const names = ['url', 'path', 'title', 'referrer', 'search'];
  const page = { ...(type === 'page' ? texts(body.properties, names) : {}), ...texts(context.page, names) };
  // RudderStack's word for nobody having led here.
  const { referrer, ...rest } = page;
  return referrer === undefined || referrer === '$direct' ? rest : page;
}

/** How the person came: at the very first, and at the latest by a campaign or from another site. */
function touchOf(message: Message, page: JsonObject, campaign: JsonObject): JsonObject {
  if (isEmpty(page) && isEmpty(campaign)) return {};
  const { url, referrer } = page;
  const isLed = !isEmpty(campaign) || (referrer !== undefined && hostOf(referrer) !== hostOf(url ?? ''));
  const touch = filled({ at: message.at, url: url ?? '', referrer: referrer ?? '', campaign });
  return { first_touch: touch, ...(isLed ? { last_touch: touch } : {}) };
}

function deviceOf(device: JsonObject): JsonObject {
  const { manufacturer, model, name } = texts(device, ['manufacturer', 'model', 'name']);
  const isTablet = /ipad|tablet/i.test(`${model ?? ''} ${name ?? ''}`);
  return filled({ type: isTablet ? 'tablet' : 'mobile', manufacturer: manufacturer ?? '', model: model ?? '' });
}

function locationOf(location: Json | undefined): JsonObject {
  return texts(location, ['country', 'region', 'city']);
}

function texts(value: Json | undefined, names: readonly string[]): JsonObject {
  const from = objectIn(value);
  return filled(Object.fromEntries(names.map((name) => [name, short(from[name]) ?? ''])));
}

function short(value: Json | undefined): string | undefined {
  return textIn(value)?.slice(0, MOST_CHARACTERS);
}

/** What holds something: empty texts and empty objects say nothing. */
function filled(fields: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== '' && !(typeof value === 'object' && isEmpty(value))),
  );
}

function isEmpty(value: object | null): boolean {
  return value === null || Object.keys(value).length === 0;
}

function hostOf(url: Json): string {
  return typeof url === 'string' && URL.canParse(url) ? new URL(url).hostname : '';
}
