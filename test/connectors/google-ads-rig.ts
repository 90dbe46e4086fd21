import type { BatchResult, Calls, ConnectorIo, Member } from '../../lib/connectors/contract.ts';
import { audiences } from '../../lib/connectors/google-ads/audiences.ts';
import { type GoogleAdsApi, openGoogleAds } from '../../lib/connectors/google-ads/client.ts';
import { config, secret } from '../../lib/connectors/google-ads/config.ts';
import { freeCalls } from '../free-calls.ts';
import { type GoogleAdsOptions, type GoogleAdsSimulator, startGoogleAds } from '../vendors/google-ads/server.ts';

export const settings = { customer_id: '769-372-9833', customer_match_terms: 'accepted' };

/** A simulated advertiser with a clock that a test moves, and connections to it. */
export interface GoogleAdsRig extends AsyncDisposable {
  readonly vendor: GoogleAdsSimulator;
  /** Everything that was logged, as text. */
  readonly logged: string[];
  pass(ms: number): void;
  connect(how?: { readonly config?: object; readonly secret?: object; readonly calls?: Calls }): GoogleAdsApi;
  /** Applies to the list `Lapsing`, and follows the request to its end. */
  push(op: 'add' | 'remove', members: readonly Member[], granted?: readonly string[]): Promise<BatchResult>;
}

export async function openRig(options: Partial<GoogleAdsOptions> = {}): Promise<GoogleAdsRig> {
  let at = Date.parse('2026-11-21T08:00:00Z');
  const now = () => new Date(at);
  const vendor = await startGoogleAds({ now, ...options });
  const logged: string[] = [];
  const connect: GoogleAdsRig['connect'] = (how = {}) => {
    const io: ConnectorIo = {
      fetch,
      now,
      signal: new AbortController().signal,
      log: (message, fields) => void logged.push(`${message} ${JSON.stringify(fields ?? {})}`),
      calls: how.calls ?? freeCalls,
    };
    const input = {
      name: 'ads',
      config: config.parse(how.config ?? settings),
      secret: secret.parse(how.secret ?? vendor.secret),
      endpoint: vendor.url,
    };
    return openGoogleAds(input, io);
  };
  return {
    vendor,
    logged,
    pass: (ms) => {
      at += ms;
    },
    connect,
    async push(op, members, granted = []) {
      const { remoteId } = await audiences.ensure(connect(), { user_list: 'Lapsing' });
      let result = await audiences.apply(connect(), { remoteId, op, members, idempotencyKey: 'k', granted });
      while (result.state === 'pending') {
        at += result.pollAfterMs;
        // As another worker would: all it has is the job.
        result = (await audiences.poll?.(connect(), JSON.parse(JSON.stringify(result.job)))) ?? result;
      }
      return result;
    },
    [Symbol.asyncDispose]: () => vendor.close(),
  };
}

/** People by their addresses; ids are m0, m1, … */
export function membersOf(...addresses: readonly string[]): Member[] {
  return addresses.map((value, n) => ({ memberId: `m${n}`, keys: [{ type: 'email', value }] }));
}
