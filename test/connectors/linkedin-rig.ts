import { type LinkedinApi, openLinkedin } from '../../lib/connectors/linkedin/client.ts';
import { config, secret } from '../../lib/connectors/linkedin/config.ts';
import { linkedin } from '../../lib/connectors/linkedin/index.ts';
import { type LinkedinOptions, type LinkedinSimulator, startLinkedin } from '../vendors/linkedin/server.ts';
import { type ConnectorRig, openConnectorRig } from './connector-rig.ts';

export type LinkedinRig = ConnectorRig<LinkedinSimulator, LinkedinApi>;

export function openRig(options: Partial<LinkedinOptions> = {}): Promise<LinkedinRig> {
  return openConnectorRig({
    name: 'social',
    streams: linkedin.streams,
    config,
    secret,
    open: openLinkedin,
    start: (now) => startLinkedin({ now, ...options }),
    usual: ({ store, tokens }) => ({
      config: { ad_account: store.adAccount, organization: store.organization, source_platform: 'EXAMPLE' },
      secret: { access_token: tokens.secret.access_token },
    }),
  });
}
