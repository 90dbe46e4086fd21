import type { Schema } from '../connectors/contract.ts';
import type { AnyConnector, Connectors } from '../connectors/define.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { describeFound, type Path } from '../domain/segment/problem.ts';
import { checkValue, knownKeys, unknownKey } from './issues.ts';
import { nearest } from './nearest.ts';
import type { Finding } from './problem.ts';
import { connectionFields } from './schema/tributary.ts';

const COMMON_KEYS = Object.keys(connectionFields);

/** The connections of tributary.yaml as written, by name; what is no map is left out. */
export function connectionsOf(tributary: Json | undefined): ReadonlyMap<string, JsonObject> {
  const written = isJsonObject(tributary) && isJsonObject(tributary.connections) ? tributary.connections : {};
  return new Map(Object.entries(written).filter((entry): entry is [string, JsonObject] => isJsonObject(entry[1])));
}

/** What a connection holds for its connector: everything but the keys that all connections have. */
export function settingsOf(connection: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(connection).filter(([key]) => !COMMON_KEYS.includes(key)));
}

/** The connector that a connection names, if there is one. */
export function connectorOf(connection: JsonObject | undefined, connectors: Connectors): AnyConnector | undefined {
  const name = connection?.connector;
  return typeof name === 'string' && Object.hasOwn(connectors, name) ? connectors[name] : undefined;
}

/** Checks each connection against its connector: it exists, has the streams and the webhook, accepts the settings. */
export function checkConnections(tributary: Json | undefined, connectors: Connectors): Finding[] {
  return [...connectionsOf(tributary)].flatMap(([name, connection]) => {
    const at: Path = ['connections', name];
    const connector = connectorOf(connection, connectors);
    if (connector !== undefined) return checkConnection(connection, connector, at);
    if (typeof connection.connector !== 'string') return [];
    return [unknownName('connector', [...at, 'connector'], connection.connector, Object.keys(connectors))];
  });
}

/** What a workspace names, and the code of a name that nothing has. */
const unknownCodes = {
  connector: 'workspace/unknown-connector',
  connection: 'workspace/unknown-connection',
  stream: 'workspace/unknown-stream',
  segment: 'workspace/unknown-segment',
  persona: 'workspace/unknown-persona',
  'match key': 'workspace/unknown-match-key',
} as const;

/** A name that nothing in the workspace, or in what it uses, has. */
export function unknownName(
  kind: keyof typeof unknownCodes,
  path: Path,
  name: string,
  known: readonly string[],
  atKey = false,
): Finding {
  return {
    path,
    atKey,
    code: unknownCodes[kind],
    found: `${kind} ${describeFound(name)}`,
    expected: known.length === 0 ? `no ${kind}: there is none` : `one of ${known.join(', ')}`,
    suggestion: nearest(name, known),
  };
}

function checkConnection(connection: JsonObject, connector: AnyConnector, at: Path): Finding[] {
  const { streams, webhook } = connection;
  const known = connector.streams.map((stream) => stream.name);
  const findings = (isJsonObject(streams) ? Object.keys(streams) : [])
    .filter((stream) => !known.includes(stream))
    .map((stream) => unknownName('stream', [...at, 'streams', stream], stream, known, true));
  if (webhook === true && connector.webhook === undefined) {
    const found = `webhook of connector ${connector.manifest.id}`;
    findings.push({
      path: [...at, 'webhook'],
      code: 'workspace/no-webhook',
      found,
      expected: 'no webhook: it has none',
    });
  }
  const { event_bus: bus } = connection;
  // What is no partner's bus at all is told by the file's own schema.
  if (typeof bus === 'string' && bus.startsWith('aws.partner/')) findings.push(...checkBus(bus, connector, at));
  return [
    ...findings,
    ...checkSettings(settingsOf(connection), connector.config, at),
    ...refusedStreams(connection, connector, at),
  ];
}

/** Streams that a connection's own settings do not allow; settings that are wrong themselves are told first. */
function refusedStreams(connection: JsonObject, { streams, config, refusesStream }: AnyConnector, at: Path): Finding[] {
  const settings = config.safeParse(settingsOf(connection));
  if (refusesStream === undefined || !settings.success || !isJsonObject(connection.streams)) return [];
  return Object.keys(connection.streams).flatMap((stream): Finding[] => {
    const expected = streams.some(({ name }) => name === stream) ? refusesStream(stream, settings.data) : undefined;
    if (expected === undefined) return [];
    const path = [...at, 'streams', stream];
    return [
      { path, atKey: true, code: 'workspace/refused-stream', found: `stream ${describeFound(stream)}`, expected },
    ];
  });
}

/** A bus that another vendor's events come by would bring events that nobody can read. */
function checkBus(bus: string, { events, manifest }: AnyConnector, at: Path): Finding[] {
  if (events?.buses.some((beginning) => bus.startsWith(beginning)) === true) return [];
  const expected =
    events === undefined ? 'no bus: it reads no events' : `a bus whose name begins with ${events.buses.join(' or ')}`;
  const found = `event_bus ${describeFound(bus)} of connector ${manifest.id}`;
  return [{ path: [...at, 'event_bus'], code: 'workspace/no-events', found, expected }];
}

function checkSettings(settings: JsonObject, schema: Schema<unknown>, at: Path): Finding[] {
  const own = knownKeys(schema);
  const known = [...COMMON_KEYS, ...(own ?? [])];
  const unknown = own === undefined ? [] : Object.keys(settings).filter((key) => !own.includes(key));
  const accepted = Object.fromEntries(Object.entries(settings).filter(([key]) => !unknown.includes(key)));
  const checked = checkValue(schema, accepted, at);
  return [...unknown.map((key) => unknownKey([...at, key], known)), ...(checked.ok ? [] : checked.findings)];
}
