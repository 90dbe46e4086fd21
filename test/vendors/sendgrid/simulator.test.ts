import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SendgridSimulator, startSendgrid } from './server.ts';

/** What the simulated account does as documented or recorded, asked as anybody would: over HTTP. */

let at = 0;
let vendor: SendgridSimulator;
beforeEach(async () => {
  at = Date.parse('2026-11-21T08:00:00Z');
  vendor = await startSendgrid({ now: () => new Date(at), exportLooks: 2 });
});
afterEach(() => vendor.close());

describe('upserts', () => {
  it('are taken on, done half a minute later, and then asked after', async () => {
    const { id } = vendor.store.createList('News');
    const contacts = [{ email: 'Ann@Example.com' }];

    const taken = await ask('PUT', '/v3/marketing/contacts', { list_ids: [id], contacts });
    const early = await ask('GET', `/v3/marketing/contacts/imports/${taken.body.job_id}`);
    at += 30_000;
    const late = await ask('GET', `/v3/marketing/contacts/imports/${taken.body.job_id}`);
    const found = await ask('POST', '/v3/marketing/contacts/search/emails', { emails: ['ann@example.com'] });

    expect([taken.status, early.body.status, late.body.status]).toEqual([202, 'pending', 'completed']);
    expect(late.body.results).toMatchObject({ requested_count: 1, created_count: 1, updated_count: 0 });
    expect(people(found.body)['ann@example.com']?.contact).toMatchObject({ email: 'ann@example.com', list_ids: [id] });
  });

  it('are refused whole for one address, by its place', async () => {
    const contacts = [{ email: 'ann@example.com' }, { email: '000' }];

    const refused = await ask('PUT', '/v3/marketing/contacts', { contacts });

    expect([refused.status, refused.body]).toEqual([
      400,
      { errors: [{ field: 'contacts[1].email', message: "email '000' is not valid" }] },
    ]);
    expect(vendor.store.contacts.size).toBe(0);
  });
});

describe('look-ups', () => {
  it('find by another address too, say who is unknown, and are 404 where everybody is', async () => {
    const id = vendor.store.create({ email: 'ann@example.com', alternate_emails: ['other@example.com'] });

    const some = await ask('POST', '/v3/marketing/contacts/search/emails', {
      emails: ['Other@example.com', 'nobody@example.com'],
    });
    const none = await ask('POST', '/v3/marketing/contacts/search/emails', { emails: ['nobody@example.com'] });
    const wrong = await ask('POST', '/v3/marketing/contacts/search/emails', { emails: ['nobody', 'ann@example.com'] });

    expect(people(some.body)['other@example.com']?.contact).toMatchObject({ id });
    expect(people(some.body)['nobody@example.com']).toEqual({ error: 'contact not found' });
    expect([none.status, wrong.status]).toEqual([404, 400]);
  });

  it('by query show fifty and count all, and take times as TIMESTAMP only', async () => {
    for (let n = 0; n < 60; n += 1) vendor.store.create({ email: `p${n}@example.com` });
    const search = (query: string) => ask('POST', '/v3/marketing/contacts/search', { query });

    const found = await search("updated_at >= TIMESTAMP '2026-11-21T08:00:00Z'");
    const later = await search("updated_at > TIMESTAMP '2026-11-21T08:00:00Z'");
    const text = await search("updated_at > '2026-11-21T08:00:00Z'");

    expect([rows(found.body).length, found.body.contact_count, later.body.contact_count]).toEqual([50, 60, 0]);
    expect([text.status, text.body.errors?.[0]?.field]).toEqual([400, 'query']);
  });
});

describe('exports', () => {
  it('are made while one waits, hold a line for each contact, and lie where no key is wanted', async () => {
    vendor.store.create({ email: 'ann@example.com', first_name: 'Ann' });
    const { body: job } = await ask('POST', '/v3/marketing/contacts/exports', { file_type: 'json' });
    const path = `/v3/marketing/contacts/exports/${job.id}`;

    const [early, ready] = [await ask('GET', path), await ask('GET', path)];
    const file = await fetch(ready.body.urls?.[0] ?? '');
    const withKey = await fetch(ready.body.urls?.[0] ?? '', {
      headers: { authorization: `Bearer ${vendor.secret.api_key}` },
    });

    expect([early.body.status, ready.body.status, withKey.status]).toEqual(['pending', 'ready', 400]);
    const line = JSON.parse(gunzipSync(Buffer.from(await file.arrayBuffer())).toString('utf8'));
    expect(line).toEqual({
      contact_id: expect.any(String),
      created_at: '2026-11-21T08:00:00Z',
      custom_fields: {},
      email: 'ann@example.com',
      first_name: 'Ann',
      updated_at: '2026-11-21T08:00:00Z',
    });
  });
});

describe('lists', () => {
  it('are paged by a token, and lose members later', async () => {
    for (let n = 0; n < 3; n += 1) vendor.store.createList(`List ${n}`);
    const list = vendor.store.listNamed('List 0')?.id ?? '';
    const ann = vendor.store.create({ email: 'ann@example.com' });
    vendor.store.contacts.get(ann)?.lists.add(list);

    const first = await ask('GET', '/v3/marketing/lists?page_size=2');
    const second = await ask('GET', (first.body._metadata?.next ?? '').replace(vendor.url, ''));
    const removed = await ask('DELETE', `/v3/marketing/lists/${list}/contacts?contact_ids=${ann}`);
    const unknown = await ask('DELETE', `/v3/marketing/lists/${list}/contacts?contact_ids=${ann},nobody`);

    expect([rows(first.body).length, rows(second.body).length, second.body._metadata?.next]).toEqual([2, 1, undefined]);
    expect([removed.status, unknown.status, vendor.store.contacts.get(ann)?.lists.size]).toEqual([202, 404, 1]);
    at += 30_000;
    vendor.jobs.work();
    expect(vendor.store.contacts.get(ann)?.lists.size).toBe(0);
  });
});

describe('suppressions', () => {
  it('are shown from second to second, both included, with offset and limit', async () => {
    for (let n = 0; n < 4; n += 1) {
      vendor.store.suppress('bounces', `p${n}@example.com`, { at: new Date(1_784_131_160_000 + n * 1_000) });
    }

    const two = await ask('GET', '/v3/suppression/bounces?start_time=1784131161&end_time=1784131162');
    const one = await ask('GET', '/v3/suppression/bounces?limit=1&offset=3');

    expect(suppressed(two.body).map(({ created }) => created)).toEqual([1784131162, 1784131161]);
    expect(one.body).toHaveLength(1);
    expect(two.headers.get('x-ratelimit-limit')).toBe('5000');
  });

  it('come of what people do with a mail, and stay when a contact is deleted or put on a list', async () => {
    const ann = vendor.store.create({ email: 'ann@example.com' });
    vendor.happen({ event: 'unsubscribe', email: 'ann@example.com', at: new Date(at) });
    vendor.happen({ event: 'bounce', type: 'blocked', email: 'bob@example.com', at: new Date(at) });

    await ask('DELETE', `/v3/marketing/contacts?ids=${ann}`);

    expect(vendor.store.contacts.size).toBe(0);
    expect((await ask('GET', '/v3/suppression/unsubscribes')).body).toEqual([
      { email: 'ann@example.com', created: at / 1_000 },
    ]);
    expect((await ask('GET', '/v3/suppression/bounces')).body).toEqual([]);
  });
});

interface Body {
  readonly job_id?: string;
  readonly id?: string;
  readonly status?: string;
  readonly results?: object;
  readonly result?: unknown;
  readonly contact_count?: number;
  readonly urls?: readonly string[];
  readonly errors?: readonly { readonly field: string | null; readonly message: string }[];
  readonly _metadata?: { readonly next?: string };
}

async function ask(method: string, path: string, body?: object) {
  const answer = await fetch(`${vendor.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${vendor.secret.api_key}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: (text === '' ? {} : JSON.parse(text)) as Body };
}

/** What a look-up by address says of each. */
function people(body: Body) {
  return body.result as Readonly<Record<string, { readonly contact?: object; readonly error?: string }>>;
}

function rows(body: Body): readonly unknown[] {
  return body.result as readonly unknown[];
}

function suppressed(body: unknown) {
  return body as readonly { readonly created: number }[];
}
