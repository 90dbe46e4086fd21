import { type Definitions, versionOf } from './definitions.ts';
import { TributaryError } from './errors.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { openMeasuring } from './review/measuring.ts';
import { compile } from './segment/compile.ts';
import { referencesOf } from './segment/order.ts';

const LISTS = ['segments', 'personas', 'audiences'] as const;
const MAPS = ['connections', 'identity', 'guardrails', 'privacy', 'collection'] as const;

/**
 * Checks a document that may come from anywhere before it is published. Throws TributaryError `config`:
 * `definitions/unreadable` for what is no document, `definitions/bad-version` when its version is not the hash of it,
 * `definitions/dangling` for a reference to what is not in it, and what `compile` throws.
 */
export function checkDefinitions(document: JsonObject): Definitions {
  const wrong = [
    ...['version', 'workspace', 'timezone'].filter((key) => typeof document[key] !== 'string'),
    ...LISTS.filter((key) => !(Array.isArray(document[key]) && document[key].every(isJsonObject))),
    ...MAPS.filter((key) => !isJsonObject(document[key])),
  ];
  if (wrong.length > 0) {
    const message = `these fields are missing or of another form: ${wrong.join(', ')}; send what a workspace loads to`;
    throw new TributaryError('config', 'definitions/unreadable', message);
  }
  const definitions = document as unknown as Definitions;
  const { version, ...content } = definitions;
  if (versionOf(content) !== version) {
    const message = `the version ${version} is not the hash of the document; send it as it was made from the workspace`;
    throw new TributaryError('config', 'definitions/bad-version', message);
  }
  const dangling = danglingIn(definitions);
  if (dangling.length > 0) {
    const message = `${dangling.join('; ')}; define what is missing, or take out what refers to it`;
    throw new TributaryError('config', 'definitions/dangling', message);
  }
  compile(definitions.segments, { timezone: definitions.timezone });
  openMeasuring(definitions);
  return definitions;
}

/** References to what is not there: `audience lapsing refers to segment readers, which is not there`. */
function danglingIn({ segments, personas, audiences, connections }: Definitions): string[] {
  const known = new Set(segments.map(({ segment }) => segment));
  const people = new Set(personas.map(({ persona }) => persona));
  const missing = (who: string, what: string) => `${who} refers to ${what}, which is not there`;
  const bySegments = segments.flatMap(({ segment, when, persona, objective, review }) => {
    const { goal, per } = isJsonObject(objective) ? objective : {};
    const label = typeof review === 'object' ? review.label : undefined;
    const names = [when, goal, per, label].flatMap(referencesOf).filter((name) => !known.has(name));
    const lost = names.map((name) => missing(`segment ${segment}`, `segment ${name}`));
    return persona === undefined || people.has(persona)
      ? lost
      : [...lost, missing(`segment ${segment}`, `persona ${persona}`)];
  });
  const byAudiences = audiences.flatMap(({ audience, segment, connection }) => [
    ...(known.has(segment) ? [] : [missing(`audience ${audience}`, `segment ${segment}`)]),
    ...(connections[connection] === undefined ? [missing(`audience ${audience}`, `connection ${connection}`)] : []),
  ]);
  return [...bySegments, ...byAudiences];
}

/**
 * Puts the published address in the place of the word `simulator`: only a local stage knows where its simulators
 * listen, and it has published that. Throws `config` `definitions/simulator` when nothing published says where.
 */
export function withSimulators(document: JsonObject, published: Definitions | undefined): JsonObject {
  const { version: _version, ...rest } = document;
  if (!isJsonObject(rest.connections)) return document;
  let replaced = false;
  const connections = Object.fromEntries(
    Object.entries(rest.connections).map(([name, connection]) => {
      if (!isJsonObject(connection) || connection.endpoint !== 'simulator') return [name, connection];
      const endpoint = published?.connections[name]?.endpoint;
      if (endpoint === undefined || published?.connections[name]?.connector !== connection.connector) {
        const message = `connection ${name} has endpoint: simulator, and this deployment has no simulator of it; name a real one`;
        throw new TributaryError('config', 'definitions/simulator', message);
      }
      replaced = true;
      return [name, { ...connection, endpoint }];
    }),
  );
  if (!replaced) return document;
  const content = { ...rest, connections };
  return { version: versionOf(content as unknown as Omit<Definitions, 'version'>), ...content };
}
