import { startSendgrid } from '../../../test/vendors/sendgrid/server.ts';
import { loadSendgrid } from '../../../test/vendors/world/load-sendgrid.ts';
import type { OpenTool } from './tool.ts';

export const openSendgrid: OpenTool = async (_connection, { world, now }) => {
  const simulator = await startSendgrid({ now });
  loadSendgrid(world, simulator);
  return {
    url: simulator.url,
    secret: simulator.secret,
    happen() {
      const [member] = world.members;
      if (member !== undefined) simulator.happen({ event: 'unsubscribe', email: member.email.trim(), at: now() });
    },
    sendTo: (url) => simulator.subscribe(url),
    retryWebhooks: () => simulator.settleWebhooks(),
    listOf({ list }) {
      simulator.jobs.work();
      const { contacts, listNamed } = simulator.store;
      const id = listNamed(String(list))?.id ?? '';
      return [...contacts.values()].flatMap((one) =>
        one.lists.has(id) ? [{ type: 'sendgrid.contact_id', value: one.id }] : [],
      );
    },
    close: () => simulator.close(),
  };
};
