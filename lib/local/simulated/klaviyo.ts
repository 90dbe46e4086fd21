import { startKlaviyo } from '../../../test/vendors/klaviyo/server.ts';
import { loadKlaviyo } from '../../../test/vendors/world/load-klaviyo.ts';
import type { OpenTool } from './tool.ts';

export const openKlaviyo: OpenTool = async (_connection, { world, now }) => {
  const simulator = await startKlaviyo({ now });
  loadKlaviyo(world, simulator);
  return {
    url: simulator.url,
    secret: simulator.secret,
    sendTo: (url) => simulator.subscribe(url),
    retryWebhooks: () => simulator.settleWebhooks(),
    listOf({ list }) {
      const members = simulator.store.lists.named(String(list))?.members.keys() ?? [];
      return [...members].map((value) => ({ type: 'klaviyo.profile_id', value }));
    },
    close: () => simulator.close(),
  };
};
