import { type KlaviyoApi, openKlaviyo } from '../../lib/connectors/klaviyo/client.ts';
import { config, secret } from '../../lib/connectors/klaviyo/config.ts';
import { klaviyo } from '../../lib/connectors/klaviyo/index.ts';
import { type KlaviyoOptions, type KlaviyoSimulator, startKlaviyo } from '../vendors/klaviyo/server.ts';
import { type ConnectorRig, openConnectorRig } from './connector-rig.ts';

export type KlaviyoRig = ConnectorRig<KlaviyoSimulator, KlaviyoApi>;

export function openRig(options: Partial<KlaviyoOptions> = {}): Promise<KlaviyoRig> {
  return openConnectorRig({
    name: 'shop',
    streams: klaviyo.streams,
    config,
    secret,
    open: openKlaviyo,
    start: (now) => startKlaviyo({ now, ...options }),
    usual: (vendor) => ({ config: {}, secret: vendor.secret }),
  });
}
