import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../lib/domain/json.ts';
import { memberHash } from './member.ts';
import { LIST, openRig, type Rig } from './open.ts';

const MINUTE = 60_000;

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
  rig.vendor.putMember(LIST, { email: 'ann@example.com', merge: { FNAME: 'Ann' } });
});
afterEach(() => rig.close());

describe('startMailchimp', () => {
  it('signs in with Basic and Bearer, and knows a key of another data centre', async () => {
    const basic = `Basic ${Buffer.from(`any:${rig.vendor.apiKey}`).toString('base64')}`;
    const answers = await Promise.all(
      [basic, `Bearer ${rig.vendor.apiKey}`, 'Bearer 00112233445566778899aabbccddeeff-us7', 'Bearer x-us6', ''].map(
        (authorization) => fetch(`${rig.vendor.url}/3.0/ping`, { headers: { authorization } }),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 403, 401, 401]);
  });

  it('answers errors as problem documents', async () => {
    const { status, type, body } = await ask('GET', '/lists/none');

    expect([status, type]).toEqual([404, 'application/problem+json; charset=utf-8']);
    expect(body).toMatchObject({ title: 'Resource Not Found', status: 404 });
  });

  it('moves last_changed by whole seconds and only for a real change', async () => {
    rig.pass(90_500);
    rig.vendor.putMember(LIST, { email: 'ANN@example.com', merge: { FNAME: 'Ann' } });
    const same = rig.vendor.member(LIST, 'ann@example.com')?.lastChanged;
    rig.vendor.putMember(LIST, { email: 'ann@example.com', merge: { FNAME: 'Anna' } });

    expect(same).toBe(Date.parse('2026-11-21T08:00:00Z'));
    expect(rig.vendor.member(LIST, 'ann@example.com')?.lastChanged).toBe(Date.parse('2026-11-21T08:01:30Z'));
  });

  it('lists ten unless asked, at most a thousand, and the archived only on demand', async () => {
    for (let n = 0; n < 1_200; n += 1) rig.vendor.putMember(LIST, { email: `p${n}@example.org` });
    rig.vendor.setStatus(LIST, 'p7@example.org', 'archived');

    const counts = await Promise.all(
      ['', 'count=5000', 'status=archived', 'offset=1195&count=10'].map(async (query) => {
        const { body } = await ask('GET', `/lists/${LIST}/members?${query}`);
        return [(body.members as unknown[]).length, body.total_items];
      }),
    );

    expect(counts).toEqual([
      [10, 1200],
      [1000, 1200],
      [1, 1],
      [5, 1200],
    ]);
  });

  it('refuses a time whose plus sign was not encoded', async () => {
    const wrong = await ask('GET', `/lists/${LIST}/members?since_last_changed=2026-05-21T18:00:00+00:00`);
    const right = await ask('GET', `/lists/${LIST}/members?since_last_changed=2026-05-21T18:00:00.999%2B00:00`);

    expect([wrong.status, right.status]).toEqual([400, 200]);
  });

  it('lets no program subscribe who left, bounced or was deleted for good', async () => {
    rig.vendor.putMember(LIST, { email: 'left@example.com', status: 'unsubscribed' });
    rig.vendor.putMember(LIST, { email: 'bounced@example.com', status: 'cleaned' });
    rig.vendor.putMember(LIST, { email: 'erased@example.com' });
    rig.vendor.deletePermanently(LIST, 'erased@example.com');
    rig.vendor.putMember(LIST, { email: 'kept@example.com', status: 'archived' });

    const answers = await Promise.all(
      ['left', 'bounced', 'erased', 'kept'].map((name) => put(`${name}@example.com`, { status: 'subscribed' })),
    );

    expect(answers.map(({ status, body }) => [status, body.title])).toEqual([
      [400, 'Member In Compliance State'],
      [400, 'Member In Compliance State'],
      [400, 'Forgotten Email Not Subscribed'],
      [200, undefined],
    ]);
  });

  it('makes, refuses twice, archives and cannot archive twice', async () => {
    const path = `/lists/${LIST}/members`;
    const body = { email_address: 'new@example.com', status: 'subscribed' };
    const made = await ask('POST', path, body);
    const twice = await ask('POST', path, body);
    const archived = await ask('DELETE', `${path}/${memberHash('new@example.com')}`);
    const again = await ask('DELETE', `${path}/${memberHash('new@example.com')}`);

    expect([made.status, twice.body.title, archived.status, again.status]).toEqual([200, 'Member Exists', 204, 405]);
  });

  it('keeps a member status when a PUT only says status_if_new', async () => {
    rig.vendor.setStatus(LIST, 'ann@example.com', 'unsubscribed');

    const { status } = await put('ann@example.com', { status_if_new: 'subscribed', merge_fields: { FNAME: 'Anna' } });

    expect(status).toBe(200);
    expect(rig.vendor.member(LIST, 'ann@example.com')).toMatchObject({
      status: 'unsubscribed',
      mergeFields: { FNAME: 'Anna' },
    });
  });

  it('treats tags and static segments as one', async () => {
    await ask('POST', `/lists/${LIST}/members/${memberHash('ann@example.com')}/tags`, {
      tags: [{ name: 'vip', status: 'active' }],
    });
    const { body } = await ask('GET', `/lists/${LIST}/segments?type=static&fields=segments.name,segments.member_count`);

    expect(body).toEqual({ segments: [{ name: 'vip', member_count: 1 }] });
  });

  it('replaces a whole tag on PATCH, and takes at most 500 addresses on POST', async () => {
    rig.vendor.putMember(LIST, { email: 'bob@example.com', tags: ['vip'] });
    const { body } = await ask('GET', `/lists/${LIST}/segments`);
    const [{ id } = { id: 0 }] = body.segments as { id: number }[];

    const many = await ask('POST', `/lists/${LIST}/segments/${id}`, {
      members_to_add: Array(501).fill('a@example.com'),
    });
    await ask('PATCH', `/lists/${LIST}/segments/${id}`, { static_segment: ['ann@example.com'] });

    expect(many.status).toBe(400);
    expect(rig.vendor.tagged(LIST, 'vip')).toEqual(['ann@example.com']);
  });
});

describe('webhooks', () => {
  it('checks the URL, sends forms, tries again for 75 minutes and stops for ever at 410', async () => {
    const heard: string[] = [];
    let status = 200;
    const http = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        heard.push(`${request.method} ${new URLSearchParams(body).get('type') ?? ''}`);
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => {
      http.listen(0, '127.0.0.1', resolve);
    });
    await rig.vendor.addWebhook(LIST, `http://127.0.0.1:${(http.address() as AddressInfo).port}/hook`);

    status = 500;
    rig.vendor.setStatus(LIST, 'ann@example.com', 'unsubscribed');
    await rig.vendor.settleWebhooks();
    for (let minutes = 0; minutes < 80; minutes += 1) {
      rig.pass(MINUTE);
      await rig.vendor.retryWebhooks();
    }
    const tries = heard.length - 1;
    status = 410;
    rig.vendor.changeAddress(LIST, 'ann@example.com', 'anna@example.com');
    await rig.vendor.settleWebhooks();
    rig.vendor.putMember(LIST, { email: 'anna@example.com', merge: { FNAME: 'A' } });
    await rig.vendor.settleWebhooks();
    await new Promise((resolve) => {
      http.close(resolve);
      http.closeAllConnections();
    });

    expect(tries).toBe(6);
    expect(heard).toEqual(['GET ', ...Array(6).fill('POST unsubscribe'), 'POST upemail']);
    expect(rig.vendor.nextWebhookRetryAt()).toBeUndefined();
  });

  it('does not echo what a program wrote', async () => {
    const heard: string[] = [];
    const http = createServer((request, response) => {
      heard.push(request.method ?? '');
      response.end();
    });
    await new Promise<void>((resolve) => {
      http.listen(0, '127.0.0.1', resolve);
    });
    await rig.vendor.addWebhook(LIST, `http://127.0.0.1:${(http.address() as AddressInfo).port}/hook`);

    await put('ann@example.com', { merge_fields: { FNAME: 'Anna' } });
    await rig.vendor.settleWebhooks();
    await new Promise((resolve) => {
      http.close(resolve);
      http.closeAllConnections();
    });

    expect(heard).toEqual(['GET']);
  });
});

function put(email: string, body: JsonObject) {
  return ask('PUT', `/lists/${LIST}/members/${memberHash(email)}`, { email_address: email, ...body });
}

async function ask(method: string, path: string, body?: JsonObject) {
  const answer = await fetch(`${rig.vendor.url}/3.0${path}`, {
    method,
    headers: { authorization: `Bearer ${rig.vendor.apiKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const read: JsonObject = text === '' ? {} : JSON.parse(text);
  return { status: answer.status, type: answer.headers.get('content-type'), body: read };
}
