import { describe, expect, it } from 'vitest';
import type { Page } from '../../lib/connectors/contract.ts';
import { namesIn } from './connector-rig.ts';
import { type KlaviyoRig, openRig } from './klaviyo-rig.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function end(pages: readonly Page[]): Page['checkpoint'] {
  return pages.at(-1)?.checkpoint ?? null;
}

function profilesIn(pages: readonly Page[]) {
  return pages.flatMap(({ changes }) => changes).flatMap((one) => (one.kind === 'profile' ? [one] : []));
}

async function filled(rig: KlaviyoRig, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, n) => rig.vendor.store.create({ email: `p${n}@example.com` }));
  rig.pass(HOUR);
  return ids;
}

describe('profiles', () => {
  it('asks for what changed since the last run, a little overlapping, in Klaviyo’s own filters', async () => {
    await using rig = await openRig();
    const first = await rig.read('profiles');
    rig.pass(HOUR);

    await rig.read('profiles', { from: end(first) });

    expect(rig.vendor.calls.map(({ query }) => [query.get('filter'), query.get('sort')])).toEqual([
      ['less-than(updated,2026-11-21T08:00:00Z)', 'updated'],
      ['greater-than(updated,2026-11-21T07:54:59Z),less-than(updated,2026-11-21T09:00:00Z)', 'updated'],
      [
        'greater-or-equal(subscriptions.email.marketing.suppression.timestamp,2026-11-21T07:55:00Z),less-than(subscriptions.email.marketing.suppression.timestamp,2026-11-21T09:00:00Z)',
        'subscriptions.email.marketing.suppression.timestamp',
      ],
    ]);
    expect(rig.vendor.calls[0]?.query.get('additional-fields[profile]')).toBe('subscriptions');
  });

  it('brings an opt-out that did not move the profile’s own time, as of when it was made', async () => {
    await using rig = await openRig();
    const [ann = ''] = await filled(rig, 3);
    const first = await rig.read('profiles');
    rig.pass(HOUR);
    rig.vendor.store.unsubscribe(ann, { quietly: true });
    const at = rig.now().toISOString();
    rig.pass(HOUR);

    const next = await rig.read('profiles', { from: end(first) });

    expect(profilesIn(next)).toMatchObject([
      {
        fragment: `shop:profile:${ann}`,
        at,
        consent: [{ address: 'p0@example.com', topic: 'email', state: 'denied', by: 'person', at }],
      },
    ]);
  });

  it('loses nobody when a profile changes while pages are read', async () => {
    await using rig = await openRig();
    const ids = await filled(rig, 9);
    const [, second = ''] = ids;
    const pages = await rig.read('profiles', {
      pageSize: 3,
      meanwhile: (read) => {
        if (read.length === 1) rig.vendor.store.update(second, { title: 'Buyer' });
      },
    });
    rig.pass(MINUTE);
    const next = await rig.read('profiles', { from: end(pages) });

    const seen = new Set(namesIn([...pages, ...next]));
    expect(seen).toEqual(new Set(ids.map((id) => `shop:profile:${id}`)));
    expect(profilesIn(next).find(({ fragment }) => fragment.endsWith(second))?.traits?.title).toBe('Buyer');
  });

  it('begins a listing anew at the last instant seen when Klaviyo does not know the page any more', async () => {
    await using rig = await openRig();
    const { store, faults } = rig.vendor;
    const ids = Array.from({ length: 12 }, (_, n) => {
      // Four share each instant, which a page of three cuts.
      const at = new Date(rig.now().getTime() - (12 - Math.floor(n / 4)) * HOUR);
      return store.create({ email: `p${n}@example.com` }, { at });
    });
    const before = await rig.read('profiles', { pageSize: 3, most: 2 });
    faults.add({ kind: 'lost-cursor' });

    const after = await rig.read('profiles', { pageSize: 3, from: end(before) });

    expect(new Set(namesIn([...before, ...after]))).toEqual(new Set(ids.map((id) => `shop:profile:${id}`)));
    expect(namesIn(after)).not.toContain(`shop:profile:${ids[0]}`);
  });

  it('says null for a property that a profile lost, and nothing of others', async () => {
    await using rig = await openRig();
    rig.vendor.store.create({ email: 'ann@example.com', properties: { Shoe: 42 } });
    rig.pass(HOUR);

    const [page] = await rig.read('profiles', { config: { fields: { tier: 'Loyalty tier', shoe: 'Shoe' } } });

    const [ann] = profilesIn(page === undefined ? [] : [page]);
    expect([ann?.traits?.tier, ann?.traits?.shoe]).toEqual([null, 42]);
  });

  it('takes external_id for an identifier only where the connection says which', async () => {
    await using rig = await openRig();
    rig.vendor.store.create({ external_id: 'u1' });
    rig.pass(HOUR);

    const plain = await rig.read('profiles');
    const named = await rig.read('profiles', { config: { external_id: 'user_id' } });

    const types = (pages: readonly Page[]) =>
      profilesIn(pages).flatMap(({ identifiers = [] }) => identifiers.map(({ type }) => type));
    expect([types(plain), types(named)]).toEqual([['klaviyo.profile_id'], ['klaviyo.profile_id', 'user_id']]);
  });

  it('quarantines profiles without a word of consent, which a change of the API would bring', async () => {
    await using rig = await openRig();
    const [ann = ''] = await filled(rig, 2);
    const stream = await rig.read('profiles');
    const [line] = stream.flatMap(({ lines }) => lines);
    const record = line !== undefined && 'record' in line ? structuredClone(line.record) : undefined;
    Reflect.deleteProperty((record as { attributes: object }).attributes, 'subscriptions');

    const again = rig.remap('profiles', [{ mapping: 'profile', record }]);

    expect(ann).not.toBe('');
    expect(again.changes).toEqual([]);
    expect(again.rejected).toMatchObject([{ code: 'sync/bad-record' }]);
    expect(again.rejected[0]?.reason).toMatch(/^attributes\.subscriptions: /);
  });

  it('calls those gone that are not there when they are read again, merged ones too', async () => {
    await using rig = await openRig();
    const [kept = '', merged = '', deleted = ''] = await filled(rig, 3);
    rig.vendor.store.merge(kept, merged);
    rig.vendor.store.forget(deleted);

    const page = await rig.reread('profiles', [kept, merged, deleted, 'no id!']);

    expect(page.changes.map((one) => [one.kind, 'fragment' in one ? one.fragment : ''])).toEqual([
      ['gone', `shop:profile:${merged}`],
      ['gone', `shop:profile:${deleted}`],
      ['profile', `shop:profile:${kept}`],
    ]);
  });
});

describe('events', () => {
  it('brings Klaviyo’s own metrics, and others that the connection names, with properties', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const [ann = ''] = await filled(rig, 1);
    const at = new Date(rig.now().getTime() - MINUTE);
    store.track(ann, 'Opened Email', { Subject: 'News', 'Campaign Name': 'Spring', $message: 'Qx' }, { at });
    store.track(ann, 'Active on Site', {}, { at });
    store.track(ann, 'Subscribed to List', {}, { at });
    store.track(ann, 'Placed Order', { $value: 19.5, OrderId: 7 }, { at });

    const pages = await rig.read('events', {
      config: { metrics: { 'Placed Order': 'Order Completed' }, event_properties: { order_id: 'OrderId' } },
    });

    const activities = pages
      .flatMap(({ changes }) => changes)
      .map((one) => (one.kind === 'activity' ? one : undefined));
    expect(activities.map((one) => [one?.name, one?.fragment, one?.properties])).toEqual([
      [
        'Email Opened',
        `shop:profile:${ann}`,
        { metric: 'Opened Email', subject: 'News', campaign_name: 'Spring', message_id: 'Qx' },
      ],
      ['Order Completed', `shop:profile:${ann}`, { metric: 'Placed Order', value: 19.5, order_id: 7 }],
    ]);
    expect(pages.flatMap(({ rejected }) => rejected)).toEqual([]);
  });

  it('brings events that came late, within its lookback', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const [ann = ''] = await filled(rig, 1);
    const first = await rig.read('events');
    const late = store.track(
      ann,
      'Opened Email',
      {},
      {
        at: new Date(rig.now().getTime() - 5 * HOUR),
        receivedAt: new Date(rig.now().getTime() + MINUTE),
      },
    );
    rig.pass(HOUR - MINUTE);

    const next = await rig.read('events', { from: end(first) });

    expect(namesIn(next)).toEqual([late]);
  });

  it('leaves what is to happen tomorrow to tomorrow', async () => {
    await using rig = await openRig();
    const [ann = ''] = await filled(rig, 1);
    const id = rig.vendor.store.track(
      ann,
      'Opened Email',
      {},
      {
        at: new Date(rig.now().getTime() + DAY),
        receivedAt: rig.now(),
      },
    );
    rig.pass(MINUTE);
    const today = await rig.read('events');
    rig.pass(DAY);

    const tomorrow = await rig.read('events', { from: end(today) });

    expect([namesIn(today), namesIn(tomorrow)]).toEqual([[], [id]]);
  });

  it('refuses to name the metrics of lists', async () => {
    await using rig = await openRig();

    expect(() => rig.connect({ config: { metrics: { 'Subscribed to List': 'Joined' } } })).toThrow(/list-joins/);
  });
});

describe('list-joins', () => {
  it('tells who joined which list, of those that the connection names', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const [ann = '', bob = ''] = await filled(rig, 2);
    const [news, offers] = [store.lists.create('News'), store.lists.create('Offers')];
    store.lists.add(news, ann);
    store.lists.add(offers, bob);
    rig.pass(HOUR);

    const all = await rig.read('list-joins');
    const some = await rig.read('list-joins', { config: { lists: ['Offers'] } });

    const told = (pages: readonly Page[]) =>
      pages
        .flatMap(({ changes }) => changes)
        .map((one) => (one.kind === 'activity' ? [one.fragment, one.properties?.list] : []));
    expect(told(all)).toEqual([
      [`shop:profile:${ann}`, 'News'],
      [`shop:profile:${bob}`, 'Offers'],
    ]);
    expect(told(some)).toEqual([[`shop:profile:${bob}`, 'Offers']]);
  });

  it('reads all lists of an account that has more than a page of them', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const [ann = ''] = await filled(rig, 1);
    for (let n = 0; n < 23; n += 1) store.lists.add(store.lists.create(`List ${n}`), ann);
    rig.pass(HOUR);

    expect(namesIn(await rig.read('list-joins'))).toHaveLength(23);
  });

  it('ends where there are no lists, and where one was deleted while it was read', async () => {
    await using rig = await openRig();
    const none = await rig.read('list-joins');
    const { store } = rig.vendor;
    const [ann = ''] = await filled(rig, 1);
    const [news, offers] = [store.lists.create('News'), store.lists.create('Offers')];
    for (const list of [news, offers]) store.lists.add(list, ann);
    rig.pass(HOUR);

    const pages = await rig.read('list-joins', { meanwhile: () => store.lists.delete(offers.id) });

    expect([namesIn(none), namesIn(pages).length]).toEqual([[], 1]);
    expect(end(pages)).toMatchObject({ phase: 'done' });
  });
});
