import { startHubspot } from '../../../test/vendors/hubspot/server.ts';
import { loadHubspot } from '../../../test/vendors/world/load-hubspot.ts';
import { isFieldTarget } from '../../connectors/define.ts';
import { holdsValue, type OpenTool } from './tool.ts';

export const openHubspot: OpenTool = async (_connection, { world, now }) => {
  const simulator = await startHubspot({ now });
  loadHubspot(world, simulator);
  return {
    url: simulator.url,
    secret: simulator.secret,
    happen() {
      const [contact] = simulator.store.all('contacts');
      if (contact !== undefined) simulator.store.update('contacts', contact.id, { hs_email_optout: 'true' });
    },
    sendTo: (url) => simulator.subscribe(url),
    async retryWebhooks() {
      await simulator.settleWebhooks();
      await simulator.retryWebhooks();
    },
    makeField({ property, value }) {
      const kind = value === true ? 'bool' : typeof value === 'number' ? 'number' : 'text';
      simulator.store.addProperty('contacts', String(property), kind);
    },
    listOf(target) {
      const { store } = simulator;
      const contacts = store.all('contacts').map(({ id, properties }) => [id, properties[String(target.property)]]);
      const holders = contacts.flatMap(([id, held]) => (holdsValue(held, target) ? [id ?? ''] : []));
      const listed = isFieldTarget(target) ? holders : (store.lists.named(String(target.list))?.members.keys() ?? []);
      return [...listed].map((value) => ({ type: 'hubspot.contact_id', value }));
    },
    close: () => simulator.close(),
  };
};
