import Bowser from 'bowser';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/** What a browser says of itself. */
export interface Client {
  readonly browser: JsonObject;
  readonly os: JsonObject;
  readonly device: JsonObject;
}

/** Reads the `User-Agent` of a browser and, where sent, its client hints. */
export type ReadClient = (userAgent: string, hints: Json | undefined) => Client;

/** Different browsers that are remembered: few send nearly everything. */
const REMEMBERED = 500;
const MOST_CHARACTERS = 1_000;

/** Opens a reader that remembers whom it has read: parsing takes longer than everything else about a message. */
export function openClientReader(): ReadClient {
  const remembered = new Map<string, Client>();
  return function readClient(userAgent, hints) {
    const key = `${userAgent}\n${hints === undefined ? '' : JSON.stringify(hints)}`;
    const held = remembered.get(key);
    if (held !== undefined) return held;
    const client = parse(userAgent, hints);
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(key, client);
    return client;
  };
}

function parse(userAgent: string, hints: Json | undefined): Client {
  if (userAgent === '' || userAgent.length > MOST_CHARACTERS) return { browser: {}, os: {}, device: {} };
  const { browser, os, platform } = Bowser.parse(userAgent, hintsIn(hints));
  return {
    browser: known({ name: browser.name, version: majorOf(browser.version) }),
    os: known({ name: os.name, version: os.versionName ?? os.version }),
    device: known({ type: platform.type, manufacturer: platform.vendor, model: platform.model }),
  };
}

/** `context.userAgentData`: the low-entropy client hints of a Chromium browser. */
function hintsIn(value: Json | undefined): Bowser.ClientHints | undefined {
  if (!isJsonObject(value)) return undefined;
  const brands = (Array.isArray(value.brands) ? (value.brands as readonly Json[]) : []).flatMap((item) => {
    const { brand, version } = isJsonObject(item) ? item : {};
    return typeof brand === 'string' && typeof version === 'string' ? [{ brand, version }] : [];
  });
  return {
    ...(brands.length === 0 ? {} : { brands }),
    ...(typeof value.mobile === 'boolean' ? { mobile: value.mobile } : {}),
    ...(typeof value.platform === 'string' ? { platform: value.platform } : {}),
    ...(typeof value.model === 'string' ? { model: value.model } : {}),
  };
}

/** The minor version of a browser changes weekly and tells nothing. */
function majorOf(version: string | undefined): string | undefined {
  return version?.split('.')[0];
}

function known(fields: Readonly<Record<string, string | undefined>>): JsonObject {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(entries) as JsonObject;
}
