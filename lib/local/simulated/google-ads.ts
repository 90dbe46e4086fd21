import { startGoogleAds } from '../../../test/vendors/google-ads/server.ts';
import { hashedAs } from '../../../test/vendors/google-ads/store.ts';
import type { OpenTool } from './tool.ts';

/** An advertiser whose lists hold hashes; who stands behind one is known of the world's people only. */
export const openGoogleAds: OpenTool = async ({ config }, { world, now }) => {
  const simulator = await startGoogleAds({ now, customer: String(config.customer_id).replaceAll('-', '') });
  const addresses = [...new Set([...world.people, ...world.members].map(({ email }) => email.trim().toLowerCase()))];
  for (const address of addresses) simulator.store.know(address);
  return {
    url: simulator.url,
    secret: simulator.secret,
    listOf({ user_list }) {
      simulator.store.settle();
      const told = simulator.store.named(String(user_list))?.told;
      return addresses
        .filter((value) => told?.has(hashedAs(value)) === true)
        .map((value) => ({ type: 'email', value }));
    },
    close: () => simulator.close(),
  };
};
