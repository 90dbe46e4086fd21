import type { HubspotSimulator } from '../../test/vendors/hubspot/server.ts';
import type { KlaviyoSimulator } from '../../test/vendors/klaviyo/server.ts';
import type { Mailchimp } from '../../test/vendors/mailchimp/simulator.ts';
import type { SalesforceSimulator } from '../../test/vendors/salesforce/server.ts';
import { isFieldTarget } from '../connectors/define.ts';
import type { Identifier } from '../domain/change.ts';
import type { Definitions } from '../domain/definitions.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';

interface Named<Simulator> {
  /** The connection. */
  readonly name: string;
  readonly simulator: Simulator;
}

/** The simulated tools in which audiences can be fields. */
export interface FieldTools {
  readonly crm: Named<SalesforceSimulator> | undefined;
  readonly mail: (Named<Mailchimp> & { readonly list: string }) | undefined;
  readonly hub: Named<HubspotSimulator> | undefined;
  readonly shop: Named<KlaviyoSimulator> | undefined;
}

/** Makes the fields that audiences write, as whoever runs the tools would have made them. Klaviyo needs none made. */
export function makeFields({ audiences }: Pick<Definitions, 'audiences'>, { crm, mail, hub }: FieldTools): void {
  for (const { connection, target } of audiences) {
    if (!isJsonObject(target) || !isFieldTarget(target)) continue;
    const { value } = target;
    if (connection === crm?.name) {
      const type = value === true ? 'boolean' : typeof value === 'number' ? 'double' : 'string';
      crm.simulator.store.declareField(objectIn(target), String(target.field), type);
    }
    if (connection === mail?.name) {
      const type = typeof value === 'number' ? 'number' : 'text';
      mail.simulator.addMergeField(mail.list, { tag: String(target.merge_field), type });
    }
    if (connection === hub?.name) {
      const type = value === true ? 'bool' : typeof value === 'number' ? 'number' : 'text';
      hub.simulator.store.addProperty('contacts', String(target.property), type);
    }
  }
}

/** Who holds an audience's value in the tool itself, as identifiers; undefined where the target means a list. */
export function holdersOf(
  { crm, mail, hub, shop }: FieldTools,
  connection: string,
  target: Json,
): readonly Identifier[] | undefined {
  if (!isJsonObject(target) || !isFieldTarget(target)) return undefined;
  const holds = (held: unknown): boolean => String(held) === String(target.value);
  if (connection === crm?.name) {
    const object = objectIn(target);
    const type = `salesforce.${object.toLowerCase()}_id`;
    const field = String(target.field).toLowerCase();
    const name = crm.simulator.store.table(object).schema.fields.get(field)?.name ?? '';
    const rows = crm.simulator.store.all(object).filter((row) => holds(row[name]));
    return rows.map(({ Id }) => ({ type, value: Id }));
  }
  if (connection === mail?.name) {
    const members = mail.simulator.members(mail.list).filter((one) => one.status !== 'archived');
    return members
      .filter(({ mergeFields }) => holds(mergeFields[String(target.merge_field)]))
      .map(({ email }) => ({ type: 'email', value: email }));
  }
  if (connection === hub?.name) {
    const contacts = hub.simulator.store.all('contacts');
    return contacts
      .filter(({ properties }) => holds(properties[String(target.property)]))
      .map(({ id }) => ({ type: 'hubspot.contact_id', value: id }));
  }
  if (connection !== shop?.name) return [];
  return [...shop.simulator.store.profiles.values()]
    .filter(({ attributes }) => holds(attributes.properties?.[String(target.property)]))
    .map(({ id }) => ({ type: 'klaviyo.profile_id', value: id }));
}

function objectIn({ object }: JsonObject): 'Contact' | 'Lead' {
  return object === 'lead' ? 'Lead' : 'Contact';
}
