import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { ConsentRule, Mapping, Rule } from '../../domain/mapping.ts';
import type { Config } from './config.ts';
import type { Source } from './source.ts';

/** The workspace's own properties of one kind of object: trait to property. */
function fieldsOf({ fields }: Config, object: string): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  for (const [trait, name] of Object.entries(fields)) {
    const [owner, property] = name.startsWith('company.')
      ? ['companies', name.slice('company.'.length)]
      : ['contacts', name];
    if (owner === object) own.set(trait, property);
  }
  return own;
}

/** A source that reads the workspace's own properties too, and says so when one does not exist. */
export function withFields(source: Source, config: Config): Source {
  const optOuts = source.object === 'contacts' ? Object.values(config.opt_outs) : [];
  const own = [...fieldsOf(config, source.object).values(), ...optOuts];
  if (own.length === 0) return source;
  return {
    ...source,
    properties: [...source.properties, ...own],
    dress: async (api, found) => {
      refuseVanished(source.object, own, found);
      return source.dress(api, found);
    },
  };
}

/**
 * HubSpot leaves a property that does not exist out of its answers without a word, and answers null for one that is
 * empty. Without this check a renamed property would look like people who have no value.
 */
function refuseVanished(object: string, own: readonly string[], found: readonly unknown[]): void {
  const told = found.flatMap((one) => (isJsonObject(one) && isJsonObject(one.properties) ? [one.properties] : []));
  const vanished = told.length === 0 ? [] : own.filter((name) => told.every((one) => !Object.hasOwn(one, name)));
  if (vanished.length === 0) return;
  throw new TributaryError(
    'config',
    'hubspot/unknown-property',
    `${object} have no property ${vanished.join(', ')}; correct fields or opt_outs of the connection`,
  );
}

/** A mapping with the workspace's own traits and opt-outs; own traits win over the mapping's. */
export function withTraits(mapping: Mapping, object: string, config: Config): Mapping {
  if (mapping.activity !== undefined) return mapping;
  const traits: Record<string, Rule> = {};
  for (const [trait, name] of fieldsOf(config, object)) traits[trait] = { from: `properties.${name}` };
  const optOuts = object === 'contacts' ? Object.entries(config.opt_outs) : [];
  const subscriptions = object === 'contacts' ? Object.entries(config.subscriptions) : [];
  const consent = [
    ...optOuts.map(([topic, name]) => optOutOf(topic, name)),
    ...subscriptions.flatMap(([topic, id]) => subscriptionOf(topic, id)),
  ];
  return {
    ...mapping,
    traits: { ...mapping.traits, ...traits },
    ...(consent.length === 0 ? {} : { consent: [...(mapping.consent ?? []), ...consent] }),
  };
}

/** A property of a contact that is true once its person wants nothing of a topic any more. */
export function optOutOf(topic: string, property: string): ConsentRule {
  return {
    topic,
    from: `properties.${property}`,
    address: 'properties.email',
    // False is no permission: it only says that nobody has opted out.
    granted: [],
    denied: ['true'],
    // HubSpot sets it when people follow the link in a mail; as a company's word it would lose against another's "yes".
    by: 'person',
    source: property,
  };
}

/** How a contact stands to one type of subscription. A "yes" may come from an import, so it is no more than the company's word. */
function subscriptionOf(topic: string, id: number): readonly ConsentRule[] {
  const rule = {
    topic,
    from: `subscriptions.${id}.status`,
    address: 'properties.email',
    source: `HubSpot subscription ${id}`,
    at: `subscriptions.${id}.timestamp`,
  };
  return [
    { ...rule, granted: ['SUBSCRIBED'], denied: [], by: 'company' },
    { ...rule, granted: [], denied: ['UNSUBSCRIBED'], by: 'person' },
  ];
}
