import { startKlaviyo } from '../../../test/vendors/klaviyo/server.ts';
import { loadKlaviyo } from '../../../test/vendors/world/load-klaviyo.ts';
import { isFieldTarget } from '../../connectors/define.ts';
import { holdsValue, type OpenTool } from './tool.ts';

export const openKlaviyo: OpenTool = async (_connection, { world, now }) => {
  const simulator = await startKlaviyo({ now });
  const [somebody] = loadKlaviyo(world, simulator).values();
  return {
    url: simulator.url,
    secret: simulator.secret,
    happen() {
      if (somebody !== undefined) simulator.store.unsubscribe(somebody);
    },
    sendTo: (url) => simulator.subscribe(url),
    retryWebhooks: () => simulator.settleWebhooks(),
    listOf(target) {
      const { store } = simulator;
      const profiles = isFieldTarget(target) ? [...store.profiles.values()] : [];
      const holders = profiles.filter((one) =>
        holdsValue(one.attributes.properties?.[String(target.property)], target),
      );
      const listed = store.lists.named(String(target.list))?.members.keys() ?? [];
      return [...holders.map(({ id }) => id), ...listed].map((value) => ({ type: 'klaviyo.profile_id', value }));
    },
    close: () => simulator.close(),
  };
};
