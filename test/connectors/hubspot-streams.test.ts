import { describe, expect, it } from 'vitest';
import { namesIn } from './connector-rig.ts';
import { openRig } from './hubspot-rig.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const EARLIER = new Date('2026-11-01T00:00:00Z');

describe('contacts', () => {
  it('reads more than a search hands out, all of one instant, by searches that never page', async () => {
    await using rig = await openRig();
    const count = 10_450;
    for (let n = 0; n < count; n += 1)
      rig.vendor.store.create('contacts', { email: `p${n}@example.com` }, { at: EARLIER });

    const pages = await rig.read('contacts');

    expect(new Set(namesIn(pages)).size).toBe(count);
    expect(namesIn(pages)).toHaveLength(count);
    const searches = rig.vendor.calls.filter(({ area }) => area === 'search');
    expect(searches).toHaveLength(Math.ceil(count / 200));
    expect(searches.filter(({ body }) => JSON.stringify(body).includes('"after"'))).toEqual([]);
  });

  it('loses nobody who changes while the run reads', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const ids = Array.from({ length: 12 }, (_, n) =>
      store.create('contacts', { email: `p${n}@example.com` }, { at: EARLIER }),
    );
    const meanwhile = ({ length: pages }: readonly unknown[]): void => {
      rig.pass(MINUTE);
      // Each leaves the window: behind, at and beyond the place where the reader stands.
      for (const at of [0, 5, 11]) if (pages === 1) store.update('contacts', ids[at] ?? '', { jobtitle: 'Head' });
    };

    const first = await rig.read('contacts', { pageSize: 4, meanwhile });
    rig.pass(HOUR);
    const next = await rig.read('contacts', { from: first.at(-1)?.checkpoint });

    expect(new Set(namesIn([...first, ...next]))).toEqual(new Set(ids.map((id) => `crm:contact:${id}`)));
    expect(namesIn(next)).toEqual([0, 5, 11].map((at) => `crm:contact:${ids[at]}`));
  });

  it('finds in the next run what the search index did not show in the last', async () => {
    await using rig = await openRig({ indexLagMs: 30_000 });
    const id = rig.vendor.store.create('contacts', { email: 'ann@example.com' });
    rig.pass(5_000);
    const first = await rig.read('contacts');
    rig.pass(MINUTE);

    const next = await rig.read('contacts', { from: first.at(-1)?.checkpoint });

    expect(namesIn(first)).toEqual([]);
    expect(namesIn(next)).toEqual([`crm:contact:${id}`]);
  });

  it('looks for deletions every six hours, and then for those since it last looked', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const [old, fresh] = ['old', 'fresh'].map((name) =>
      store.create('contacts', { email: `${name}@example.com` }, { at: EARLIER }),
    );
    store.archive('contacts', old ?? '', { at: new Date('2026-11-02T00:00:00Z') });
    const first = await rig.read('contacts');
    rig.pass(HOUR);
    store.archive('contacts', fresh ?? '');
    rig.pass(HOUR);
    const soon = await rig.read('contacts', { from: first.at(-1)?.checkpoint });
    rig.pass(5 * HOUR);

    const later = await rig.read('contacts', { from: soon.at(-1)?.checkpoint });

    expect(first.flatMap(({ changes }) => changes).filter(({ kind }) => kind === 'gone')).toHaveLength(1);
    expect(namesIn(soon)).toEqual([]);
    expect(later.flatMap(({ changes }) => changes)).toEqual([
      { kind: 'gone', fragment: `crm:contact:${fresh}`, at: '2026-11-21T09:00:00.000Z', mapping: 1 },
    ]);
  });

  it('belongs to the primary company, else to the first', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const [first, second] = ['One', 'Two'].map((name) => store.create('companies', { name }, { at: EARLIER }));
    const [ann, bob, cy] = ['ann', 'bob', 'cy'].map((name) =>
      store.create('contacts', { email: `${name}@example.com` }, { at: EARLIER }),
    );
    for (const id of [first ?? '', second ?? '']) {
      store.associate('contacts', ann ?? '', 'companies', id, { primary: id === second });
      store.associate('contacts', bob ?? '', 'companies', id);
    }

    const pages = await rig.read('contacts');

    const accounts = pages
      .flatMap(({ changes }) => changes)
      .map((one) => (one.kind === 'profile' ? [one.fragment, one.accounts] : undefined));
    expect(accounts).toEqual([
      [`crm:contact:${ann}`, [`crm:account:${second}`]],
      [`crm:contact:${bob}`, [`crm:account:${first}`]],
      [`crm:contact:${cy}`, []],
    ]);
  });

  it('makes traits and opt-outs of the workspace’s own properties', async () => {
    await using rig = await openRig();
    rig.vendor.store.addProperty('contacts', 'customer_tier');
    rig.vendor.store.addProperty('contacts', 'hs_email_optout_8421');
    const properties = { email: 'ann@example.com', customer_tier: 'gold', hs_email_optout_8421: 'true' };
    rig.vendor.store.create('contacts', properties, { at: EARLIER });
    const config = { fields: { tier: 'customer_tier' }, opt_outs: { newsletter: 'hs_email_optout_8421' } };

    const [page] = await rig.read('contacts', { config });

    expect(page?.changes).toMatchObject([
      {
        traits: { tier: 'gold' },
        consent: [{ address: 'ann@example.com', topic: 'newsletter', state: 'denied', by: 'person' }],
      },
    ]);
  });

  it('takes subscriptions for the company’s yes and the person’s no, each with its time', async () => {
    await using rig = await openRig();
    const { store, marketing } = rig.vendor;
    for (const [name, status] of [
      ['ann', 'SUBSCRIBED'],
      ['bob', 'UNSUBSCRIBED'],
      ['cy', 'NOT_SPECIFIED'],
    ] as const) {
      store.create('contacts', { email: `${name}@example.com` }, { at: EARLIER });
      marketing.setSubscription(`${name}@example.com`, 8421, status, { at: new Date('2026-10-01T09:00:00Z') });
      marketing.setSubscription(`${name}@example.com`, 1, 'SUBSCRIBED');
    }
    store.create('contacts', { firstname: 'Without an address' }, { at: EARLIER });

    const [page] = await rig.read('contacts', { config: { subscriptions: { email: 8421 } } });

    const consent = page?.changes.map((one) => (one.kind === 'profile' ? one.consent : undefined));
    const said = { topic: 'email', at: '2026-10-01T09:00:00.000Z', source: 'HubSpot subscription 8421' };
    expect(consent).toEqual([
      [{ ...said, address: 'ann@example.com', state: 'granted', by: 'company' }],
      [{ ...said, address: 'bob@example.com', state: 'denied', by: 'person' }],
      [],
      [],
    ]);
  });

  it('stops when a property of its own is there no more, and takes an empty one for empty', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    store.addProperty('contacts', 'customer_tier');
    store.create('contacts', { email: 'ann@example.com' }, { at: EARLIER });
    const config = { fields: { tier: 'customer_tier' } };
    const [page] = await rig.read('contacts', { config });
    store.dropProperty('contacts', 'customer_tier');

    const failure = rig.read('contacts', { config });

    expect(page?.changes).toMatchObject([{ traits: { tier: null } }]);
    await expect(failure).rejects.toMatchObject({
      kind: 'config',
      code: 'hubspot/unknown-property',
      message: expect.stringContaining('customer_tier') as string,
    });
  });

  it('leaves a property of HubSpot’s own that is there no more as it was', async () => {
    await using rig = await openRig();
    rig.vendor.store.create('contacts', { email: 'ann@example.com', jobtitle: 'Head' }, { at: EARLIER });
    rig.vendor.store.dropProperty('contacts', 'jobtitle');

    const [page] = await rig.read('contacts');

    const [change] = page?.changes ?? [];
    expect(change?.kind === 'profile' ? Object.keys(change.traits ?? {}) : []).not.toContain('title');
  });

  it('reads deleted and merged contacts again as gone, and whom they became', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const [ann, bob, cy, dee] = ['ann', 'bob', 'cy', 'dee'].map((name) =>
      store.create('contacts', { email: `${name}@example.com` }),
    );
    store.archive('contacts', ann ?? '');
    store.merge('contacts', bob ?? '', cy ?? '');
    const left = store.merge('contacts', bob ?? '', dee ?? '', { newId: true });

    const page = await rig.reread('contacts', [ann ?? '', bob ?? '', cy ?? '', dee ?? '', 'no number']);

    const told = page.changes.map((one) => [one.kind, 'fragment' in one ? one.fragment : '']);
    expect(told.sort()).toEqual(
      [...[ann, bob, cy, dee].map((id) => ['gone', `crm:contact:${id}`]), ['profile', `crm:contact:${left}`]].sort(),
    );
  });
});

describe('deals', () => {
  it('tells money once it is won, in the account’s currency where the deal names none', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const ann = store.create('contacts', { email: 'ann@example.com' });
    const won = {
      dealstage: 'closedwon',
      hs_is_closed: 'true',
      hs_is_closed_won: 'true',
      closedate: '2026-10-30T12:00:00Z',
    };
    for (const [n, properties] of [
      won,
      { dealstage: 'presentation', hs_is_closed: 'false', deal_currency_code: 'USD' },
    ].entries()) {
      const deal = store.create('deals', { dealname: `Deal ${n}`, amount: '1200.50', ...properties }, { at: EARLIER });
      store.associate('deals', deal, 'contacts', ann);
    }

    const pages = await rig.read('deals');

    const told = pages
      .flatMap(({ changes }) => changes)
      .map((one) => (one.kind === 'activity' ? [one.name, one.at, one.properties] : []));
    expect(told).toMatchObject([
      ['Deal Created', '2026-11-01T00:00:00.000Z', { amount: 1200.5, currency: 'EUR', contacts: 1 }],
      ['Deal Won', '2026-10-30T12:00:00.000Z', { amount: 1200.5, revenue: 1200.5, currency: 'EUR' }],
      ['Deal Created', '2026-11-01T00:00:00.000Z', { amount: 1200.5, currency: 'USD' }],
    ]);
    expect(told[0]?.[2]).not.toHaveProperty('revenue');
    expect(rig.vendor.calls.filter(({ path }) => path.startsWith('/account-info'))).toHaveLength(1);
  });

  it('tells every contact of a deal, and counts its money once, whoever joins it later', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const [ann, bob] = ['ann', 'bob'].map((name) => store.create('contacts', { email: `${name}@example.com` }));
    const won = { hs_is_closed: 'true', hs_is_closed_won: 'true', closedate: '2026-10-30T12:00:00Z', amount: '90' };
    const deal = store.create('deals', won, { at: EARLIER });
    store.associate('deals', deal, 'contacts', bob ?? '');
    const before = await rig.reread('deals', [deal]);
    store.associate('deals', deal, 'contacts', ann ?? '');

    const after = await rig.reread('deals', [deal]);

    const money = ({ changes }: typeof before) =>
      changes.flatMap((one) =>
        one.kind === 'activity' && one.name === 'Deal Won' ? [[one.fragment, one.properties?.revenue]] : [],
      );
    expect(money(before)).toEqual([[`crm:contact:${bob}`, 90]]);
    expect(money(after)).toEqual([
      [`crm:contact:${ann}`, 90],
      [`crm:contact:${bob}`, undefined],
    ]);
  });

  it('goes by the stages of the connection where the account does not say what they mean', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    for (const name of ['hs_is_closed', 'hs_is_closed_won']) store.dropProperty('deals', name);
    const ann = store.create('contacts', { email: 'ann@example.com' });
    for (const dealstage of ['signed', 'dropped', 'talking']) {
      const deal = store.create('deals', { dealstage, closedate: '2026-10-30T12:00:00Z' }, { at: EARLIER });
      store.associate('deals', deal, 'contacts', ann);
    }

    const [page] = await rig.read('deals', { config: { won_stages: ['signed'], lost_stages: ['dropped'] } });

    expect(page?.changes.map((one) => (one.kind === 'activity' ? one.name : ''))).toEqual([
      'Deal Created',
      'Deal Won',
      'Deal Created',
      'Deal Lost',
      'Deal Created',
    ]);
  });
});

describe('engagements', () => {
  it('brings a meeting once its time has come, though nobody touched it', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const ann = store.create('contacts', { email: 'ann@example.com' });
    const meeting = store.create('meetings', { hs_timestamp: '2026-11-21T10:00:00Z' }, { at: EARLIER });
    store.associate('meetings', meeting, 'contacts', ann);
    const first = await rig.read('engagements');
    rig.pass(3 * HOUR);

    const next = await rig.read('engagements', { from: first.at(-1)?.checkpoint });

    expect(namesIn(first)).toEqual([]);
    expect(next.flatMap(({ changes }) => changes)).toMatchObject([
      { kind: 'activity', name: 'Meeting Held', at: '2026-11-21T10:00:00.000Z', fragment: `crm:contact:${ann}` },
    ]);
  });

  it('tells each contact of an engagement with many, across pages of associations', async () => {
    await using rig = await openRig();
    const { store } = rig.vendor;
    const call = store.create(
      'calls',
      { hs_timestamp: '2026-11-01T10:00:00Z', hs_call_title: 'All hands' },
      { at: EARLIER },
    );
    const people = Array.from({ length: 620 }, (_, n) => store.create('contacts', { email: `p${n}@example.com` }));
    for (const id of people) store.associate('calls', call, 'contacts', id);

    const [page] = await rig.read('engagements');

    expect(page?.changes).toHaveLength(620);
    expect(new Set(namesIn([...(page === undefined ? [] : [page])]))).toEqual(new Set([`calls-${call}`]));
  });
});

describe('form-submissions', () => {
  it('reads each form back to the last run only, and a form that is gone not at all', async () => {
    await using rig = await openRig();
    const { marketing } = rig.vendor;
    for (const id of ['a', 'b']) {
      marketing.addForm(id, `Form ${id}`);
      for (let n = 0; n < 120; n += 1) marketing.submit(id, { email: `p${n}@example.com` }, { at: EARLIER });
    }
    const first = await rig.read('form-submissions');
    rig.pass(HOUR);
    marketing.submit('a', { email: 'new@example.com' });
    marketing.dropForm('b');
    rig.pass(HOUR);
    const before = rig.vendor.calls.length;

    const next = await rig.read('form-submissions', { from: first.at(-1)?.checkpoint });

    expect(namesIn(first)).toHaveLength(240);
    expect(next.flatMap(({ changes }) => changes)).toMatchObject([{ name: 'Form Submitted', by: 'person' }]);
    expect(rig.vendor.calls.slice(before).map(({ path }) => path)).toEqual([
      '/marketing/v3/forms/',
      '/form-integrations/v1/submissions/forms/a',
      '/form-integrations/v1/submissions/forms/b',
    ]);
  });

  it('reads only the forms that the connection names', async () => {
    await using rig = await openRig();
    const [one, other] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
    for (const id of [one ?? '', other ?? '']) {
      rig.vendor.marketing.addForm(id, 'Form');
      rig.vendor.marketing.submit(id, { email: 'ann@example.com' }, { at: EARLIER });
    }

    const pages = await rig.read('form-submissions', { config: { forms: [other] } });

    expect(namesIn(pages)).toHaveLength(1);
  });
});
