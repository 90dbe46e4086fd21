import { isJsonObject } from '../../domain/json.ts';
import type { Mapping, Rule } from '../../domain/mapping.ts';
import type { Config } from './config.ts';

/** The profile mapping with what the connection says: traits of its own properties, and what `external_id` identifies. */
export function withOwnFields(mapping: Mapping, { fields, external_id }: Config): Mapping {
  const traits: Record<string, Rule> = { ...mapping.traits };
  for (const [trait, name] of Object.entries(fields)) traits[trait] = { from: `attributes.properties.${name}` };
  const own = external_id === undefined ? [] : [{ type: external_id, from: 'attributes.external_id' }];
  return { ...mapping, traits, identifiers: [...(mapping.identifiers ?? []), ...own] };
}

/**
 * Klaviyo leaves a property out of a profile that does not have it, or not any more. Only null says that a value is gone,
 * so the properties that the connection names are always there.
 */
export function withEveryField(record: unknown, { fields }: Config): unknown {
  const attributes = isJsonObject(record) ? record.attributes : undefined;
  if (!isJsonObject(record) || !isJsonObject(attributes)) return record;
  const given = attributes.properties ?? {};
  if (!isJsonObject(given)) return record;
  const empty = Object.fromEntries(Object.values(fields).map((name) => [name, null]));
  return { ...record, attributes: { ...attributes, properties: { ...empty, ...given } } };
}

/** The event mapping with the metrics and properties that the connection names; its own win. */
export function withOwnMetrics(mapping: Mapping, { metrics, event_properties }: Config): Mapping {
  const { activity } = mapping;
  if (activity === undefined || typeof activity.name === 'string') return mapping;
  const properties: Record<string, Rule> = { ...activity.properties };
  for (const [property, name] of Object.entries(event_properties)) {
    properties[property] = { from: `attributes.event_properties.${name}` };
  }
  const names = { ...activity.name.names, ...metrics };
  return { ...mapping, activity: { ...activity, name: { ...activity.name, names }, properties } };
}
