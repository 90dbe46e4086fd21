import { type HubspotApi, openHubspot } from '../../lib/connectors/hubspot/client.ts';
import { config, secret } from '../../lib/connectors/hubspot/config.ts';
import { hubspot } from '../../lib/connectors/hubspot/index.ts';
import { type HubspotOptions, type HubspotSimulator, startHubspot } from '../vendors/hubspot/server.ts';
import { type ConnectorRig, openConnectorRig } from './connector-rig.ts';

export type HubspotRig = ConnectorRig<HubspotSimulator, HubspotApi>;

export function openRig(options: Partial<HubspotOptions> = {}): Promise<HubspotRig> {
  return openConnectorRig({
    name: 'crm',
    streams: hubspot.streams,
    config,
    secret,
    open: openHubspot,
    start: (now) => startHubspot({ now, ...options }),
    usual: (vendor) => ({ config: {}, secret: vendor.secret }),
  });
}
