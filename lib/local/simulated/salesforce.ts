import { type SalesforceSimulator, startSalesforce } from '../../../test/vendors/salesforce/server.ts';
import { loadSalesforce } from '../../../test/vendors/world/load-salesforce.ts';
import { isFieldTarget } from '../../connectors/define.ts';
import type { Identifier } from '../../domain/change.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { holdsValue, type OpenTool } from './tool.ts';

export const openSalesforce: OpenTool = async (_connection, { world, now }) => {
  const simulator = await startSalesforce({ now });
  return {
    url: simulator.url,
    secret: simulator.secret,
    part: { salesforce: simulator, ids: loadSalesforce(world, simulator) },
    makeField({ field, value, object }) {
      const type = value === true ? 'boolean' : typeof value === 'number' ? 'double' : 'string';
      simulator.store.declareField(object === 'lead' ? 'Lead' : 'Contact', String(field), type);
    },
    relayTo: (put) => simulator.relayChanges(({ detailType, detail }) => put({ detailType, detail: detail as Json })),
    retryWebhooks: () => simulator.settleEvents(),
    listOf(target) {
      if (isFieldTarget(target)) return holdersOf(simulator, target);
      const campaign = simulator.store.all('Campaign').find((row) => row.Name === target.campaign);
      return simulator.store
        .all('CampaignMember')
        .filter((row) => row.CampaignId === campaign?.Id)
        .map((row) =>
          typeof row.ContactId === 'string'
            ? { type: 'salesforce.contact_id', value: row.ContactId }
            : { type: 'salesforce.lead_id', value: String(row.LeadId) },
        );
    },
    close: () => simulator.close(),
  };
};

function holdersOf({ store }: SalesforceSimulator, target: JsonObject): readonly Identifier[] {
  const object = target.object === 'lead' ? 'Lead' : 'Contact';
  const name = store.table(object).schema.fields.get(String(target.field).toLowerCase())?.name ?? '';
  return store
    .all(object)
    .filter((row) => holdsValue(row[name], target))
    .map(({ Id }) => ({ type: `salesforce.${object.toLowerCase()}_id`, value: Id }));
}
