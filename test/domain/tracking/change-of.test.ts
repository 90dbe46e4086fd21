import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../lib/domain/change.ts';
import { emptyFragment, type FoldRules, foldFragment } from '../../../lib/domain/fragment.ts';
import type { JsonObject } from '../../../lib/domain/json.ts';
import { parseChange } from '../../../lib/domain/parse-change.ts';
import { newProfile } from '../../../lib/domain/profile.ts';
import { effectiveTraits, nestTraits } from '../../../lib/domain/survivorship.ts';
import { changesOf } from '../../../lib/domain/tracking/change-of.ts';
import { openClientReader } from '../../../lib/domain/tracking/device.ts';
import { readMessage } from '../../../lib/domain/tracking/message.ts';

const NOW = Date.parse('2026-11-21T12:00:00.000Z');
const AT = '2026-11-21T12:00:00.000Z';
const rules: FoldRules = { blocked: new Set(), country: () => undefined, observe: () => [] };
const readClient = openClientReader();
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1';

function understand(raw: JsonObject, location: JsonObject = {}) {
  const read = readMessage(
    { messageId: 'm1', timestamp: AT, ...raw },
    { at: NOW, blocked: new Set(), newId: () => 'new' },
  );
  return read.ok ? changesOf(read.message, { source: 'site', location, readClient }) : read;
}

function changes(raw: JsonObject, location: JsonObject = {}): readonly Change[] {
  const understood = understand(raw, location);
  if (!understood.ok) throw new Error(understood.rejection.code);
  for (const change of understood.changes)
    expect(parseChange(JSON.parse(JSON.stringify(change)))).toMatchObject({ ok: true });
  return understood.changes;
}

const told = (fragment: string, ...identifiers: [string, string][]) => ({
  fragment,
  at: AT,
  identifiers: identifiers.map(([type, value]) => ({ type, value })),
});

describe('changesOf', () => {
  it('reads reserved traits in both spellings and keeps the others as they are called', () => {
    const traits = {
      firstName: 'Ann',
      last_name: 'Lee',
      phone: '+4930123456',
      createdAt: '2020-01-01T00:00:00Z',
      address: { city: 'Bonn', postalCode: '53111', state: 'NRW' },
      company: { name: 'Acme', employeeCount: 12 },
      favouriteColour: 'blue',
      plan: null,
    };

    expect(changes({ type: 'identify', userId: 'u1', anonymousId: 'a1', traits })).toEqual([
      {
        kind: 'profile',
        ...told('web:user:u1', ['user_id', 'u1'], ['anonymous_id', 'a1'], ['phone', '+4930123456']),
        traits: {
          first_name: 'Ann',
          last_name: 'Lee',
          phone: '+4930123456',
          created_at: '2020-01-01T00:00:00Z',
          address: { city: 'Bonn', postal_code: '53111', region: 'NRW' },
          company: { name: 'Acme', employees: 12 },
          favouriteColour: 'blue',
          plan: null,
        },
        consent: [],
      },
    ]);
  });

  it('takes the traits of an identify call from its context too, and of no other call', () => {
    const context = { traits: { email: 'ann@example.com', plan: 'pro' } };

    expect(changes({ type: 'identify', anonymousId: 'a1', context })).toMatchObject([
      { fragment: 'web:anonymous:a1', traits: { email: 'ann@example.com', plan: 'pro' } },
    ]);
    expect(changes({ type: 'track', event: 'E', anonymousId: 'a1', context })).toEqual([
      {
        kind: 'activity',
        ...told('web:anonymous:a1', ['anonymous_id', 'a1'], ['email', 'ann@example.com']),
        id: 'm1',
        keyAt: AT,
        name: 'E',
        properties: { context: { source: 'site' } },
      },
    ]);
  });

  it('finds every identifier of the protocol, and none in properties', () => {
    const context = {
      device: { id: 'd1', type: 'android', advertisingId: 'ad1', adTrackingEnabled: true, token: 't1' },
      integrations: { 'Google Analytics': { clientId: 'ga1' } },
      externalIds: [
        { id: 'x1', type: 'loyalty_id', collection: 'users', encoding: 'none' },
        { id: 'x2', type: 'Upper', collection: 'users', encoding: 'none' },
        { id: 'x3', type: 'fragment', collection: 'users', encoding: 'none' },
        { id: 'x4', type: 'crm_account', collection: 'accounts', encoding: 'none' },
      ],
    };

    const [done] = changes({
      type: 'track',
      event: 'E',
      userId: 7,
      properties: { email: 'friend@example.com' },
      context,
    });

    expect(done).toMatchObject(
      told(
        'web:user:7',
        ['user_id', '7'],
        ['android.id', 'd1'],
        ['android.idfa', 'ad1'],
        ['android.push_token', 't1'],
        ['ga_client_id', 'ga1'],
        ['loyalty_id', 'x1'],
      ),
    );
    const untracked = { device: { id: 'd2', type: 'ios', advertisingId: 'ad2', adTrackingEnabled: false } };
    expect(changes({ type: 'track', event: 'E', userId: 7, context: untracked })[0]).toMatchObject(
      told('web:user:7', ['user_id', '7'], ['ios.id', 'd2']),
    );
  });

  it('keeps the page, the campaign, the device and the place of a visit with the activity and the person', () => {
    const context = {
      userAgent: FIREFOX,
      locale: 'de-DE',
      timezone: 'Europe/Berlin',
      ip: '203.0.113.9',
      page: { url: 'https://shop.example.com/a?x=1', path: '/a', title: 'A', referrer: 'https://search.example.org/' },
      campaign: { name: 'autumn', source: 'letter' },
    };
    const here = {
      page: context.page,
      device: { type: 'desktop' },
      browser: { name: 'Firefox', version: '133' },
      os: { name: 'Linux' },
      location: { country: 'DE', city: 'Bonn' },
      locale: 'de-DE',
      timezone: 'Europe/Berlin',
    };
    const touch = {
      at: AT,
      url: 'https://shop.example.com/a?x=1',
      referrer: 'https://search.example.org/',
      campaign: context.campaign,
    };

    const found = changes(
      { type: 'page', name: 'Start', anonymousId: 'a1', context, properties: { theme: 'dark' } },
      { country: 'DE', city: 'Bonn' },
    );

    expect(found).toEqual([
      {
        kind: 'activity',
        ...told('web:anonymous:a1', ['anonymous_id', 'a1']),
        id: 'm1',
        keyAt: AT,
        name: 'Page Viewed',
        properties: { name: 'Start', theme: 'dark', context: { source: 'site', campaign: context.campaign, ...here } },
        visit: true,
      },
      {
        kind: 'profile',
        fragment: 'web:anonymous:a1',
        at: AT,
        traits: { ...here, first_touch: touch, last_touch: touch },
      },
    ]);
    expect(JSON.stringify(found)).not.toContain('203.0.113.9');
  });

  it('does not take a server for a visitor, nor its place for the person’s', () => {
    const context = { library: { name: 'analytics-python' } };

    const found = changes({ type: 'track', event: 'Renewed', userId: 'u1', context }, { country: 'US' });

    expect(found).toMatchObject([{ properties: { context: { source: 'site', library: 'analytics-python' } } }]);
    expect(found).toHaveLength(1);
    expect(found[0]).not.toHaveProperty('visit');
  });

  it('reads phones from their browser, from client hints and from their app', () => {
    const traits = (context: JsonObject) => {
      const [, profile] = changes({ type: 'screen', name: 'Home', anonymousId: 'a1', context });
      return profile?.kind === 'profile' ? profile.traits : undefined;
    };

    expect(traits({ userAgent: IPHONE })).toMatchObject({
      device: { type: 'mobile', manufacturer: 'Apple' },
      os: { name: 'iOS' },
    });
    expect(
      traits({
        userAgent: 'x',
        userAgentData: { mobile: true, platform: 'Android', brands: [{ brand: 'Microsoft Edge', version: '131' }] },
      }),
    ).toMatchObject({
      browser: { name: 'Microsoft Edge', version: '131' },
      os: { name: 'Android' },
      device: { type: 'mobile' },
    });
    expect(
      traits({
        app: { name: 'Acme', version: '2.1' },
        os: { name: 'Android', version: '15' },
        device: { type: 'android', model: 'Pixel 9', manufacturer: 'Google' },
      }),
    ).toMatchObject({ app: { name: 'Acme' }, os: { name: 'Android' }, device: { type: 'mobile', model: 'Pixel 9' } });
  });

  it('keeps names of activities that nobody announced, also strange ones', () => {
    expect(changes({ type: 'track', event: 'my_own THING ✓', userId: 'u1' })).toMatchObject([
      { name: 'my_own THING ✓' },
    ]);
  });

  it('makes a company of a group and links the person to it', () => {
    const traits = { name: 'Acme', employees: 50, industry: 'Tools', email: 'info@example.com', tier: 'gold' };

    expect(changes({ type: 'group', userId: 'u1', groupId: 9, traits })).toEqual([
      { kind: 'account', account: 'web:account:9', at: AT, traits: { company: traits } },
      { kind: 'profile', ...told('web:user:u1', ['user_id', 'u1']), traits: {}, accounts: ['web:account:9'] },
    ]);
  });

  it('takes the former id of an alias for a browser’s, never for another user’s', () => {
    expect(changes({ type: 'alias', userId: 'u2', previousId: 'a9' })).toEqual([
      { kind: 'profile', ...told('web:user:u2', ['user_id', 'u2'], ['anonymous_id', 'a9']) },
    ]);
    expect(changes({ type: 'alias', userId: 'u1', previousId: 'u1' })).toEqual([]);
  });

  it('states the consent that a person chose, when it is known about which address', () => {
    const context = { consent: { categoryPreferences: { Advertising: false, Analytics: true } } };

    expect(changes({ type: 'identify', userId: 'u1', traits: { email: 'ann@example.com' }, context })).toMatchObject([
      {
        consent: [
          { address: 'ann@example.com', topic: 'Advertising', state: 'denied', at: AT, by: 'person' },
          { address: 'ann@example.com', topic: 'Analytics', state: 'granted', at: AT, by: 'person' },
        ],
      },
    ]);
    expect(changes({ type: 'identify', userId: 'u1', context })).toMatchObject([{ consent: [] }]);
  });

  it.each([
    ['collection/no-event', { type: 'track', userId: 'u1' }],
    ['collection/no-event', { type: 'track', userId: 'u1', event: '  ' }],
    ['collection/no-group', { type: 'group', userId: 'u1' }],
    ['collection/no-group', { type: 'group', userId: 'u1', groupId: 'null' }],
    ['collection/no-former-id', { type: 'alias', userId: 'u1' }],
  ] as [string, JsonObject][])('rejects with %s: %j', (code, raw) => {
    expect(understand(raw)).toMatchObject({ ok: false, rejection: { code } });
  });
});

describe('what is kept of many visits', () => {
  const page = (minute: number, campaign: string, device: string): JsonObject => ({
    type: 'page',
    anonymousId: 'a1',
    messageId: `m${minute}`,
    timestamp: new Date(NOW - minute * 60_000).toISOString(),
    context: {
      userAgent: device,
      page: { url: `https://shop.example.com/${minute}`, path: `/${minute}` },
      campaign: { name: campaign, ...(minute % 2 === 0 ? { term: 'even' } : {}) },
    },
  });
  const visits = fc.uniqueArray(
    fc.tuple(fc.nat(500), fc.constantFrom('spring', 'autumn'), fc.constantFrom(FIREFOX, IPHONE)),
    { selector: ([minute]) => minute, minLength: 1, maxLength: 12 },
  );

  function traitsAfter(all: readonly Change[]): JsonObject {
    const fold = all.reduce(
      (fragment, change) => (change.kind === 'account' ? fragment : foldFragment(fragment, change, rules)),
      emptyFragment,
    );
    return nestTraits(effectiveTraits({ ...newProfile('p_1'), fragments: { 'web:anonymous:a1': fold } }, {}));
  }

  it('is the first way in and the latest of everything else, in any order and any number of times', () => {
    const given = visits.chain((list) => {
      const all = list.flatMap(([minute, campaign, device]) => changes(page(minute, campaign, device)));
      return fc.tuple(
        fc.constant(list),
        fc.constant(all),
        fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 }),
      );
    });
    fc.assert(
      fc.property(given, ([list, all, again]) => {
        const traits = traitsAfter(all);
        const [oldest, newest] = [
          Math.max(...list.map(([minute]) => minute)),
          Math.min(...list.map(([minute]) => minute)),
        ];
        const campaignAt = (minute: number) =>
          page(minute, list.find(([one]) => one === minute)?.[1] ?? '', '').context;

        expect(traitsAfter(again)).toEqual(traits);
        expect(traits).toMatchObject({
          first_touch: { url: `https://shop.example.com/${oldest}` },
          last_touch: { url: `https://shop.example.com/${newest}` },
          page: { path: `/${newest}` },
        });
        expect((traits.first_touch as JsonObject).campaign).toEqual((campaignAt(oldest) as JsonObject).campaign);
      }),
    );
  });

  it('keeps the earliest way in of all records of a person', () => {
    const fold = (raw: JsonObject) =>
      changes(raw).reduce(
        (fragment, change) => (change.kind === 'account' ? fragment : foldFragment(fragment, change, rules)),
        emptyFragment,
      );
    const fragments = {
      'web:user:u1': fold({ ...page(1, 'later', FIREFOX), userId: 'u1' }),
      'web:anonymous:a1': fold(page(90, 'earlier', IPHONE)),
    };

    const traits = nestTraits(effectiveTraits({ ...newProfile('p_1'), fragments }, {}));

    expect(traits).toMatchObject({
      first_touch: { campaign: { name: 'earlier' } },
      last_touch: { campaign: { name: 'later' } },
      device: { type: 'desktop' },
      sessions: { count: 2 },
    });
  });
});
