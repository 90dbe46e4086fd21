import * as z from 'zod';
import type { JsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { Schema } from '../contract.ts';
import type { SalesforceApi } from './client.ts';
import { partsIn } from './deal-people.ts';
import { fullId } from './ids.ts';
import { objectStream } from './object-stream.ts';
import type { Org } from './org.ts';
import { queryAll } from './query.ts';
import { recordId } from './record.ts';
import { inGroups, oneOf } from './soql.ts';
import { always, fitted, type Source, selectFrom } from './source.ts';

const MAPPING = 'deal-of-contact';

export const dealMapping: Mapping = {
  version: 1,
  object: 'contact',
  subject: 'person',
  id: ['contact'],
  at: ['at'],
  identifiers: [{ type: 'salesforce.contact_id', from: 'contact' }],
  activity: {
    id: ['actId'],
    name: { from: 'act', names: { created: 'Deal Created', won: 'Deal Won', lost: 'Deal Lost' } },
    properties: {
      deal_id: { from: 'Id', as: 'string' },
      deal_name: { from: 'Name', as: 'string' },
      amount: { from: 'Amount', as: 'number' },
      // What was really earned, by the name that the Segment spec gives to it: once for a deal that was won.
      revenue: { from: 'revenue', as: 'number' },
      currency: { from: 'currency', as: 'string' },
      stage: { from: 'StageName', as: 'string' },
      close_date: { from: 'CloseDate', as: 'string' },
      deal_type: { from: 'Type', as: 'string' },
      campaign_id: { from: 'CampaignId', as: 'string' },
      role: { from: 'role', as: 'string' },
      primary: { from: 'primary', as: 'boolean' },
      contacts: { from: 'contacts', as: 'number' },
      deleted: { from: 'deleted', as: 'boolean' },
    },
  },
};

/** Something that happened to an opportunity, of one of its contacts. */
export const dealRecord = z.looseObject({
  Id: recordId,
  SystemModstamp: z.string(),
  contact: recordId,
  act: z.string(),
}) as unknown as Schema<JsonObject>;

const deals: Source = {
  object: 'Opportunity',
  fields: ['IsDeleted', 'Name', 'Amount', 'StageName', 'CloseDate', 'IsClosed', 'IsWon', 'Type', 'CreatedDate'],
  // Several currencies, campaigns and the contact of a new opportunity are not in every org or API version.
  optional: ['CurrencyIsoCode', 'CampaignId', 'ContactId'],
  backfillWhere: 'IsDeleted = false',
  mappingsOf: always(MAPPING),
  dress: actsOf,
};

/** An opportunity is not stamped when somebody gains a part in it. */
const roles: Source = {
  object: 'OpportunityContactRole',
  fields: ['OpportunityId'],
  changesOnly: true,
  mayLack: true,
  mappingsOf: always(MAPPING),
  dress: actsOfRoles,
};

export const opportunities = objectStream({
  name: 'opportunities',
  record: dealRecord,
  sources: [deals, roles],
  mappings: { [MAPPING]: dealMapping },
});

/** One record for each thing that happened to an opportunity and each contact of it; none for one without contacts. */
async function actsOf(api: SalesforceApi, org: Org, found: readonly JsonObject[]): Promise<readonly JsonObject[]> {
  const parts = await partsIn(api, org, found);
  return found.flatMap((deal) => {
    const id = fullId(deal.Id);
    // Kept as it is: the record's schema says what is wrong with it.
    if (id === undefined) return [deal];
    const people = parts.get(id) ?? [];
    return people.flatMap((part, nth) =>
      happenings(deal).map(([act, at]) => ({
        ...deal,
        ...part,
        act,
        at,
        actId: `deal-${id}-${act}`,
        contacts: people.length,
        ...currencyOf(deal, api),
        ...moneyOf(deal, { act, first: nth === 0 }),
      })),
    );
  });
}

async function actsOfRoles(api: SalesforceApi, org: Org, found: readonly JsonObject[]): Promise<readonly JsonObject[]> {
  const ids = [...new Set(found.map((role) => fullId(role.OpportunityId)).filter((id) => id !== undefined))];
  const source = await fitted(deals, org);
  const changed: JsonObject[] = [];
  for (const group of inGroups(ids)) {
    changed.push(...(await queryAll(api, `${selectFrom(source)} WHERE ${oneOf('Id', group)}`)));
  }
  return actsOf(api, org, changed);
}

function happenings(deal: JsonObject): (readonly [act: string, at: string | null])[] {
  const made = ['created', typeof deal.CreatedDate === 'string' ? deal.CreatedDate : null] as const;
  if (deal.IsClosed !== true) return [made];
  // Salesforce keeps only the day on which a deal is closed.
  const closed = typeof deal.CloseDate === 'string' ? `${deal.CloseDate}T00:00:00Z` : null;
  return [made, [deal.IsWon === true ? 'won' : 'lost', closed]];
}

function currencyOf(deal: JsonObject, { config }: SalesforceApi): JsonObject {
  const currency = deal.CurrencyIsoCode ?? config.currency;
  return currency === undefined ? {} : { currency };
}

/** Every contact has part in a deal, but its money is counted once, and not at all once the deal is deleted. */
function moneyOf(deal: JsonObject, { act, first }: { readonly act: string; readonly first: boolean }): JsonObject {
  if (deal.IsDeleted === true) return { deleted: true };
  return act === 'won' && first ? { revenue: deal.Amount ?? null } : {};
}
