import { startGoogleAnalytics } from '../../../test/vendors/google-analytics/server.ts';
import type { OpenTool } from './tool.ts';

const DAY = 24 * 3_600_000;
/** Visits of one day by channel: a week has its quiet days. */
const channels = { Direct: 12, 'Organic Search': 20, Email: 8, 'Paid Social': 5 };

/** A property that counted visits of the last weeks, and that counts one more to a day that is over. */
export const openGoogleAnalytics: OpenTool = async ({ config }, { world, now }) => {
  const simulator = await startGoogleAnalytics({ now, id: String(config.property ?? '') });
  const dayOf = (back: number): string => new Date(Date.parse(world.now) - back * DAY).toISOString().slice(0, 10);
  for (let back = 1; back <= 28; back += 1) {
    for (const [channel, visits] of Object.entries(channels)) {
      simulator.property.visit(
        dayOf(back),
        { sessionDefaultChannelGroup: channel },
        { times: visits - (back % 7 === 0 ? 4 : 0) },
      );
    }
  }
  return {
    url: simulator.url,
    secret: simulator.secret,
    happen: () => simulator.property.visit(dayOf(1), { sessionDefaultChannelGroup: 'Email' }, { times: 3 }),
    close: () => simulator.close(),
  };
};
