import type { Mapping, Rule } from '../../domain/mapping.ts';
import type { SalesforceConfig } from './config.ts';
import type { Source } from './source.ts';

/** Objects that a field without an object's name belongs to: those that are people. */
const PEOPLE = new Set(['Contact', 'Lead']);

/** The workspace's own fields of one object: trait to field name. */
export function fieldsOf(config: SalesforceConfig, object: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [trait, names] of Object.entries(config.fields)) {
    for (const name of [names].flat()) {
      const [owner, field] = name.includes('.') ? name.split('.') : [undefined, name];
      if (field !== undefined && (owner === undefined ? PEOPLE.has(object) : owner === object))
        fields.set(trait, field);
    }
  }
  return fields;
}

/** A source that reads the workspace's own fields too. */
export function withFields(source: Source, config: SalesforceConfig): Source {
  return { ...source, fields: [...source.fields, ...fieldsOf(config, source.object).values()] };
}

/** A mapping that makes traits of the workspace's own fields; they win over the mapping's own. */
export function withTraits(mapping: Mapping, object: string, config: SalesforceConfig): Mapping {
  if (mapping.activity !== undefined) return mapping;
  const added: Record<string, Rule> = {};
  for (const [trait, from] of fieldsOf(config, object)) added[trait] = { from };
  return { ...mapping, traits: { ...mapping.traits, ...added } };
}
