import { startFormTool } from '../../../test/vendors/forms/server.ts';
import type { OpenTool } from './tool.ts';

/** A form that nobody has answered yet: the made-up people do not, but whoever rehearses can. Only Typeform is read. */
export const openForms: OpenTool = async ({ config }, { now }) => {
  if (config.preset !== 'typeform') return undefined;
  const simulator = await startFormTool({ now, form: String(config.form ?? 'simulated') });
  return {
    url: simulator.url,
    secret: simulator.secret,
    sendTo: (url) => simulator.sender.subscribe(url),
    async retryWebhooks() {
      await simulator.sender.retryDue();
    },
    close: () => simulator.close(),
  };
};
