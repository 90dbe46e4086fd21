import { googleAds } from '../../../lib/connectors/google-ads/index.ts';
import type { Scenario } from '../../conformance/scenario.ts';
import { simulatedKeyFile } from '../google-sign-in.ts';
import { type GoogleAdsSimulator, startGoogleAds } from './server.ts';
import { hashedAs } from './store.ts';

const LIST = 'Conformance list';
const KNOWN = ['known0@example.com', 'known1@example.com', 'known2@example.com'];

const STRANGER = 'stranger@example.org';
/** A list holds hashes; these are of everybody whom the suite knows or makes up to fill a batch. */
const hashes = new Map(
  [...KNOWN, STRANGER, ...Array.from({ length: 10_000 }, (_, n) => `n${n}.${STRANGER}`)].map((address) => [
    hashedAs(address),
    address,
  ]),
);

/** How the conformance suite sees Google Ads. */
export const googleAdsScenario: Scenario<GoogleAdsSimulator> = {
  connector: googleAds,
  config: { customer_id: '769-372-9833', customer_match_terms: 'accepted' },
  secret: { ...simulatedKeyFile() },
  start: (now) => startGoogleAds({ now }),
  secrets: [
    // A line of the key: a log may break it elsewhere.
    simulatedKeyFile().private_key.split('\n')[3] ?? '',
    'ya29.',
    '@example.com',
    '@example.org',
    'PRIVATE KEY',
  ],
  streams: {},
  audience: {
    target: { user_list: LIST },
    seed({ store }) {
      for (const address of KNOWN) store.know(address);
      return {
        known: KNOWN.map((value) => ({ type: 'email', value })),
        stranger: { type: 'email', value: STRANGER },
        refused: [],
      };
    },
    remote({ store }) {
      store.settle();
      const told = store.named(LIST)?.told;
      return [...hashes].flatMap(([hash, address]) => (told?.has(hash) === true ? [address] : [])).sort();
    },
    fault: ({ faults }, kind) =>
      faults.add({ kind: kind === 'rate-limit' ? 'exhausted' : 'error-after-accepting', on: ['write'] }),
  },
};
