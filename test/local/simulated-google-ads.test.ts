import { describe, expect, it } from 'vitest';
import { audiences } from '../../lib/connectors/google-ads/audiences.ts';
import { openGoogleAds } from '../../lib/connectors/google-ads/client.ts';
import { config, secret } from '../../lib/connectors/google-ads/config.ts';
import { openGoogleAds as openTool } from '../../lib/local/simulated/google-ads.ts';
import { freeCalls } from '../free-calls.ts';
import { makeWorld, rehearsalSize } from '../vendors/world.ts';

const settings = { customer_id: '769-372-9833', customer_match_terms: 'accepted' };

describe('the simulated Google Ads of a stage', () => {
  it('is signed in to by its secret, and its list is the addresses that were told', async () => {
    let at = Date.parse('2026-11-21T08:00:00Z');
    const now = () => new Date(at);
    const world = makeWorld(7, now(), rehearsalSize);
    const connection = {
      name: 'ads',
      connector: 'google-ads',
      streams: {},
      webhook: false,
      quotaShare: 1,
      config: settings,
    };
    const tool = await openTool(connection, { world, now });
    const io = { fetch, now, signal: new AbortController().signal, log: () => undefined, calls: freeCalls };
    const input = {
      name: 'ads',
      config: config.parse(settings),
      secret: secret.parse(tool?.secret),
      endpoint: tool?.url ?? '',
    };
    const api = openGoogleAds(input, io);
    const [{ email: value } = { email: '' }] = world.people;
    const { remoteId } = await audiences.ensure(api, { user_list: 'Lapsing' });

    const members = [{ memberId: 'm0', keys: [{ type: 'email', value }] }];
    await audiences.apply(api, { remoteId, op: 'add', members, idempotencyKey: 'k' });
    at += 90_000;

    expect(tool?.listOf?.({ user_list: 'Lapsing' })).toEqual([{ type: 'email', value }]);
    await tool?.close();
  });
});
