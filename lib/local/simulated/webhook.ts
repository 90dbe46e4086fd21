import { startReceiver } from '../../../test/vendors/webhook/server.ts';
import type { OpenTool } from './tool.ts';

/** A channel that reaches everybody who has an address. */
export const openWebhook: OpenTool = async (_connection, { world, now }) => {
  const simulator = await startReceiver({ now });
  simulator.lists.know(...[...world.people, ...world.members].map(({ email }) => email));
  return {
    url: simulator.url,
    secret: simulator.secret,
    listOf: ({ list }) => simulator.lists.on(String(list)).map((value) => ({ type: 'email', value })),
    close: () => simulator.close(),
  };
};
