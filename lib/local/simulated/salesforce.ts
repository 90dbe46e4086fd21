import { startSalesforce } from '../../../test/vendors/salesforce/server.ts';
import { loadSalesforce } from '../../../test/vendors/world/load-salesforce.ts';
import type { OpenTool } from './tool.ts';

export const openSalesforce: OpenTool = async (_connection, { world, now }) => {
  const simulator = await startSalesforce({ now });
  return {
    url: simulator.url,
    secret: simulator.secret,
    part: { salesforce: simulator, ids: loadSalesforce(world, simulator) },
    listOf({ campaign: name }) {
      const campaign = simulator.store.all('Campaign').find((row) => row.Name === name);
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
