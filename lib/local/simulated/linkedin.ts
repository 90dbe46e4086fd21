import { createHash } from 'node:crypto';
import { startLinkedin } from '../../../test/vendors/linkedin/server.ts';
import { loadLinkedin } from '../../../test/vendors/world/load-linkedin.ts';
import type { OpenTool } from './tool.ts';

/** The ad account and the page that the connection names. */
export const openLinkedin: OpenTool = async ({ config }, { world, now }) => {
  const { ad_account: adAccount, organization } = config;
  const simulator = await startLinkedin({
    now,
    ...(typeof adAccount === 'string' ? { adAccount } : {}),
    ...(typeof organization === 'string' ? { organization } : {}),
  });
  loadLinkedin(world, simulator);
  // The tool holds hashes: only whoever made the world knows whose they are.
  const addresses = [...world.people, ...world.members].map(({ email }) => email.trim().toLowerCase());
  const known = new Map(addresses.map((one) => [createHash('sha256').update(one).digest('hex'), one]));
  return {
    url: simulator.url,
    secret: simulator.tokens.secret,
    happen() {
      simulator.store.act('COMMENT', 'p000000001', { text: 'This is far too expensive, and I am very disappointed' });
    },
    async sendTo(url) {
      await simulator.subscribe(url);
    },
    retryWebhooks: () => simulator.settleWebhooks(),
    listOf({ matched_audience: name }) {
      const users = [...(simulator.segments.named(String(name))?.users ?? [])];
      const hashes = users.map((user) => user.replace('SHA256_EMAIL ', ''));
      return hashes.map((hash) => ({ type: 'email', value: known.get(hash) ?? hash }));
    },
    close: () => simulator.close(),
  };
};
