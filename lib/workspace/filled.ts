import type { AnyConnector, Connectors } from '../connectors/define.ts';
import { computedTraits } from '../domain/computed/computed.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { learnedTraits } from '../domain/learned/rules.ts';
import type { Mapping } from '../domain/mapping.ts';
import { describeFound, type Path } from '../domain/segment/problem.ts';
import { connectionsOf, connectorOf, settingsOf } from './connections.ts';
import { nearest } from './nearest.ts';
import type { Finding, Problem } from './problem.ts';
import { textAt } from './references.ts';
import type { Source } from './source.ts';

/** What the connections of a workspace bring, by name. */
export interface Filled {
  readonly traits: Set<string>;
  readonly activities: Set<string>;
  /** Channels and purposes about which somebody's consent is told. */
  readonly topics: Set<string>;
}

/**
 * Undefined where websites may send anything, and where a connection cannot be read: that is one mistake, and told at its
 * place.
 */
export function filledBy(tributary: Json | undefined, connectors: Connectors): Filled | undefined {
  const collection = isJsonObject(tributary) ? tributary.collection : undefined;
  const keys = isJsonObject(collection) ? collection.write_keys : undefined;
  if (isJsonObject(keys) && Object.keys(keys).length > 0) return undefined;
  if (!isJsonObject(tributary) || !isJsonObject(tributary.connections)) return undefined;
  const filled: Filled = { traits: new Set(), activities: new Set(), topics: new Set() };
  for (const connection of connectionsOf(tributary).values()) {
    const connector = connectorOf(connection, connectors);
    if (connector === undefined) return undefined;
    addFilled(filled, connection, connector);
  }
  const computed = isJsonObject(tributary.computed) ? tributary.computed : {};
  for (const [rule, traits] of Object.entries(computedTraits)) {
    if (Object.hasOwn(computed, rule)) for (const trait of traits) filled.traits.add(trait);
  }
  const { rfm, clusters, propensity, lifetime_value } = isJsonObject(tributary.learned) ? tributary.learned : {};
  for (const trait of learnedTraits({ rfm, clusters, propensity, lifetime_value })) filled.traits.add(trait);
  return filled;
}

function addFilled(filled: Filled, connection: JsonObject, connector: AnyConnector): void {
  const streams = isJsonObject(connection.streams) ? connection.streams : {};
  const read = connector.streams.filter(({ name }) => Object.hasOwn(streams, name));
  const config = connector.config.safeParse(settingsOf(connection));
  const own = config.success ? (connector.mappingsOf?.(config.data) ?? []) : [];
  for (const one of [...read.flatMap(({ mappings }) => Object.values(mappings)), ...own]) addMapped(filled, one);
  // By convention a connector's `fields` setting maps traits to the vendor's own fields.
  if (isJsonObject(connection.fields)) for (const trait of Object.keys(connection.fields)) filled.traits.add(trait);
}

function addMapped(filled: Filled, { traits, consent, activity }: Mapping): void {
  for (const { topic } of consent ?? []) filled.topics.add(topic);
  for (const trait of Object.keys(traits ?? {})) filled.traits.add(trait);
  if (activity === undefined) return;
  const { name } = activity;
  for (const one of typeof name === 'string' ? [name] : Object.values(name.names)) filled.activities.add(one);
}

/** `address` holds `address.city`; and a mapping that fills all of `mailchimp.merge` fills `mailchimp.merge.CITY`. */
export function coversTrait(filled: ReadonlySet<string>, name: string): boolean {
  if (filled.has(name)) return true;
  return [...filled].some((trait) => trait.startsWith(`${name}.`) || name.startsWith(`${trait}.`));
}

/** A name in a file, and where it stands. */
export interface Named {
  readonly name: string;
  readonly at: Path;
}

export function namedAt(holder: Json | undefined, key: string, path: Path): Named[] {
  const name = textAt(holder, key);
  return name === undefined ? [] : [{ name, at: [...path, key] }];
}

export function warn(source: Source, finding: Omit<Finding, 'severity'>): Problem {
  return source.place({ ...finding, severity: 'warning' });
}

const UNFILLED = {
  trait: 'workspace/unfilled-trait',
  activity: 'workspace/unfilled-activity',
  topic: 'workspace/unfilled-topic',
} as const;

/** The warning of a name that nothing fills, with the one that was probably meant. */
export function unfilled(kind: keyof typeof UNFILLED, name: string, path: Path, known: ReadonlySet<string>): Finding {
  return {
    path,
    code: UNFILLED[kind],
    found: `${kind} ${describeFound(name)}, which no connection brings`,
    expected: 'one that a connection brings',
    suggestion: nearest(name, known),
  };
}
