import { startHubspot } from '../../../test/vendors/hubspot/server.ts';
import { loadHubspot } from '../../../test/vendors/world/load-hubspot.ts';
import type { OpenTool } from './tool.ts';

export const openHubspot: OpenTool = async (_connection, { world, now }) => {
  const simulator = await startHubspot({ now });
  loadHubspot(world, simulator);
  return {
    url: simulator.url,
    secret: simulator.secret,
    sendTo: (url) => simulator.subscribe(url),
    async retryWebhooks() {
      await simulator.settleWebhooks();
      await simulator.retryWebhooks();
    },
    listOf({ list }) {
      const members = simulator.store.lists.named(String(list))?.members.keys() ?? [];
      return [...members].map((value) => ({ type: 'hubspot.contact_id', value }));
    },
    close: () => simulator.close(),
  };
};
