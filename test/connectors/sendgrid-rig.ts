import type { BatchResult, Page } from '../../lib/connectors/contract.ts';
import { openSendgrid, type SendgridApi } from '../../lib/connectors/sendgrid/client.ts';
import { config, secret } from '../../lib/connectors/sendgrid/config.ts';
import { sendgrid } from '../../lib/connectors/sendgrid/index.ts';
import { poll } from '../../lib/connectors/sendgrid/job.ts';
import { type SendgridOptions, type SendgridSimulator, startSendgrid } from '../vendors/sendgrid/server.ts';
import { type ConnectorRig, openConnectorRig } from './connector-rig.ts';

export interface SendgridRig extends ConnectorRig<SendgridSimulator, SendgridApi> {
  /** Follows a job of a list to its end. */
  follow(api: SendgridApi, started: BatchResult): Promise<Extract<BatchResult, { state: 'done' }>>;
}

export async function openRig(options: Partial<SendgridOptions> = {}): Promise<SendgridRig> {
  const rig = await openConnectorRig({
    name: 'mail',
    streams: sendgrid.streams,
    config,
    secret,
    open: openSendgrid,
    start: (now) => startSendgrid({ now, ...options }),
    usual: (vendor) => ({ config: {}, secret: vendor.secret }),
  });
  return {
    ...rig,
    async follow(api, started) {
      let result = started;
      while (result.state === 'pending') {
        rig.pass(result.pollAfterMs);
        result = await poll(api, result.job);
      }
      return result;
    },
  };
}

/** The fragments of pages, each with how many times it came. */
export function fragmentsIn(pages: readonly Page[]): string[] {
  return pages.flatMap(({ changes }) => changes).flatMap((one) => ('fragment' in one ? [one.fragment] : []));
}
