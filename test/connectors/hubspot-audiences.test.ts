import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BatchResult, ListPage } from '../../lib/connectors/contract.ts';
import { audiences } from '../../lib/connectors/hubspot/audiences.ts';
import type { HubspotApi } from '../../lib/connectors/hubspot/client.ts';
import { erasure } from '../../lib/connectors/hubspot/erasure.ts';
import { truth } from '../../lib/connectors/hubspot/truth.ts';
import type { Identifier } from '../../lib/domain/change.ts';
import { type HubspotRig, openRig } from './hubspot-rig.ts';

const LIST = 'Lapsing customers';

let rig: HubspotRig;
let api: HubspotApi;
let remoteId: string;
let ann: string;
let bob: string;
beforeEach(async () => {
  rig = await openRig();
  api = rig.connect();
  ann = rig.vendor.store.create('contacts', { email: 'ann@example.com' });
  bob = rig.vendor.store.create('contacts', { email: 'Bob@Example.com' });
  ({ remoteId } = await audiences.ensure(api, { list: LIST }));
});
afterEach(() => rig[Symbol.asyncDispose]());

describe('ensure', () => {
  it('makes a static list that is missing, and finds it in any case', async () => {
    const again = await audiences.ensure(rig.connect(), { list: 'lapsing CUSTOMERS' });

    expect(again).toEqual({ remoteId });
    expect(rig.vendor.store.lists.all()).toMatchObject([{ name: LIST, processingType: 'MANUAL' }]);
  });

  it('refuses an active list, which fills itself', async () => {
    rig.vendor.store.lists.create('Active', 'DYNAMIC');

    await expect(audiences.ensure(api, { list: 'Active' })).rejects.toMatchObject({
      kind: 'config',
      code: 'hubspot/list-not-static',
    });
  });

  it('finds a name with every letter in it', async () => {
    const name = 'Käufer / Q4 & "more" 100% ?';
    const made = await audiences.ensure(api, { list: name });

    expect(await audiences.ensure(api, { list: name })).toEqual(made);
    expect(rig.vendor.store.lists.named(name)?.listId).toBe(made.remoteId);
  });
});

describe('apply', () => {
  it('adds by id and by address in any case, and says unchanged the second time', async () => {
    const people = [id(ann), email('bob@example.com')];

    const first = await apply('add', people);
    const second = await apply('add', people);

    expect(outcomes(first)).toEqual(['applied', 'applied']);
    expect(outcomes(second)).toEqual(['unchanged', 'unchanged']);
    expect([...(rig.vendor.store.lists.get(remoteId)?.members.keys() ?? [])].sort()).toEqual([ann, bob].sort());
    // One look-up by address, one addition; the second time also one look at their lists.
    expect([first.calls, second.calls]).toEqual([2, 3]);
  });

  it('adds a thousand by id in one call', async () => {
    const ids = Array.from({ length: 1_000 }, (_, n) =>
      rig.vendor.store.create('contacts', { email: `p${n}@example.com` }),
    );

    const result = await apply('add', ids.map(id));

    expect(new Set(outcomes(result))).toEqual(new Set(['applied']));
    expect(result.calls).toBe(1);
    expect(audiences.batch.maxMembers).toBe(1_000);
  });

  it('looks addresses up by the hundred', async () => {
    const addresses = Array.from({ length: 250 }, (_, n) => `p${n}@example.com`);
    for (const address of addresses) rig.vendor.store.create('contacts', { email: address });

    const result = await apply('add', addresses.map(email));

    expect(new Set(outcomes(result))).toEqual(new Set(['applied']));
    expect(result.calls).toBe(4);
  });

  it('knows neither strangers nor who was deleted', async () => {
    rig.vendor.store.archive('contacts', bob);

    const result = await apply('add', [id(bob), email('bob@example.com'), email('never@example.org'), id('999999')]);

    expect(outcomes(result)).toEqual(['unmatched', 'unmatched', 'unmatched', 'unmatched']);
  });

  it('adds who has opted out without a word about it: a list is no subscription', async () => {
    rig.vendor.store.update('contacts', ann, { hs_email_optout: 'true' });

    const result = await apply('add', [id(ann)]);

    expect(outcomes(result)).toEqual(['applied']);
    expect(rig.vendor.store.find('contacts', ann)?.properties.hs_email_optout).toBe('true');
  });

  it('writes memberships and nothing else', async () => {
    await apply('add', [id(ann), email('bob@example.com')]);
    await apply('remove', [id(ann)]);

    const writes = rig.vendor.calls
      .filter(({ area }) => area === 'write')
      .map(({ method, path }) => `${method} ${path}`);
    expect(writes).toEqual([
      `PUT /crm/v3/lists/${remoteId}/memberships/add`,
      `PUT /crm/v3/lists/${remoteId}/memberships/remove`,
    ]);
  });

  it('tries again who was passed over in silence', async () => {
    rig.vendor.faults.add({ kind: 'silence', on: ['write'] });

    const result = await apply('add', [id(ann), id(bob)]);

    expect(outcomes(result)).toEqual(['retry hubspot/not-applied', 'applied']);
  });

  it('gives one outcome to two members who are one contact', async () => {
    const result = await apply('add', [id(ann), email('ann@example.com')]);

    expect(outcomes(result)).toEqual(['applied', 'applied']);
  });

  it('removes by address whoever is on the list, and leaves strangers unchanged', async () => {
    await apply('add', [id(ann), id(bob)]);

    const result = await apply('remove', [email('bob@example.com'), email('never@example.org')]);

    expect(outcomes(result)).toEqual(['applied', 'unchanged']);
    expect(outcomes(await apply('remove', [id(bob)]))).toEqual(['unchanged']);
  });

  it('says that the list is gone, so that the next run makes it anew', async () => {
    rig.vendor.store.lists.delete(remoteId);

    await expect(apply('add', [id(ann)])).rejects.toMatchObject({ kind: 'transient', code: 'hubspot/list-gone' });
    expect(await audiences.ensure(api, { list: LIST })).not.toEqual({ remoteId });
  });
});

describe('truth', () => {
  it('reads a list of several pages, and goes on after each of them', async () => {
    const ids = Array.from({ length: 620 }, (_, n) =>
      rig.vendor.store.create('contacts', { email: `p${n}@example.com` }),
    );
    await apply('add', ids.map(id));

    const whole = await pagesFrom(undefined);
    const rest = await pagesFrom(whole[0]?.next);

    expect(whole.map(({ members }) => members.length)).toEqual([250, 250, 120]);
    expect(rest).toEqual(whole.slice(1));
    expect(whole[0]?.members[0]).toEqual({
      keys: [
        { type: 'hubspot.contact_id', value: ids[0] },
        { type: 'email', value: 'p0@example.com' },
      ],
      standing: 'reachable',
    });
  });
});

describe('erase', () => {
  it('deletes by id and by address, and blocks the address', async () => {
    const person = {
      records: [{ kind: 'contact', id: ann }],
      keys: [email('bob@example.com'), email('never@example.org')],
    };

    const answer = await erasure.erase(api, person);

    expect(answer).toMatchObject({ state: 'confirmed', deleted: 2 });
    expect(rig.vendor.store.all('contacts')).toEqual([]);
    expect(['ann@example.com', 'bob@example.com', 'never@example.org'].map(rig.vendor.store.blocked)).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('passes over records of other kinds', async () => {
    const answer = await erasure.erase(api, { records: [{ kind: 'address', id: 'a1b2' }], keys: [] });

    expect(answer).toMatchObject({ state: 'confirmed', deleted: 0 });
  });
});

async function pagesFrom(after: ListPage['next']): Promise<ListPage[]> {
  const pages: ListPage[] = [];
  const signal = new AbortController().signal;
  for await (const page of truth.members?.(api, remoteId, { signal, ...(after === undefined ? {} : { after }) }) ??
    []) {
    pages.push(page);
  }
  return pages;
}

function apply(op: 'add' | 'remove', keys: readonly Identifier[]): Promise<BatchResult> {
  const members = keys.map((key, n) => ({ memberId: `m${n}`, keys: [key] }));
  return audiences.apply(api, { remoteId, op, members, idempotencyKey: op });
}

function outcomes(result: BatchResult): string[] {
  if (result.state !== 'done') return ['pending'];
  return [...result.outcomes]
    .sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)))
    .map(([, outcome]) => ('code' in outcome ? `${outcome.status} ${outcome.code}` : outcome.status));
}

function id(value: string): Identifier {
  return { type: 'hubspot.contact_id', value };
}

function email(value: string): Identifier {
  return { type: 'email', value };
}
