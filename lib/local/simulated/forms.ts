import { startFormTool } from '../../../test/vendors/forms/server.ts';
import type { OpenTool } from './tool.ts';

/** A form that nobody has answered yet when the day begins. Only Typeform is simulated. */
export const openForms: OpenTool = async ({ config }, { world, now }) => {
  if (config.preset !== 'typeform') return undefined;
  const simulator = await startFormTool({ now, form: String(config.form ?? 'simulated') });
  return {
    url: simulator.url,
    secret: simulator.secret,
    async happen() {
      for (const [n, { email }] of world.members.slice(0, 3).entries()) {
        await simulator.submit({
          answers: [
            { type: 'email', email: email.trim(), field: { id: 'f1', type: 'email', ref: 'email' } },
            { type: 'number', number: 3 * n + 3, field: { id: 'f2', type: 'opinion_scale', ref: 'nps' } },
            { type: 'boolean', boolean: true, field: { id: 'f3', type: 'yes_no', ref: 'newsletter' } },
          ],
        });
      }
    },
    sendTo: (url) => simulator.sender.subscribe(url),
    async retryWebhooks() {
      await simulator.sender.retryDue();
    },
    close: () => simulator.close(),
  };
};
