import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BatchResult, ListPage } from '../../lib/connectors/contract.ts';
import { audiences } from '../../lib/connectors/mailchimp/audiences.ts';
import type { MailchimpClient } from '../../lib/connectors/mailchimp/client.ts';
import { truth } from '../../lib/connectors/mailchimp/truth.ts';
import { LIST, openRig, type Rig } from '../vendors/mailchimp/open.ts';

const TAG = 'Lapsing';

let rig: Rig;
let api: MailchimpClient;
let remoteId: string;
beforeEach(async () => {
  rig = await openRig();
  api = rig.connect();
  rig.vendor.putMember(LIST, { email: 'Ann@Example.com' });
  rig.vendor.putMember(LIST, { email: 'bob@example.com' });
  ({ remoteId } = await audiences.ensure(api, { tag: TAG }));
});
afterEach(() => rig.close());

describe('ensure', () => {
  it('makes a tag that is missing, and finds it under both names afterwards', async () => {
    const found = await audiences.ensure(api, { static_segment: TAG });

    expect(found).toEqual({ remoteId });
    expect(rig.vendor.calls.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('does not take a saved segment of the same name', async () => {
    const saved = rig.vendor.addSavedSegment(LIST, 'Buyers');

    expect(await audiences.ensure(api, { tag: 'Buyers' })).not.toEqual({ remoteId: saved });
  });

  it('finds a tag behind the first thousand', async () => {
    const tags = Array.from({ length: 1_200 }, (_, n) => `tag ${n}`);
    rig.vendor.putMember(LIST, { email: 'bob@example.com', tags });

    await audiences.ensure(api, { tag: 'tag 1199' });

    expect(rig.vendor.calls.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });
});

describe('apply', () => {
  it('adds in any case of the address, and says unchanged the second time', async () => {
    const first = await apply('add', ['ann@example.com', 'bob@example.com']);
    const second = await apply('add', ['ann@example.com', 'bob@example.com']);

    expect(outcomes(first)).toEqual(['applied', 'applied']);
    expect(first.calls).toBe(1);
    expect(outcomes(second)).toEqual(['unchanged', 'unchanged']);
    expect(rig.vendor.tagged(LIST, TAG)).toEqual(['ann@example.com', 'bob@example.com']);
  });

  for (const status of ['unsubscribed', 'cleaned', 'pending', 'transactional', 'archived'] as const) {
    it(`refuses who is ${status} and leaves the status as it is`, async () => {
      rig.vendor.putMember(LIST, { email: 'cy@example.com', status });

      const result = await apply('add', ['cy@example.com', 'bob@example.com']);

      expect(outcomes(result)).toEqual([`refused ${status}`, 'applied']);
      expect(rig.vendor.member(LIST, 'cy@example.com')?.status).toBe(status);
    });
  }

  it('takes out again whom the vendor tags though they are not subscribed', async () => {
    rig.vendor.putMember(LIST, { email: 'cy@example.com', status: 'unsubscribed' });
    rig.vendor.faults.push({ kind: 'tags-anyone' });

    const result = await apply('add', ['cy@example.com', 'bob@example.com']);

    expect(outcomes(result)).toEqual(['refused unsubscribed', 'applied']);
    expect(result.calls).toBe(2);
    expect(rig.vendor.tagged(LIST, TAG, { anyStatus: true })).toEqual(['bob@example.com']);
  });

  it('refuses who was deleted for good, and knows no stranger', async () => {
    rig.vendor.deletePermanently(LIST, 'bob@example.com');

    const result = await apply('add', ['bob@example.com', 'never@example.org']);

    expect(outcomes(result)).toEqual(['refused forgotten', 'unmatched']);
    expect(rig.vendor.members(LIST).map(({ email }) => email)).toEqual(['Ann@Example.com']);
  });

  it('never sends a status and never makes a member', async () => {
    const before = rig.vendor.members(LIST).map(({ id, status }) => [id, status]);

    await apply('add', ['ann@example.com', 'never@example.org']);
    await apply('remove', ['ann@example.com', 'never@example.org']);

    expect(rig.vendor.members(LIST).map(({ id, status }) => [id, status])).toEqual(before);
    const writes = rig.vendor.calls.filter(({ method }) => method !== 'GET');
    expect(JSON.stringify(writes.map(({ body }) => body))).not.toContain('status');
    expect(writes.filter(({ path }) => path.includes('/members'))).toEqual([]);
  });

  it('removes whoever is there, and leaves the rest unchanged', async () => {
    await apply('add', ['ann@example.com']);

    const result = await apply('remove', ['ann@example.com', 'bob@example.com', 'never@example.org']);

    expect(outcomes(result)).toEqual(['applied', 'unchanged', 'unchanged']);
    expect(result.calls).toBe(1);
  });

  it('doubts a member that the vendor kept silent about', async () => {
    rig.vendor.faults.push({ kind: 'silence', email: 'ann@example.com' });

    expect(outcomes(await apply('add', ['ann@example.com']))).toEqual(['retry mailchimp/not-applied']);
  });

  it('throws on a server error, and comes out right when it is tried again', async () => {
    rig.vendor.faults.push({ kind: 'error', status: 504, carriedOut: 0.5, on: 'write' });

    await expect(apply('add', ['ann@example.com', 'bob@example.com'])).rejects.toMatchObject({ kind: 'transient' });
    expect(outcomes(await apply('add', ['ann@example.com', 'bob@example.com']))).toEqual(['unchanged', 'applied']);
  });

  it('tries the next address of whom it does not know by the best', async () => {
    const keys = ['never@example.org', 'bob@example.com'].map((value) => ({ type: 'email', value }));
    const batch = { remoteId, idempotencyKey: 'k', members: [{ memberId: 'm0', keys }] };

    const added = await audiences.apply(api, { ...batch, op: 'add' });
    const removed = await audiences.apply(api, { ...batch, op: 'remove' });

    expect(outcomes(added)).toEqual(['applied']);
    expect(outcomes(removed)).toEqual(['applied']);
  });

  it('rejects a member without an address', async () => {
    const members = [{ memberId: 'm0', keys: [{ type: 'phone', value: '+4930123456' }] }];

    const result = await audiences.apply(api, { remoteId, op: 'add', members, idempotencyKey: 'k' });

    expect(outcomes(result)).toEqual(['rejected mailchimp/no-address']);
  });

  it('settles ten thousand subscribed people in twenty calls', async () => {
    const emails = Array.from({ length: 10_000 }, (_, n) => `p${n}@example.org`);
    for (const email of emails) rig.vendor.putMember(LIST, { email });

    let calls = 0;
    for (let from = 0; from < emails.length; from += 500)
      calls += (await apply('add', emails.slice(from, from + 500))).calls;

    expect(calls).toBe(20);
    expect(rig.vendor.tagged(LIST, TAG)).toHaveLength(10_000);
  }, 60_000);

  it('reads a short list as a whole when many are left over', async () => {
    for (let n = 0; n < 1_500; n += 1)
      rig.vendor.putMember(LIST, { email: `p${n}@example.org`, status: 'unsubscribed' });
    rig.vendor.putMember(LIST, { email: 'old@example.org', status: 'archived' });
    const strangers = Array.from({ length: 300 }, (_, n) => `never${n}@example.org`);

    const result = await apply('add', [
      ...strangers,
      'p7@example.org',
      'p1499@example.org',
      'old@example.org',
      'bob@example.com',
    ]);

    expect(outcomes(result).slice(300)).toEqual([
      'refused unsubscribed',
      'refused unsubscribed',
      'refused archived',
      'applied',
    ]);
    expect(new Set(outcomes(result).slice(0, 300))).toEqual(new Set(['unmatched']));
    expect(result.calls).toBe(4);
  });
});

describe('truth', () => {
  it('pages through everybody who carries the tag, whatever their status, and reads on after any page', async () => {
    for (let n = 0; n < 1_100; n += 1) rig.vendor.putMember(LIST, { email: `p${n}@example.org`, tags: [TAG] });
    rig.vendor.setStatus(LIST, 'p5@example.org', 'unsubscribed');
    rig.vendor.setStatus(LIST, 'p6@example.org', 'cleaned');

    const pages: ListPage[] = [];
    const signal = new AbortController().signal;
    for await (const page of truth.members?.(api, remoteId, { signal }) ?? []) pages.push(page);
    const [first, ...others] = pages;
    const again: ListPage[] = [];
    for await (const page of truth.members?.(api, remoteId, { signal, after: first?.next ?? null }) ?? []) {
      again.push(page);
    }

    const found = new Map(
      pages.flatMap(({ members }) => members.map(({ keys, standing }) => [keys[0]?.value, standing])),
    );
    expect([...found.keys()].sort()).toEqual(rig.vendor.tagged(LIST, TAG, { anyStatus: true }));
    expect([found.get('p4@example.org'), found.get('p5@example.org'), found.get('p6@example.org')]).toEqual([
      'reachable',
      'unsubscribed',
      'cleaned',
    ]);
    expect(again).toEqual(others);
    expect(pages.at(-1)?.next).toBeUndefined();
  });
});

function apply(op: 'add' | 'remove', emails: readonly string[]): Promise<BatchResult> {
  const members = emails.map((value, n) => ({ memberId: `m${n}`, keys: [{ type: 'email', value }] }));
  return audiences.apply(api, { remoteId, op, members, idempotencyKey: 'key' });
}

function outcomes(result: BatchResult): string[] {
  if (result.state === 'pending') return [];
  const order = [...result.outcomes].sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)));
  return order.map(([, outcome]) => ('code' in outcome ? `${outcome.status} ${outcome.code}` : outcome.status));
}
