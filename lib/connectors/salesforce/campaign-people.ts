import type { JsonObject } from '../../domain/json.ts';
import type { Member } from '../contract.ts';
import type { SalesforceApi } from './client.ts';
import { fullId, objectOf } from './ids.ts';
import { queryAll } from './query.ts';
import { inGroups, oneOf, quoted } from './soql.ts';

/**
 * The contacts and leads that each member is in this org, by member id: ids that we were given first, contacts before
 * leads. Addresses are only looked up for members without an id; nobody found = an empty list.
 */
export async function findPeople(
  api: SalesforceApi,
  members: readonly Member[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  const searched = new Map<string, string[]>();
  for (const { memberId, keys } of members) {
    const ids = keys
      .map((key) => (key.type === 'email' ? undefined : fullId(key.value)))
      .filter((id) => id !== undefined);
    if (ids.length > 0) found.set(memberId, ids.filter(isPerson));
    else searched.set(memberId, addressesOf(keys));
  }
  const byAddress = await findByAddress(api, [...new Set([...searched.values()].flat())]);
  for (const [memberId, addresses] of searched)
    found.set(
      memberId,
      addresses.flatMap((one) => byAddress.get(one) ?? []),
    );
  return found;
}

/** The campaign members that these people are: a person can be one as contact and as lead. */
export async function findCampaignMembers(
  api: SalesforceApi,
  campaign: string,
  people: ReadonlyMap<string, readonly string[]>,
): Promise<{ readonly memberId: string; readonly id: string }[]> {
  const owners = new Map<string, string>();
  for (const [memberId, ids] of people) for (const id of ids) owners.set(id, memberId);
  const found: { memberId: string; id: string }[] = [];
  for (const group of inGroups([...owners.keys()], 5_000)) {
    const soql = `SELECT Id, ContactId, LeadId FROM CampaignMember WHERE CampaignId = ${quoted(campaign)} AND (${oneOf('ContactId', group)} OR ${oneOf('LeadId', group)})`;
    for (const { Id, ContactId, LeadId } of await queryAll(api, soql, { deleted: false })) {
      const memberId = owners.get(String(ContactId)) ?? owners.get(String(LeadId));
      if (typeof Id === 'string' && memberId !== undefined) found.push({ memberId, id: Id });
    }
  }
  return found;
}

/** What an addition of a person writes. Several values are several of a multi-select picklist. */
export function campaignMember(api: SalesforceApi, campaign: string, person: string, fields: JsonObject): JsonObject {
  const stored = Object.entries(fields).map(([field, value]) => [
    field,
    Array.isArray(value) ? value.map(String).join(';') : value,
  ]);
  return {
    ...Object.fromEntries(stored),
    CampaignId: campaign,
    [objectOf(person) === 'Lead' ? 'LeadId' : 'ContactId']: person,
    Status: api.config.member_status,
  };
}

async function findByAddress(
  api: SalesforceApi,
  addresses: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const group of inGroups(addresses)) {
    const match = oneOf('Email', group);
    // Oldest first, so that the same one of several records with an address is chosen every time. A converted lead
    // lives on as its contact.
    const queries = [
      `SELECT Id, Email FROM Contact WHERE ${match} ORDER BY Id`,
      `SELECT Id, Email FROM Lead WHERE ${match} AND IsConverted = false ORDER BY Id`,
    ];
    for (const soql of queries) {
      for (const { Id, Email } of await queryAll(api, soql, { deleted: false })) {
        if (typeof Id !== 'string' || typeof Email !== 'string') continue;
        const address = Email.toLowerCase();
        found.set(address, [...(found.get(address) ?? []), Id]);
      }
    }
  }
  return found;
}

function addressesOf(keys: Member['keys']): string[] {
  return keys.filter(({ type }) => type === 'email').map(({ value }) => value.trim().toLowerCase());
}

function isPerson(id: string): boolean {
  const object = objectOf(id);
  return object === 'Contact' || object === 'Lead';
}
