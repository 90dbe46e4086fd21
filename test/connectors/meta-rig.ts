import { type MetaApi, openMeta } from '../../lib/connectors/meta/client.ts';
import { config, secret } from '../../lib/connectors/meta/config.ts';
import { meta } from '../../lib/connectors/meta/index.ts';
import { type MetaOptions, type MetaSimulator, startMeta } from '../vendors/meta/server.ts';
import { type ConnectorRig, openConnectorRig } from './connector-rig.ts';

export type MetaRig = ConnectorRig<MetaSimulator, MetaApi>;

export function openRig(options: Partial<MetaOptions> = {}): Promise<MetaRig> {
  return openConnectorRig({
    name: 'social',
    streams: meta.streams,
    config,
    secret,
    open: openMeta,
    start: (now) => startMeta({ now, ...options }),
    usual: ({ store, adAccount, secret: held }) => ({
      config: { page: store.page, instagram: store.instagram, ad_account: adAccount },
      secret: held,
    }),
  });
}
