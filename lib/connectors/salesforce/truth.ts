import * as z from 'zod';
import type { Identifier } from '../../domain/change.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { ListedMember, ListPage, Member, Standing, Truth } from '../contract.ts';
import { findPeople } from './campaign-people.ts';
import type { SalesforceApi } from './client.ts';
import { fullId, objectOf } from './ids.ts';
import { queryAll } from './query.ts';
import { inGroups, oneOf, quoted } from './soql.ts';

const LIST_PAGE = 2000;

const position = z.strictObject({ v: z.literal(1), id: z.string() });

/** The real members of a campaign. Salesforce knows no reason that keeps a contact or lead out of one. */
export const truth: Truth<SalesforceApi> = { find: findCampaign, members, standing };

/** The oldest of several campaigns with that name, so that two runs never choose two. */
export async function findCampaign(api: SalesforceApi, to: Json): Promise<{ remoteId: string } | undefined> {
  const name = isJsonObject(to) ? String(to.campaign) : '';
  const soql = `SELECT Id FROM Campaign WHERE Name = ${quoted(name)} ORDER BY CreatedDate, Id LIMIT 1`;
  const [found] = await queryAll(api, soql, { deleted: false });
  return typeof found?.Id === 'string' ? { remoteId: found.Id } : undefined;
}

async function* members(
  api: SalesforceApi,
  remoteId: string,
  { signal, after }: { readonly signal: AbortSignal; readonly after?: Json },
): AsyncIterable<ListPage> {
  let last = position.safeParse(after).data?.id ?? '';
  while (!signal.aborted) {
    const beyond = last === '' ? '' : ` AND Id > ${quoted(last)}`;
    const soql = `SELECT Id, ContactId, LeadId, Contact.Email, Lead.Email FROM CampaignMember WHERE CampaignId = ${quoted(remoteId)}${beyond} ORDER BY Id LIMIT ${LIST_PAGE}`;
    const records = await queryAll(api, soql, { deleted: false });
    last = String(records.at(-1)?.Id ?? '');
    const more = records.length === LIST_PAGE;
    yield { members: records.map(listed), ...(more ? { next: { v: 1, id: last } } : {}) };
    if (!more) return;
  }
}

/** By id and by address: a push may have found the person by either. */
function listed({ ContactId, LeadId, Contact, Lead }: JsonObject): ListedMember {
  const contact = fullId(ContactId);
  const lead = fullId(LeadId);
  const address = emailOf(contact === undefined ? Lead : Contact);
  const keys: Identifier[] = [];
  if (contact !== undefined) keys.push({ type: 'salesforce.contact_id', value: contact });
  else if (lead !== undefined) keys.push({ type: 'salesforce.lead_id', value: lead });
  if (address !== undefined) keys.push({ type: 'email', value: address });
  return { keys, standing: 'reachable' };
}

async function standing(api: SalesforceApi, asked: readonly Member[]): Promise<ReadonlyMap<string, Standing>> {
  const people = await findPeople(api, asked);
  const alive = new Set<string>();
  for (const object of ['Contact', 'Lead'] as const) {
    const ids = [...new Set([...people.values()].flat())].filter((id) => objectOf(id) === object);
    for (const group of inGroups(ids)) {
      const soql = `SELECT Id FROM ${object} WHERE ${oneOf('Id', group)}`;
      for (const { Id } of await queryAll(api, soql, { deleted: false })) alive.add(String(Id));
    }
  }
  const known = asked.filter(({ memberId }) => people.get(memberId)?.some((id) => alive.has(id)) === true);
  return new Map(known.map(({ memberId }) => [memberId, 'reachable']));
}

function emailOf(person: Json | undefined): string | undefined {
  return isJsonObject(person) && typeof person.Email === 'string' ? person.Email : undefined;
}
