import * as z from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { Schema } from '../contract.ts';
import { associatedWith, idsOf } from './associated.ts';
import type { HubspotApi } from './client.ts';
import type { Config } from './config.ts';
import { objectStream } from './object-stream.ts';
import { properties, recordId } from './record.ts';

export const dealMapping: Mapping = {
  version: 1,
  object: 'contact',
  subject: 'person',
  id: ['contact'],
  at: ['at'],
  identifiers: [{ type: 'hubspot.contact_id', from: 'contact' }],
  activity: {
    id: ['actId'],
    name: { from: 'act', names: { created: 'Deal Created', won: 'Deal Won', lost: 'Deal Lost' } },
    properties: {
      deal_id: { from: 'id', as: 'string' },
      deal_name: { from: 'properties.dealname', as: 'string' },
      amount: { from: 'properties.amount', as: 'number' },
      // What was really earned, by the name that the Segment spec gives to it: once for a deal that was won.
      revenue: { from: 'revenue', as: 'number' },
      currency: { from: 'currency', as: 'string' },
      stage: { from: 'properties.dealstage', as: 'string' },
      pipeline: { from: 'properties.pipeline', as: 'string' },
      deal_type: { from: 'properties.dealtype', as: 'string' },
      contacts: { from: 'contacts', as: 'number' },
    },
  },
};

/** Something that happened to a deal, of one of its contacts. */
export const dealRecord = z.looseObject({
  id: recordId,
  properties,
  contact: recordId,
  act: z.string(),
}) as unknown as Schema<JsonObject>;

export const deals = objectStream({
  name: 'deals',
  record: dealRecord,
  sources: [
    {
      object: 'deals',
      changed: 'hs_lastmodifieddate',
      properties: [
        'dealname',
        'amount',
        'deal_currency_code',
        'dealstage',
        'pipeline',
        'dealtype',
        'createdate',
        'closedate',
        'hs_is_closed',
        'hs_is_closed_won',
      ],
      dress: actsOf,
    },
  ],
  mapping: dealMapping,
  // What happened to a deal stays true when the deal is deleted.
  reread: { gone: () => [] },
});

/** One record for each thing that happened to a deal and each contact of it; none for a deal without contacts. */
async function actsOf(api: HubspotApi, found: readonly unknown[]): Promise<readonly unknown[]> {
  const contacts = await associatedWith(api, 'deals', 'contacts', idsOf(found));
  // A deal that names no currency counts in the account's own.
  const { companyCurrency } = found.length === 0 ? { companyCurrency: null } : await api.account();
  return found.flatMap((deal) => {
    if (!isJsonObject(deal) || !isJsonObject(deal.properties) || typeof deal.id !== 'string') return [deal];
    const people = contacts.get(deal.id) ?? [];
    const happened = happenings(deal.properties, api.config);
    return people.flatMap(({ id: contact }, nth) =>
      happened.map(([act, at]) => ({
        ...deal,
        contact,
        act,
        at,
        actId: `deal-${deal.id as string}-${act}`,
        // Every contact has part in a deal, but its money is counted once: with the contact of the lowest number.
        ...(act === 'won' && nth === 0 ? { revenue: (deal.properties as JsonObject).amount ?? null } : {}),
        currency: (deal.properties as JsonObject).deal_currency_code ?? companyCurrency ?? null,
        contacts: people.length,
      })),
    );
  });
}

function happenings(deal: JsonObject, config: Config): (readonly [string, Json])[] {
  const made = ['created', deal.createdate ?? null] as const;
  const end = endOf(deal, config);
  return end === undefined ? [made] : [made, [end, deal.closedate ?? deal.hs_lastmodifieddate ?? null]];
}

/** HubSpot works out whether a stage means won or lost; where it does not say so, the connection's stages do. */
function endOf(deal: JsonObject, { won_stages, lost_stages }: Config): 'won' | 'lost' | undefined {
  const stage = String(deal.dealstage ?? '');
  if (deal.hs_is_closed_won === 'true') return 'won';
  // Silence is no loss: a property that is hidden or renamed says nothing.
  if (deal.hs_is_closed === 'true' && typeof deal.hs_is_closed_won === 'string') return 'lost';
  if (deal.hs_is_closed === 'false') return undefined;
  if (won_stages.includes(stage)) return 'won';
  return lost_stages.includes(stage) ? 'lost' : undefined;
}
