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
  const { browser, os, platform } = Bowser.parse(userAgent);
  const said = hintsIn(hints);
  return {
    browser: known({ name: said.brand ?? browser.name, version: said.version ?? majorOf(browser.version) }),
    os: known({ name: os.name ?? said.platform, version: os.versionName ?? os.version }),
    device: known({
      type: platform.type ?? said.type,
      manufacturer: platform.vendor,
      model: platform.model ?? said.model,
    }),
  };
}

interface Hints {
  readonly brand?: string | undefined;
  readonly version?: string | undefined;
  readonly platform?: string | undefined;
  readonly type?: string | undefined;
  readonly model?: string | undefined;
}

/**
 * `context.userAgentData`, the client hints of a Chromium browser: who built it beside the engine, and what its reduced
 * `User-Agent` leaves out. One brand is made up by the browser, so that nobody relies on the list (WICG, UA Client Hints).
 */
function hintsIn(value: Json | undefined): Hints {
  if (!isJsonObject(value)) return {};
  const brands = Array.isArray(value.brands) ? (value.brands as readonly Json[]).filter(isJsonObject) : [];
  const real = brands.find(
    ({ brand }) => typeof brand === 'string' && !/not.{0,2}a.{0,2}brand|^chromium$/i.test(brand),
  );
  return {
    brand: textOf(real?.brand)?.replace(/^Google /, ''),
    version: textOf(real?.version)?.split('.')[0],
    platform: textOf(value.platform),
    type: typeof value.mobile === 'boolean' ? (value.mobile ? 'mobile' : 'desktop') : undefined,
    model: textOf(value.model),
  };
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 100) : undefined;
}

/** The minor version of a browser changes weekly and tells nothing. */
function majorOf(version: string | undefined): string | undefined {
  return version?.split('.')[0];
}

function known(fields: Readonly<Record<string, string | undefined>>): JsonObject {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(entries) as JsonObject;
}
