import { Client } from '@hubspot/api-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HubspotSimulator, startHubspot } from './server.ts';

const clock = { at: 0 };
let vendor: HubspotSimulator;
let client: Client;
beforeEach(async () => {
  clock.at = Date.parse('2026-11-21T08:00:00Z');
  vendor = await startHubspot({ now: () => new Date(clock.at) });
  // The vendor's own client, whole: what it understands here, it understands there.
  client = new Client({ accessToken: vendor.tokens.accessToken, basePath: vendor.url });
});
afterEach(() => vendor.close());

const everybody = {
  filterGroups: [],
  sorts: [{ propertyName: 'hs_object_id', direction: 'ASCENDING' }] as unknown as string[],
  properties: ['email', 'nonsense', 'jobtitle'],
  limit: 200,
};

describe('objects', () => {
  it('are made, found, changed and deleted through the official client', async () => {
    const made = await client.crm.contacts.basicApi.create({
      properties: { email: 'Ann@Example.com' },
      associations: [],
    });
    const changed = await client.crm.contacts.basicApi.update(made.id, { properties: { jobtitle: 'Head' } });
    const read = await client.crm.contacts.basicApi.getById(made.id, ['email', 'nonsense', 'phone']);
    await client.crm.contacts.basicApi.archive(made.id);
    await client.crm.contacts.basicApi.archive(made.id);
    const archived = await client.crm.contacts.basicApi.getPage(10, undefined, ['email'], undefined, undefined, true);

    expect(changed.properties.jobtitle).toBe('Head');
    // Requested and empty is null; requested and unknown is left out.
    expect(read.properties).toMatchObject({ email: 'ann@example.com', phone: null });
    expect(read.properties).not.toHaveProperty('nonsense');
    expect(archived.results).toMatchObject([{ id: made.id, archived: true }]);
    await expect(client.crm.contacts.basicApi.getById(made.id)).rejects.toMatchObject({ code: 404 });
  });

  it('refuse a second contact with an address, and name the first in the message only', async () => {
    const { id } = await client.crm.contacts.basicApi.create({
      properties: { email: 'ann@example.com' },
      associations: [],
    });
    const again = client.crm.contacts.basicApi.create({ properties: { email: 'ANN@example.com' }, associations: [] });

    await expect(again).rejects.toMatchObject({
      code: 409,
      body: { category: 'CONFLICT', message: `Contact already exists. Existing ID: ${id}` },
    });
  });

  it('come in a batch by id and by address, in an order of their own, with what is missing beside', async () => {
    const [ann, bob] = ['ann', 'bob'].map((name) => vendor.store.create('contacts', { email: `${name}@example.com` }));
    const inputs = [{ id: ann ?? '' }, { id: bob ?? '' }, { id: '999' }];

    const byId = await client.crm.contacts.batchApi.read({ inputs, properties: [], propertiesWithHistory: [] });
    const byAddress = await client.crm.contacts.batchApi.read({
      inputs: [{ id: 'Ann@example.com' }],
      idProperty: 'email',
      properties: [],
      propertiesWithHistory: [],
    });

    expect(byId.results.map(({ id }) => id)).toEqual([bob, ann]);
    expect(byId).toMatchObject({ numErrors: 1, errors: [{ category: 'OBJECT_NOT_FOUND', context: { ids: ['999'] } }] });
    expect(byAddress.results.map(({ id }) => id)).toEqual([ann]);
  });

  it('go by every name of their kind', async () => {
    vendor.store.create('contacts', { email: 'ann@example.com' });

    for (const name of ['contacts', 'contact', 'CONTACT', '0-1']) {
      const { results } = await client.crm.objects.basicApi.getPage(name, 10);
      expect(results).toHaveLength(1);
    }
  });

  it('block the address of who was deleted by law', async () => {
    const id = vendor.store.create('contacts', { email: 'ann@example.com' });
    const body = { objectId: 'ann@example.com', idProperty: 'email' };
    await client.apiRequest({ method: 'POST', path: '/crm/v3/objects/contacts/gdpr-delete', body });

    const again = client.crm.contacts.basicApi.create({ properties: { email: 'ann@example.com' }, associations: [] });

    await expect(again).rejects.toMatchObject({ code: 400 });
    expect(vendor.store.find('contacts', id)).toBeUndefined();
  });
});

describe('searches', () => {
  it('show what changed some seconds late, and never the deleted', async () => {
    vendor.store.create('contacts', { email: 'ann@example.com' });
    const bob = vendor.store.create('contacts', { email: 'bob@example.com' });
    const soon = await client.crm.contacts.searchApi.doSearch(everybody);
    clock.at += 10_000;
    const later = await client.crm.contacts.searchApi.doSearch(everybody);
    vendor.store.update('contacts', bob, { jobtitle: 'Head' });
    const former = await client.crm.contacts.searchApi.doSearch(everybody);
    vendor.store.archive('contacts', bob);

    expect([soon.total, later.total]).toEqual([0, 2]);
    expect(former.results[1]?.properties.jobtitle).toBeNull();
    expect(await client.crm.contacts.searchApi.doSearch(everybody)).toMatchObject({ total: 1 });
  });

  it('end at 10,000 results, at 200 a page and at five groups', async () => {
    const group = { filters: [] };
    const refused = [
      { ...everybody, limit: 200, after: '9900' },
      { ...everybody, limit: 201 },
      { ...everybody, filterGroups: [group, group, group, group, group, group] },
    ];

    for (const request of refused) {
      await expect(client.crm.contacts.searchApi.doSearch(request)).rejects.toMatchObject({
        code: 400,
        body: { status: 'error', category: 'VALIDATION_ERROR', correlationId: expect.any(String) as string },
      });
    }
    await expect(
      client.crm.contacts.searchApi.doSearch({ ...everybody, limit: 100, after: '9900' }),
    ).resolves.toMatchObject({ total: 0 });
  });

  it('say nothing of limits, as all other answers do', async () => {
    const headers = { authorization: `Bearer ${vendor.tokens.accessToken}`, 'content-type': 'application/json' };
    const search = await fetch(`${vendor.url}/crm/v3/objects/contacts/search`, { method: 'POST', headers, body: '{}' });
    const list = await fetch(`${vendor.url}/crm/v3/objects/contacts`, { headers });

    expect(search.headers.get('x-hubspot-ratelimit-max')).toBeNull();
    expect(list.headers.get('x-hubspot-ratelimit-daily-remaining')).toBe('249998');
  });
});

describe('lists', () => {
  it('take members once, say nothing of those who are there, and name the missing', async () => {
    const [ann, bob] = ['ann', 'bob'].map((name) => vendor.store.create('contacts', { email: `${name}@example.com` }));
    const { list } = await client.crm.lists.listsApi.create({
      name: 'News',
      objectTypeId: '0-1',
      processingType: 'MANUAL',
    });
    const first = await client.crm.lists.membershipsApi.add(list.listId, [ann ?? '']);
    const second = await client.crm.lists.membershipsApi.add(list.listId, [ann ?? '', bob ?? '', '999']);
    const page = await client.crm.lists.membershipsApi.getPage(list.listId, undefined, undefined, 1);
    const rest = await client.crm.lists.membershipsApi.getPage(list.listId, page.paging?.next?.after, undefined, 1);

    expect(first).toMatchObject({ recordsIdsAdded: [ann], recordIdsMissing: [] });
    expect(second).toMatchObject({ recordsIdsAdded: [bob], recordIdsRemoved: [], recordIdsMissing: ['999'] });
    expect([page, rest].map(({ results }) => results[0]?.recordId)).toEqual([ann, bob]);
    expect(rest.paging).toBeUndefined();
  });

  it('that fill themselves take none', async () => {
    const { listId } = vendor.store.lists.create('Active', 'DYNAMIC');

    await expect(client.crm.lists.membershipsApi.add(listId, ['1'])).rejects.toMatchObject({ code: 400 });
  });
});

describe('tokens', () => {
  it('are refused when they are unknown, and when half an hour is over', async () => {
    const grant = new URLSearchParams({ grant_type: 'refresh_token', ...vendor.oauthSecret });
    const answer = await fetch(`${vendor.url}/oauth/v1/token`, { method: 'POST', body: grant });
    const { access_token: token = '' } = (await answer.json()) as { access_token?: string };
    const ask = async (bearer: string) => {
      const answered = await fetch(`${vendor.url}/account-info/v3/details`, {
        headers: { authorization: `Bearer ${bearer}` },
      });
      return [answered.status, ((await answered.json()) as { category?: string }).category];
    };
    const fresh = await ask(token);
    clock.at += 1_800_000;

    expect([fresh, await ask(token), await ask('another')]).toEqual([
      [200, undefined],
      [401, 'EXPIRED_AUTHENTICATION'],
      [401, 'INVALID_AUTHENTICATION'],
    ]);
  });
});
