import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KlaviyoOptions, type KlaviyoSimulator, startKlaviyo } from './server.ts';

/** What the simulated account does as documented or recorded, asked as anybody would: over HTTP. */

const START = Date.parse('2026-11-21T08:00:00Z');
let at = START;
let vendor: KlaviyoSimulator;
beforeEach(async () => {
  at = START;
  vendor = await open({});
});
afterEach(() => vendor.close());

function open(options: Partial<KlaviyoOptions>): Promise<KlaviyoSimulator> {
  return startKlaviyo({ now: () => new Date(at), ...options });
}

describe('requests', () => {
  it('take a key and a revision', async () => {
    const [none, wrong, undated, good] = await Promise.all([
      ask('GET', '/api/accounts', { headers: { authorization: '' } }),
      ask('GET', '/api/accounts', { headers: { authorization: 'Klaviyo-API-Key pk_other' } }),
      ask('GET', '/api/accounts', { headers: { revision: '' } }),
      ask('GET', '/api/accounts'),
    ]);

    expect([none, wrong, undated, good].map(({ status }) => status)).toEqual([401, 401, 400, 200]);
    expect(wrong.body.errors?.[0]).toMatchObject({ status: 401, code: 'authentication_failed' });
    expect(good.headers.get('x-klaviyo-api-revision')).toBe('2026-07-15');
    expect(good.headers.get('ratelimit-limit')).toBe('1, 1;w=1, 15;w=60');
  });

  it('are refused for a scope by its name, and for a page of too many by the parameter', async () => {
    vendor.withheld.add('lists:read');

    const scope = await ask('GET', '/api/lists');
    const size = await ask('GET', '/api/profiles?page[size]=101');

    expect([scope.status, scope.body.errors?.[0]?.code]).toEqual([403, 'permission_denied']);
    expect([size.status, size.body.errors?.[0]?.source]).toEqual([400, { parameter: 'page[size]' }]);
  });

  it('are counted by endpoint in a second and in a minute', async () => {
    await vendor.close();
    vendor = await open({ limited: true });
    const first = await ask('GET', '/api/accounts');
    const second = await ask('GET', '/api/accounts');
    const elsewhere = await ask('GET', '/api/profiles');
    for (let n = 1; n < 15; n += 1) {
      at += 1_000;
      await ask('GET', '/api/accounts');
    }
    at += 1_000;
    const sixteenth = await ask('GET', '/api/accounts');

    expect([first.status, second.status, elsewhere.status, sixteenth.status]).toEqual([200, 429, 200, 429]);
    expect([second.headers.get('retry-after'), sixteenth.headers.get('retry-after')]).toEqual(['1', '45']);
    expect([first.headers.has('ratelimit-limit'), second.headers.has('ratelimit-limit')]).toEqual([true, false]);
    expect(second.body.errors?.[0]).toMatchObject({
      status: 429,
      code: 'throttled',
      detail: 'Request was throttled. Expected available in 1 second.',
    });
  });
});

describe('profiles', () => {
  it('come in pages whose links hold the whole question', async () => {
    for (let n = 0; n < 5; n += 1) vendor.store.create({ email: `p${n}@example.com` });

    const first = await ask('GET', '/api/profiles?sort=updated&page[size]=2');
    const next = new URL(first.body.links?.next ?? '');
    const second = await ask('GET', next.pathname + next.search);

    expect([first, second].map(({ body }) => emailsIn(body.data))).toEqual([
      ['p0@example.com', 'p1@example.com'],
      ['p2@example.com', 'p3@example.com'],
    ]);
    expect(next.origin).toBe('https://a.klaviyo.com');
    expect([next.searchParams.get('sort'), next.searchParams.get('page[size]')]).toEqual(['updated', '2']);
    expect(next.searchParams.get('page[cursor]')).not.toBeNull();
  });

  it('skip nobody behind a cursor when somebody before it changes', async () => {
    const ids = Array.from({ length: 4 }, (_, n) => vendor.store.create({ email: `p${n}@example.com` }));
    const first = await ask('GET', '/api/profiles?sort=updated&page[size]=2');
    at += 1_000;
    vendor.store.update(ids[0] ?? '', { title: 'Buyer' });

    const next = new URL(first.body.links?.next ?? '');
    const second = await ask('GET', `${next.pathname}${next.search.replace('size%5D=2', 'size%5D=9')}`);

    expect(emailsIn(second.body.data)).toEqual(['p2@example.com', 'p3@example.com', 'p0@example.com']);
  });

  const filters: readonly [string, readonly string[]][] = [
    ['any(email,["a@example.com","c@example.com"])', ['a@example.com', 'c@example.com']],
    ['equals(email,"b@example.com")', ['b@example.com']],
    ['greater-than(updated,2026-11-21T08:00:00Z)', ['c@example.com']],
    ['less-than(updated,2026-11-21T08:00:01Z),any(email,["b@example.com","c@example.com"])', ['b@example.com']],
    ['greater-or-equal(subscriptions.email.marketing.suppression.timestamp,2026-11-21T08:00:00Z)', ['b@example.com']],
  ];
  it.each(filters)('are found by %s', async (filter, expected) => {
    vendor.store.create({ email: 'a@example.com' });
    vendor.store.suppress(vendor.store.create({ email: 'b@example.com' }), 'HARD_BOUNCE');
    at += 2_000;
    vendor.store.create({ email: 'C@example.com' });

    const found = await ask('GET', `/api/profiles?filter=${encodeURIComponent(filter)}`);

    expect(emailsIn(found.body.data)).toEqual(expected);
  });

  it.each(['greater-or-equal(updated,2026-11-21T08:00:00Z)', 'equals(email', 'any(first_name,["Ann"])'])(
    'are not found by %s',
    async (filter) => {
      const refused = await ask('GET', `/api/profiles?filter=${encodeURIComponent(filter)}`);

      expect([refused.status, refused.body.errors?.[0]?.source]).toEqual([400, { parameter: 'filter' }]);
    },
  );

  it('show consent only where it is asked for', async () => {
    vendor.store.subscribe(vendor.store.create({ email: 'a@example.com' }));

    const plain = await ask('GET', '/api/profiles');
    const more = await ask('GET', '/api/profiles?additional-fields[profile]=subscriptions');

    expect(plain.body.data?.[0]?.attributes).not.toHaveProperty('subscriptions');
    expect(more.body.data?.[0]?.attributes.subscriptions).toMatchObject({
      email: { marketing: { consent: 'SUBSCRIBED', can_receive_email_marketing: true, suppression: [] } },
    });
  });

  it('exist once for an address', async () => {
    const id = vendor.store.create({ email: 'a@example.com' });

    const again = await ask('POST', '/api/profiles', {
      body: { data: { type: 'profile', attributes: { email: 'A@example.com' } } },
    });

    expect(again.status).toBe(409);
    expect(again.body.errors?.[0]).toMatchObject({ code: 'duplicate_profile', meta: { duplicate_profile_id: id } });
  });

  it('go after a deletion job, with their events and memberships', async () => {
    await vendor.close();
    vendor = await open({ deletionLagMs: 60_000 });
    const { store } = vendor;
    const id = store.create({ email: 'a@example.com' });
    store.track(id, 'Opened Email');
    const list = store.lists.create('News');
    store.lists.add(list, id);

    const both = await forget({ type: 'profile', id, attributes: { email: 'a@example.com' } });
    const one = await forget({ type: 'profile', id, attributes: {} });
    const before = store.profiles.size;
    at += 60_000;

    expect([both.status, one.status]).toEqual([400, 202]);
    expect([before, store.profiles.size, store.events.length, list.members.size]).toEqual([1, 0, 0, 0]);
  });
});

describe('events', () => {
  it('can be read some seconds after they came, with the names of their metrics', async () => {
    const ann = vendor.store.create({ email: 'a@example.com' });
    vendor.store.track(ann, 'Opened Email');
    const early = await ask('GET', '/api/events');
    at += 10_000;

    const later = await ask('GET', '/api/events?include=metric&sort=datetime');

    expect([early.body.data?.length, later.body.data?.length]).toEqual([0, 1]);
    expect(later.body.included?.map(({ attributes }) => attributes.name)).toEqual(['Opened Email']);
  });
});

describe('lists', () => {
  it('keep when somebody joined, take nobody of a batch with a stranger, and touch no consent', async () => {
    const { store } = vendor;
    const ann = store.create({ email: 'a@example.com' });
    const list = store.lists.create('News');
    const path = `/api/lists/${list.id}/relationships/profiles`;
    const stranger = await ask('POST', path, { body: { data: [profile(ann), profile('01KWNOBODY')] } });
    const first = await ask('POST', path, { body: { data: [profile(ann)] } });
    const joined = list.members.get(ann);
    at += 60_000;
    const again = await ask('POST', path, { body: { data: [profile(ann)] } });

    expect([stranger.status, first.status, again.status]).toEqual([404, 204, 204]);
    expect(list.members.get(ann)).toBe(joined);
    expect(store.profiles.get(ann)?.email.consent).toBe('NEVER_SUBSCRIBED');
  });

  it('are not asked by the id of a profile', async () => {
    const list = vendor.store.lists.create('News');

    const refused = await ask('GET', `/api/lists/${list.id}/profiles?filter=equals(id,"01KW")`);

    expect(refused.status).toBe(400);
  });
});

interface Resource {
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface Body {
  readonly data?: readonly Resource[];
  readonly included?: readonly Resource[];
  readonly links?: { readonly next: string | null };
  readonly errors?: readonly {
    readonly status: number;
    readonly code: string;
    readonly detail: string;
    readonly source: object;
  }[];
}

async function ask(method: string, path: string, more: { headers?: Record<string, string>; body?: object } = {}) {
  const answer = await fetch(`${vendor.url}${path}`, {
    method,
    headers: {
      authorization: `Klaviyo-API-Key ${vendor.secret.private_key}`,
      revision: '2026-07-15',
      ...more.headers,
    },
    ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: (text === '' ? {} : JSON.parse(text)) as Body };
}

function forget(data: object) {
  const attributes = { profile: { data } };
  return ask('POST', '/api/data-privacy-deletion-jobs', {
    body: { data: { type: 'data-privacy-deletion-job', attributes } },
  });
}

function profile(id: string): object {
  return { type: 'profile', id };
}

function emailsIn(data: readonly Resource[] | undefined): unknown[] {
  return (data ?? []).map(({ attributes }) => attributes.email);
}
