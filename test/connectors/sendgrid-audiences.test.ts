import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BatchResult, ListedMember } from '../../lib/connectors/contract.ts';
import { audiences } from '../../lib/connectors/sendgrid/audiences.ts';
import type { SendgridApi } from '../../lib/connectors/sendgrid/client.ts';
import { erasure } from '../../lib/connectors/sendgrid/erasure.ts';
import { truth } from '../../lib/connectors/sendgrid/truth.ts';
import type { Identifier } from '../../lib/domain/change.ts';
import { openRig, type SendgridRig } from './sendgrid-rig.ts';

const LIST = 'Lapsing customers';
const SECOND = 1_000;

let rig: SendgridRig;
let api: SendgridApi;
let remoteId: string;
let ann: string;
let bob: string;
beforeEach(async () => {
  rig = await openRig({ deletionLagMs: 60 * SECOND });
  api = rig.connect();
  ann = rig.vendor.store.create({ email: 'ann@example.com', alternate_emails: ['ann.other@example.com'] });
  bob = rig.vendor.store.create({ email: 'Bob@Example.com' });
  ({ remoteId } = await audiences.ensure(api, { list: LIST }));
});
afterEach(() => rig[Symbol.asyncDispose]());

describe('ensure', () => {
  it('finds a list on whichever page it stands, and the same one of two of a name', async () => {
    for (let n = 0; n < 1_050; n += 1) rig.vendor.store.createList(`List ${n}`);
    const twin = rig.vendor.store.createList(LIST);

    const [id = ''] = [remoteId, twin.id].sort();
    expect(await audiences.ensure(rig.connect(), { list: LIST })).toEqual({ remoteId: id });
    expect(await truth.find(api, { list: 'List 1049' })).toEqual({
      remoteId: rig.vendor.store.listNamed('List 1049')?.id,
    });
  });
});

describe('apply', () => {
  it('waits until SendGrid has done it, and only then says that it is', async () => {
    const started = await apply('add', [email('ann@example.com'), email('nobody@example.org')]);

    expect([started.state, onList()]).toEqual(['pending', []]);
    expect(outcomes(await rig.follow(api, started))).toEqual(['unmatched', 'applied']);
    expect(onList()).toEqual([ann]);
  });

  it('adds a contact by its own address when another of its addresses found it, and makes nobody', async () => {
    await rig.follow(api, await apply('add', [email('Ann.Other@example.com')]));

    expect(onList()).toEqual([ann]);
    expect(rig.vendor.store.contacts.size).toBe(2);
  });

  it('changes nothing of suppressions: who has unsubscribed stays so on a list', async () => {
    rig.vendor.store.suppress('unsubscribes', 'ann@example.com');

    await rig.follow(api, await apply('add', [id(ann)]));
    await rig.follow(api, await apply('remove', [id(ann)]));

    expect(rig.vendor.store.suppressed('unsubscribes').map((one) => one.email)).toEqual(['ann@example.com']);
    expect(rig.vendor.calls.filter(({ path }) => /suppression|asm/.test(path))).toEqual([]);
    expect(rig.vendor.store.contacts.get(ann)?.fields.email).toBe('ann@example.com');
  });

  it('sends what it must and no more: addresses in one upsert, ids in one removal', async () => {
    await rig.follow(api, await apply('add', [id(ann), id(bob)]));
    await rig.follow(api, await apply('remove', [id(ann)]));

    const writes = rig.vendor.calls.filter(({ method }) => method === 'PUT' || method === 'DELETE');
    expect(writes.map(({ method, path, query, body }) => [method, path, query.get('contact_ids'), body])).toEqual([
      [
        'PUT',
        '/v3/marketing/contacts',
        null,
        { list_ids: [remoteId], contacts: [{ email: 'ann@example.com' }, { email: 'bob@example.com' }] },
      ],
      ['DELETE', `/v3/marketing/lists/${remoteId}/contacts`, ann, undefined],
    ]);
  });

  it('takes off the list who is only seen on it later, because the addition was on its way', async () => {
    const adding = await apply('add', [id(ann)]);
    const removing = await apply('remove', [id(ann)]);

    expect([adding.state, removing.state, outcomes(removing)]).toEqual(['pending', 'done', ['unchanged']]);
    rig.pass(60 * SECOND);
    rig.vendor.jobs.work();
    expect(onList()).toEqual([]);
  });

  it('asks the contacts themselves when an upsert had errors, and never counts who was left out', async () => {
    rig.vendor.faults.add({ kind: 'errored-upsert' });

    const result = await rig.follow(api, await apply('add', [id(ann), id(bob)]));

    expect(Object.fromEntries(result.outcomes)).toEqual({
      m0: { status: 'retry', code: 'sendgrid/not-added' },
      m1: { status: 'applied' },
    });
  });

  it('does not believe a removal that was taken on and never done', async () => {
    await rig.follow(api, await apply('add', [id(ann)]));
    rig.vendor.faults.add({ kind: 'lost-removal' });

    const result = await rig.follow(api, await apply('remove', [id(ann)]));

    expect([...result.outcomes.values()]).toEqual([{ status: 'retry', code: 'sendgrid/not-removed' }]);
    expect(onList()).toEqual([ann]);
  });

  it('finds the one address that SendGrid takes for none, and goes on with the others', async () => {
    const result = await rig.follow(api, await apply('add', [email('ann@example.com'), email('ann@example')]));

    expect([...result.outcomes.values()]).toEqual([
      { status: 'rejected', code: 'sendgrid/address-refused' },
      { status: 'applied' },
    ]);
  });

  it('rejects a contact without an address, by which alone it could be added', async () => {
    const dan = rig.vendor.store.create({ phone_number_id: '+4915112345678' });

    const result = await apply('add', [id(dan)]);

    expect(result).toMatchObject({ state: 'done' });
    expect(outcomes(result)).toEqual(['rejected']);
  });

  it('adds a thousand in one upsert and removes them by the hundred', async () => {
    const ids = Array.from({ length: 1_000 }, (_, n) => rig.vendor.store.create({ email: `p${n}@example.com` }));

    const added = await apply('add', ids.map(id));
    await rig.follow(api, added);
    const removed = await apply('remove', ids.map(id));
    const end = await rig.follow(api, removed);

    expect([added.calls, removed.calls]).toEqual([10 + 1, 10 + 10]);
    expect(new Set(outcomes(end))).toEqual(new Set(['applied']));
    expect(onList()).toEqual([]);
  });

  it('is tried again when the list is deleted meanwhile', async () => {
    rig.vendor.store.deleteList(remoteId);

    for (const op of ['add', 'remove'] as const) {
      await expect(apply(op, [id(ann)])).rejects.toMatchObject({ kind: 'transient', code: 'sendgrid/list-gone' });
    }
  });

  it('answers at once, when asked again, about somebody who is off the list by then', async () => {
    await rig.follow(api, await apply('add', [id(ann)]));
    await apply('remove', [id(ann)]);
    rig.pass(60 * SECOND);

    // An erasure asks anew instead of following the job.
    expect(outcomes(await apply('remove', [id(ann)]))).toEqual(['unchanged']);
  });

  it('ends after ten minutes, though the job that it is asked about is always the one that was begun', async () => {
    rig.vendor.faults.add({ kind: 'lost-removal' });
    await rig.follow(api, await apply('add', [id(ann)]));
    const started = await apply('remove', [id(ann)]);
    if (started.state !== 'pending') throw new Error('the list shows her');

    const early = await audiences.poll?.(api, started.job);
    rig.pass(10 * 60 * SECOND);
    const late = await audiences.poll?.(api, started.job);

    expect([early?.state, late?.state]).toEqual(['pending', 'done']);
  });

  it('survives JSON while it waits', async () => {
    const started = await apply('add', [id(ann)]);
    if (started.state !== 'pending') throw new Error('the upsert is a job');

    const result = await rig.follow(api, { ...started, job: JSON.parse(JSON.stringify(started.job)) });

    expect(outcomes(result)).toEqual(['applied']);
    await expect(audiences.poll?.(api, { v: 2 })).rejects.toMatchObject({
      kind: 'defect',
      code: 'sendgrid/unknown-job',
    });
  });
});

describe('truth', () => {
  it('lists everybody by an export of the list, and goes on with the same export', async () => {
    const ids = Array.from({ length: 20 }, (_, n) => rig.vendor.store.create({ email: `p${n}@example.com` }));
    await rig.follow(api, await apply('add', ids.map(id)));

    const [first] = await listed();
    const rest = await listed(first?.next);

    expect(first?.members).toEqual([]);
    const all = rest.flatMap(({ members }) => members);
    expect(all.map(({ keys }) => keys[0]?.value).sort()).toEqual([...ids].sort());
    expect(all[0]?.keys[1]).toEqual(email('p0@example.com'));
    expect(rig.vendor.jobs.exports.size).toBe(1);
  });
});

describe('erase', () => {
  it('is pending until SendGrid has done it, then confirmed, and leaves suppressions as they are', async () => {
    rig.vendor.store.suppress('unsubscribes', 'ann@example.com');
    const person = { records: [{ kind: 'contact', id: ann }], keys: [email('ann@example.com')] };

    const first = await erasure.erase(api, person);
    rig.pass(2 * 60 * SECOND);
    const second = await erasure.erase(api, person);

    expect(first).toMatchObject({ state: 'pending', deleted: 1 });
    expect(second).toMatchObject({ state: 'confirmed', deleted: 0 });
    expect([...rig.vendor.store.contacts.keys()]).toEqual([bob]);
    expect(rig.vendor.store.suppressed('unsubscribes')).toHaveLength(1);
  });
});

function id(value: string): Identifier {
  return { type: 'sendgrid.contact_id', value };
}

function email(value: string): Identifier {
  return { type: 'email', value };
}

function onList(): string[] {
  return [...rig.vendor.store.contacts.values()].filter(({ lists }) => lists.has(remoteId)).map((one) => one.id);
}

function apply(op: 'add' | 'remove', keys: readonly Identifier[]): Promise<BatchResult> {
  const members = keys.map((key, n) => ({ memberId: `m${n}`, keys: [key] }));
  return audiences.apply(api, { remoteId, op, members, idempotencyKey: op });
}

function outcomes(result: BatchResult): string[] {
  return result.state === 'done' ? [...result.outcomes.values()].map(({ status }) => status) : [];
}

async function listed(after?: object): Promise<{ members: readonly ListedMember[]; next: object | undefined }[]> {
  const pages = [];
  const options = { signal: new AbortController().signal, ...(after === undefined ? {} : { after: { ...after } }) };
  for await (const page of truth.members?.(api, remoteId, options) ?? []) {
    pages.push({ members: page.members, next: page.next as object | undefined });
    if (after === undefined) break;
  }
  return pages;
}
