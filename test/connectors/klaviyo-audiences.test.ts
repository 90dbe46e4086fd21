import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BatchResult, ListedMember, Write, WriteNotes } from '../../lib/connectors/contract.ts';
import { audiences } from '../../lib/connectors/klaviyo/audiences.ts';
import type { KlaviyoApi } from '../../lib/connectors/klaviyo/client.ts';
import { erasure } from '../../lib/connectors/klaviyo/erasure.ts';
import { truth } from '../../lib/connectors/klaviyo/truth.ts';
import type { Identifier } from '../../lib/domain/change.ts';
import { type KlaviyoRig, openRig } from './klaviyo-rig.ts';

const LIST = 'Lapsing customers';
const DAY = 86_400_000;

let rig: KlaviyoRig;
let api: KlaviyoApi;
let remoteId: string;
let ann: string;
let bob: string;
beforeEach(async () => {
  rig = await openRig({ deletionLagMs: 60_000 });
  api = rig.connect();
  ann = rig.vendor.store.create({ email: 'ann@example.com' });
  bob = rig.vendor.store.create({ email: 'Bob@Example.com' });
  ({ remoteId } = await audiences.ensure(api, { list: LIST }));
});
afterEach(() => rig[Symbol.asyncDispose]());

describe('ensure', () => {
  it('makes a list that is missing, and finds the oldest of its name', async () => {
    rig.pass(DAY);
    rig.vendor.store.lists.create(LIST);

    expect(await audiences.ensure(rig.connect(), { list: LIST })).toEqual({ remoteId });
    expect(await truth.find(api, { list: LIST })).toEqual({ remoteId });
  });

  it('finds a name with every letter in it', async () => {
    const name = 'Käufer / Q4 & "more", (100%) \\ ?';
    const made = await audiences.ensure(api, { list: name });

    expect(await audiences.ensure(api, { list: name })).toEqual(made);
    expect(rig.vendor.store.lists.named(name)?.id).toBe(made.remoteId);
  });
});

describe('apply', () => {
  it('adds by id and by address in any case, and says unchanged the second time', async () => {
    const people = [id(ann), email('BOB@example.com')];

    const first = await apply('add', people);
    const second = await apply('add', people);

    expect([outcomes(first), outcomes(second)]).toEqual([
      ['applied', 'applied'],
      ['unchanged', 'unchanged'],
    ]);
    expect(onList()).toEqual([ann, bob].sort());
    // By id, by address, who is there; then, the first time only, the addition.
    expect([first.calls, second.calls]).toEqual([4, 3]);
  });

  it('knows neither strangers nor who was deleted or merged, and adds the others of the batch', async () => {
    const cat = rig.vendor.store.create({ email: 'cat@example.com' });
    rig.vendor.store.merge(ann, cat);

    const result = await apply('add', [id(cat), id(bob), email('never@example.org'), id('01KWNOBODY'), id('no id!')]);

    expect(outcomes(result)).toEqual(['unmatched', 'applied', 'unmatched', 'unmatched', 'unmatched']);
    expect(onList()).toEqual([bob]);
  });

  it('finds by address who is not found by id any more', async () => {
    const result = await audiences.apply(api, {
      remoteId,
      op: 'add',
      members: [{ memberId: 'm0', keys: [id('01KWMERGED'), email('ann@example.com')] }],
      idempotencyKey: 'x',
    });

    expect(outcomes(result)).toEqual(['applied']);
    expect(onList()).toEqual([ann]);
  });

  it('adds who has unsubscribed or is suppressed without touching how they stand', async () => {
    rig.vendor.store.unsubscribe(ann);
    rig.vendor.store.suppress(bob, 'HARD_BOUNCE');
    const before = structuredClone([...rig.vendor.store.profiles.values()]);

    await apply('add', [id(ann), id(bob)]);
    await apply('remove', [id(ann), id(bob)]);

    expect([...rig.vendor.store.profiles.values()]).toEqual(before);
  });

  it('writes memberships and nothing else', async () => {
    await apply('add', [id(ann), email('bob@example.com'), email('never@example.org')]);
    await apply('remove', [id(ann)]);

    const writes = rig.vendor.calls.filter(({ method }) => method !== 'GET');
    expect(writes.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['POST', '/api/lists', { data: { type: 'list', attributes: { name: LIST } } }],
      ['POST', `/api/lists/${remoteId}/relationships/profiles`, { data: [profile(ann), profile(bob)] }],
      ['DELETE', `/api/lists/${remoteId}/relationships/profiles`, { data: [profile(ann)] }],
    ]);
  });

  it('asks for a number where there is no address, and writes again who has neither', async () => {
    const { store } = rig.vendor;
    const [dan, eve] = [store.create({ phone_number: '+4915112345678' }), store.create({ external_id: 'u9' })];
    await apply('add', [id(dan), id(eve)]);

    const again = await apply('add', [id(dan), id(eve)]);

    expect(outcomes(again)).toEqual(['unchanged', 'applied']);
    expect(onList()).toEqual([dan, eve].sort());
  });

  it('adds a thousand by address in one change, and looks them up by the fifty', async () => {
    const { store } = rig.vendor;
    const addresses = Array.from({ length: 1_000 }, (_, n) => `p${n}@example.com`);
    for (const address of addresses) store.create({ email: address });

    const result = await apply('add', addresses.map(email));

    expect(new Set(outcomes(result))).toEqual(new Set(['applied']));
    expect(result.calls).toBe(20 + 20 + 1);
  });

  it('is tried again when the list is deleted meanwhile', async () => {
    rig.vendor.store.lists.delete(remoteId);

    await expect(apply('add', [id(ann)])).rejects.toMatchObject({ kind: 'transient', code: 'klaviyo/list-gone' });
  });

  it('notes what it asks for and what it made, about whom', async () => {
    const noted: [string, readonly Write[]][] = [];
    const notes: WriteNotes = {
      asked: async (writes) => void noted.push(['asked', writes]),
      made: async (writes) => void noted.push(['made', writes]),
    };
    const write = { object: 'profile', id: ann, field: `list ${remoteId}`, member: 'm0' };

    await apply('add', [id(ann)], notes);
    await apply('remove', [id(ann)], notes);

    expect(noted).toEqual([
      ['asked', [{ ...write, value: true }]],
      ['made', [{ ...write, value: true }]],
      ['made', [{ ...write, value: false }]],
    ]);
  });
});

describe('truth', () => {
  it('pages through a list, with everybody’s keys and standing', async () => {
    const { store } = rig.vendor;
    const ids = Array.from({ length: 130 }, (_, n) => store.create({ email: `p${n}@example.com` }));
    await apply('add', ids.map(id));
    store.unsubscribe(ids[1] ?? '');
    store.suppress(ids[2] ?? '', 'SPAM_COMPLAINT');
    store.subscribe(ids[3] ?? '');

    const { members, next } = await firstPage();
    const rest = await firstPage(next);

    expect([members.length, rest.members.length, rest.next]).toEqual([100, 30, undefined]);
    expect(members.slice(0, 4).map(({ standing }) => standing)).toEqual([
      'reachable',
      'unsubscribed',
      'spam_complaint',
      'reachable',
    ]);
    expect(members[0]?.keys).toEqual([id(ids[0] ?? ''), email('p0@example.com')]);
  });

  it('reads a list from its start when Klaviyo does not know the page any more', async () => {
    const ids = Array.from({ length: 130 }, (_, n) => rig.vendor.store.create({ email: `p${n}@example.com` }));
    await apply('add', ids.map(id));
    const { next } = await firstPage();
    rig.vendor.faults.add({ kind: 'lost-cursor' });

    const again = await firstPage(next);

    expect(again.members).toHaveLength(100);
    expect(again.members[0]?.keys[0]).toEqual(id(ids[0] ?? ''));
  });

  it('says how people stand by their best profile', async () => {
    rig.vendor.store.unsubscribe(bob);
    const asked = [[id(ann)], [email('bob@example.com')], [email('never@example.org')]];

    const told = await truth.standing?.(
      api,
      asked.map((keys, n) => ({ memberId: `m${n}`, keys })),
      '',
    );

    expect(Object.fromEntries(told ?? [])).toEqual({ m0: 'reachable', m1: 'unsubscribed' });
  });
});

describe('erase', () => {
  it('is pending until Klaviyo has done it, then confirmed', async () => {
    const person = { records: [{ kind: 'profile', id: ann }], keys: [email('ann@example.com')] };

    const first = await erasure.erase(api, person);
    rig.pass(2 * 60_000);
    const second = await erasure.erase(api, person);

    expect(first).toMatchObject({ state: 'pending', withinMs: DAY, deleted: 1 });
    expect(second).toMatchObject({ state: 'confirmed', deleted: 0 });
    expect([rig.vendor.store.profiles.has(ann), rig.vendor.store.profiles.has(bob)]).toEqual([false, true]);
  });

  it('asks with one identifier for each profile, also for one that only an address tells', async () => {
    await erasure.erase(api, { records: [{ kind: 'profile', id: ann }], keys: [email('bob@example.com')] });

    const jobs = rig.vendor.calls.filter(({ path }) => path === '/api/data-privacy-deletion-jobs');
    expect(jobs.map(({ body }) => body)).toEqual(
      [ann, bob].map((one) => ({
        data: {
          type: 'data-privacy-deletion-job',
          attributes: { profile: { data: { type: 'profile', id: one, attributes: {} } } },
        },
      })),
    );
  });
});

function id(value: string): Identifier {
  return { type: 'klaviyo.profile_id', value };
}

function email(value: string): Identifier {
  return { type: 'email', value };
}

function profile(own: string): object {
  return { type: 'profile', id: own };
}

function onList(): string[] {
  return [...(rig.vendor.store.lists.all.get(remoteId)?.members.keys() ?? [])].sort();
}

function apply(op: 'add' | 'remove', keys: readonly Identifier[], notes?: WriteNotes): Promise<BatchResult> {
  const members = keys.map((key, n) => ({ memberId: `m${n}`, keys: [key] }));
  const batch = { remoteId, op, members, idempotencyKey: op };
  return audiences.apply(api, notes === undefined ? batch : { ...batch, notes });
}

function outcomes(result: BatchResult): string[] {
  return result.state === 'done' ? [...result.outcomes.values()].map(({ status }) => status) : [];
}

async function firstPage(after?: object): Promise<{ members: readonly ListedMember[]; next: object | undefined }> {
  const options = { signal: new AbortController().signal, ...(after === undefined ? {} : { after: { ...after } }) };
  for await (const page of truth.members?.(api, remoteId, options) ?? []) {
    return { members: page.members, next: page.next as object | undefined };
  }
  return { members: [], next: undefined };
}
