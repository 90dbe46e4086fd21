import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MetaSimulator, startMeta } from './server.ts';

/** What the simulated page and ad account do as documented or reported, asked as anybody would: over HTTP. */

const ann = { id: '24601001', name: 'Ann Example' };
const PAGE_TOKEN = 'EAAsimulatedpagetoken';
const now = () => new Date('2026-11-21T08:00:00Z');

let vendor: MetaSimulator;
beforeEach(async () => {
  vendor = await startMeta({ now });
});
afterEach(() => vendor.close());

describe('requests', () => {
  it('take a token in a header or in the address, with any version or none', async () => {
    const none = await ask('GET', '/me', { token: '' });
    const wrong = await ask('GET', '/me', { token: 'EAAother' });
    const header = await ask('GET', '/v25.0/me');
    const query = await ask('GET', `/v24.0/me?access_token=${vendor.secret.access_token}`, { token: '' });

    expect([none, wrong, header, query].map(({ status }) => status)).toEqual([400, 401, 200, 200]);
    expect(wrong.body).toMatchObject({ error: { type: 'OAuthException', code: 190 } });
    expect(JSON.parse(header.headers.get('x-app-usage') ?? '')).toMatchObject({ call_count: 28 });
  });

  it('want the page’s own token for what is the page’s', async () => {
    const { page } = vendor.store;

    const refused = await ask('GET', `/${page}/leadgen_forms`);
    const accounts = await ask('GET', '/me/accounts');
    const taken = await ask('GET', `/${page}/leadgen_forms`, { token: PAGE_TOKEN });

    expect([refused.status, refused.body]).toMatchObject([403, { error: { code: 210 } }]);
    expect(accounts.body.data).toContainEqual(expect.objectContaining({ id: page, access_token: PAGE_TOKEN }));
    expect(taken.status).toBe(200);
  });

  it('say in minutes how long an audience’s limit lasts', async () => {
    vendor.faults.add({ kind: 'audience-limit' });

    const { status, body, headers } = await ask('GET', '/me');

    expect([status, body]).toMatchObject([400, { error: { code: 80_003 } }]);
    const [told] = Object.values(
      JSON.parse(headers.get('x-business-use-case-usage') ?? '{}') as Record<string, object[]>,
    );
    expect(told).toMatchObject([{ type: 'custom_audience', estimated_time_to_regain_access: 19 }]);
  });
});

describe('pages', () => {
  it('are linked by addresses that hold a token, and know where they were when something is new', async () => {
    const form = vendor.store.createForm('Newsletter');
    const ids = ['a', 'b', 'c'].map((name) => vendor.store.submit(form, { email: `${name}@example.com` }));
    const first = await ask('GET', `/${form}/leads?limit=2`, { token: PAGE_TOKEN });
    vendor.store.submit(form, { email: 'd@example.com' });

    const { cursors, next } = first.body.paging ?? {};
    const second = await ask('GET', `/${form}/leads?limit=2&after=${cursors?.after}`, { token: PAGE_TOKEN });
    const lost = await ask('GET', `/${form}/leads?after=bm9uZQ`, { token: PAGE_TOKEN });

    expect(first.body.data?.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    expect(second.body.data?.map(({ id }) => id)).toEqual([ids[0]]);
    expect(next).toContain('access_token=');
    expect(second.body.paging?.next).toBeUndefined();
    expect(lost.body).toMatchObject({ error: { code: 100 } });
  });
});

describe('comments', () => {
  it('of a page come all in order where they are asked for so, of Instagram newest first with their first replies', async () => {
    const { store } = vendor;
    const post = store.post('New shoes');
    const medium = store.share('New shoes');
    const top = store.comment(post, ann, 'One', { at: new Date('2026-11-20T08:00:00Z') });
    const reply = store.comment(post, ann, 'Two', { parent: top });
    const first = store.comment(medium, ann, 'One', { at: new Date('2026-11-20T08:00:00Z') });
    const last = store.comment(medium, ann, 'Two');
    for (let n = 0; n < 4; n += 1) store.comment(medium, ann, `${n}`, { parent: first });

    const plain = await ask('GET', `/${post}/comments`, { token: PAGE_TOKEN });
    const stream = await ask('GET', `/${post}/comments?filter=stream`, { token: PAGE_TOKEN });
    const onMedium = await ask('GET', `/${medium}/comments?fields=id,replies{id}`);

    expect(plain.body.data?.map(({ id }) => id)).toEqual([top]);
    expect(stream.body.data?.map(({ id }) => id)).toEqual([top, reply]);
    expect(onMedium.body.data?.map(({ id }) => id)).toEqual([last, first]);
    expect(onMedium.body.data?.[1]?.replies?.data).toHaveLength(3);
    expect(onMedium.body.data?.[1]?.replies?.paging?.next).toContain(`/${first}/replies`);
  });
});

describe('custom audiences', () => {
  const payload = { schema: ['EMAIL'], data: [['a'.repeat(64)], ['no hash']] };

  it('count rows, call unhashed ones invalid, and change nothing when a body got lost', async () => {
    const audience = vendor.audiences.create('Buyers');
    const added = await ask('POST', `/${audience.id}/users`, { body: { payload } });
    const lost = await ask('DELETE', `/${audience.id}/users`);
    const removed = await ask('DELETE', `/${audience.id}/users`, { body: { payload: JSON.stringify(payload) } });

    expect(added.body).toMatchObject({ audience_id: audience.id, num_received: 2, num_invalid_entries: 1 });
    expect(lost.body).toMatchObject({ error: { code: 100 } });
    expect(removed.status).toBe(200);
    expect(vendor.audiences.named('Buyers')?.rows).toEqual([]);
  });

  it('are deleted whole by a deletion of their own address', async () => {
    const audience = vendor.audiences.create('Buyers');

    const answer = await ask('DELETE', `/${audience.id}`, { body: { payload } });

    expect([answer.body, vendor.audiences.all.size]).toEqual([{ success: true }, 0]);
  });

  it('answer a page for people to an address as long as an SDK makes it, and code 1 to more than 10,000 rows', async () => {
    const { id } = vendor.audiences.create('Buyers');
    const rows = Array.from({ length: 10_001 }, () => ['a'.repeat(64)]);
    const many = JSON.stringify({ schema: ['EMAIL'], data: rows.slice(0, 120) });

    const inAddress = await ask('DELETE', `/${id}/users?payload=${encodeURIComponent(many)}`);
    const tooMany = await ask('POST', `/${id}/users`, { body: { payload: { schema: ['EMAIL'], data: rows } } });

    expect(inAddress.text).toContain('Facebook | Error');
    expect(tooMany.body).toMatchObject({ error: { code: 1, error_subcode: 99 } });
  });
});

describe('webhooks', () => {
  it('are sent to whoever gives the challenge back, signed over escaped letters, and again until they are taken', async () => {
    const heard: { readonly body: string; readonly signature: unknown }[] = [];
    let isUp = false;
    await using receiver = await receive((body, signature) => {
      heard.push({ body, signature });
      return isUp ? 200 : 500;
    });
    const taken = await vendor.subscribe(`${receiver.url}/hook`);
    const refused = await vendor.subscribe(`${receiver.url}/other`);
    vendor.store.comment(vendor.store.post('Neu'), ann, 'Schöne Schuhe');

    await vendor.settleWebhooks();
    isUp = true;
    await vendor.settleWebhooks();
    await vendor.settleWebhooks();

    expect([taken, refused, heard.length]).toEqual([true, false, 2]);
    expect(heard[0]?.body).toContain('Sch\\u00f6ne');
    expect(heard[0]?.signature).toMatch(/^sha256=[0-9a-f]{64}$/);
    expect(heard[1]).toEqual(heard[0]);
  });
});

interface Body {
  readonly data?: readonly { readonly id: string; readonly replies?: Body }[];
  readonly paging?: { readonly cursors?: { readonly after: string }; readonly next?: string };
  readonly error?: object;
}

async function ask(method: string, path: string, more: { readonly token?: string; readonly body?: object } = {}) {
  const { token = vendor.secret.access_token, body } = more;
  const answer = await fetch(`${vendor.url}${path}`, {
    method,
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: (text.startsWith('{') ? JSON.parse(text) : {}) as Body,
  };
}

/** Somebody's own server, which gives the challenge back at `/hook` only. */
async function receive(take: (body: string, signature: unknown) => number) {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method !== 'GET') {
        response.writeHead(take(Buffer.concat(chunks).toString('utf8'), request.headers['x-hub-signature-256'])).end();
      } else if (url.pathname === '/hook') response.end(url.searchParams.get('hub.challenge'));
      else response.writeHead(403).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
