import { startMailchimp } from '../../../test/vendors/mailchimp/simulator.ts';
import { loadMailchimp } from '../../../test/vendors/world/load-mailchimp.ts';
import { isFieldTarget } from '../../connectors/define.ts';
import { holdsValue, type OpenTool } from './tool.ts';

const WEBHOOK_SECRET = 'a-secret-of-the-simulated-tools';

export const openMailchimp: OpenTool = async ({ config }, { world, now }) => {
  const simulator = await startMailchimp({ now });
  const list = String(config.list);
  loadMailchimp(world, simulator, list);
  // One record that nobody can read, so that the quarantine has something to show.
  const unreadable = world.members.find(({ status }) => status === 'cleaned');
  if (unreadable !== undefined) simulator.corrupt(list, unreadable.email, { last_changed: 'yesterday' });
  return {
    url: simulator.url,
    secret: { api_key: simulator.apiKey, webhook_secret: WEBHOOK_SECRET },
    part: { mailchimp: simulator, list },
    async sendTo(url) {
      await simulator.addWebhook(list, `${url}?secret=${WEBHOOK_SECRET}`);
    },
    async retryWebhooks() {
      await simulator.retryWebhooks();
    },
    makeField: ({ merge_field, value }) =>
      simulator.addMergeField(list, { tag: String(merge_field), type: typeof value === 'number' ? 'number' : 'text' }),
    listOf(target) {
      const { tag, static_segment, merge_field } = target;
      const held = simulator.members(list).filter(({ status }) => status !== 'archived');
      const holders = held.filter(({ mergeFields }) => holdsValue(mergeFields[String(merge_field)], target));
      const listed = isFieldTarget(target)
        ? holders.map(({ email }) => email)
        : simulator.tagged(list, String(tag ?? static_segment), { anyStatus: true });
      return listed.map((value) => ({ type: 'email', value }));
    },
    close: () => simulator.close(),
  };
};
