import { createHash } from 'node:crypto';
import { startMeta } from '../../../test/vendors/meta/server.ts';
import { loadMeta } from '../../../test/vendors/world/load-meta.ts';
import type { OpenTool } from './tool.ts';

/** The page, the Instagram account and the ad account that the connection names. */
export const openMeta: OpenTool = async ({ config }, { world, now }) => {
  const { page, instagram, ad_account: account } = config;
  const simulator = await startMeta({
    now,
    ...(typeof page === 'string' ? { page } : {}),
    ...(typeof instagram === 'string' ? { instagram } : {}),
    ...(typeof account === 'string' ? { adAccount: account.replace('act_', '') } : {}),
  });
  loadMeta(world, simulator);
  // The tool holds hashes: only whoever made the world knows whose they are.
  const addresses = [...world.people, ...world.members].map(({ email }) => email.trim().toLowerCase());
  const known = new Map(addresses.map((one) => [createHash('sha256').update(one).digest('hex'), one]));
  return {
    url: simulator.url,
    secret: simulator.secret,
    happen() {
      simulator.store.mention({ id: '24601000001', name: 'Somebody' }, 'What a wonderful parcel, I love it');
      simulator.store.mentionOnInstagram('somebody.else', 'Look what came by @example, awful delivery', {
        in: 'media',
      });
    },
    async sendTo(url) {
      await simulator.subscribe(url);
    },
    retryWebhooks: () => simulator.settleWebhooks(),
    listOf({ custom_audience: name }) {
      const rows = simulator.audiences.named(String(name))?.rows ?? [];
      return rows.map(({ EMAIL = '' }) => ({ type: 'email', value: known.get(EMAIL) ?? EMAIL }));
    },
    close: () => simulator.close(),
  };
};
