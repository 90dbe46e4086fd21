import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BatchResult } from '../../lib/connectors/contract.ts';
import { audiences } from '../../lib/connectors/meta/audiences.ts';
import type { MetaApi } from '../../lib/connectors/meta/client.ts';
import { matchValue, rowOf, SCHEMA } from '../../lib/connectors/meta/match-row.ts';
import type { Identifier } from '../../lib/domain/change.ts';
import { failureOf } from './connector-rig.ts';
import { type MetaRig, openRig } from './meta-rig.ts';

const AUDIENCE = 'Lapsing customers';

let rig: MetaRig;
let api: MetaApi;
let remoteId: string;
beforeEach(async () => {
  rig = await openRig();
  api = rig.connect();
  ({ remoteId } = await audiences.ensure(api, { custom_audience: AUDIENCE }));
});
afterEach(() => rig[Symbol.asyncDispose]());

describe('rows', () => {
  it.each([
    ['EMAIL', ' Ann@Example.com ', sha256('ann@example.com')],
    ['PHONE', '+49 (0)30 123-4567', sha256('490301234567')],
    ['PHONE', '0049 30 1234567', sha256('49301234567')],
    ['PHONE', 'none', ''],
    ['MADID', ' AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE', 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'],
  ] as const)('hold %s %j as Meta compares it', (key, value, wanted) => {
    expect(matchValue(key, value)).toBe(wanted);
  });

  it('have a place for each key and none for other identifiers', () => {
    const row = rowOf([
      { type: 'user_id', value: 'u1' },
      { type: 'android.idfa', value: 'B1' },
      { type: 'email', value: 'ann@example.com' },
    ]);

    expect(row).toEqual([sha256('ann@example.com'), '', 'b1']);
    expect(rowOf([{ type: 'user_id', value: 'u1' }])).toBeUndefined();
  });

  const file = process.env.META_HASH_VECTORS;
  it.skipIf(file === undefined)('agree with the vectors that META_HASH_VECTORS names', () => {
    const { vectors } = JSON.parse(readFileSync(file ?? '', 'utf8')) as {
      vectors: { platform: string; key: string; raw: string; sha256: string }[];
    };
    const ours = vectors.filter(({ platform }) => platform === 'meta');
    const tried = SCHEMA.flatMap((key) => ours.filter((one) => one.key === key).map((one) => ({ key, one })));

    expect(tried.length).toBeGreaterThan(0);
    expect(tried.map(({ key, one }) => matchValue(key, one.raw))).toEqual(tried.map(({ one }) => one.sha256));
  });
});

describe('ensure', () => {
  it('makes one that is missing, and finds the oldest of its name however they are listed', async () => {
    for (let n = 0; n < 110; n += 1) rig.vendor.audiences.create(n === 50 ? AUDIENCE : `Other ${n}`);

    expect(await audiences.ensure(rig.connect(), { custom_audience: AUDIENCE })).toEqual({ remoteId });
    expect(JSON.parse(rig.vendor.calls.find(({ method }) => method === 'POST')?.body ?? '')).toEqual({
      name: AUDIENCE,
      subtype: 'CUSTOM',
      customer_file_source: 'USER_PROVIDED_ONLY',
      description: 'Kept by Tributary',
    });
  });
});

describe('apply', () => {
  it('sends hashes only, in one request that says so', async () => {
    await apply('add', [email('Ann@Example.com'), { type: 'phone', value: '+15551234567' }]);

    const sent = rig.vendor.calls.at(-1);
    expect([sent?.method, sent?.path]).toEqual(['POST', `/v25.0/${remoteId}/users`]);
    expect(JSON.parse(sent?.body ?? '')).toEqual({
      payload: {
        schema: ['EMAIL', 'PHONE', 'MADID'],
        data: [
          [sha256('ann@example.com'), '', ''],
          ['', sha256('15551234567'), ''],
        ],
        is_raw: false,
      },
    });
  });

  it('takes ten thousand off by a body, leaves nothing of them in the address, and the audience where it is', async () => {
    const people = Array.from({ length: 10_000 }, (_, n) => email(`n${n}@example.org`));
    await apply('add', people);

    const result = await apply('remove', people);

    const sent = rig.vendor.calls.at(-1);
    expect([sent?.method, sent?.path, result.calls]).toEqual(['DELETE', `/v25.0/${remoteId}/users`, 1]);
    expect(sent?.url.length).toBeLessThan(200);
    expect(new Set(outcomes(result))).toEqual(new Set(['applied']));
    expect(rig.vendor.audiences.all.get(remoteId)?.rows).toEqual([]);
  });

  it('never sends a deletion of anything but users, whatever the list is called', async () => {
    for (const id of ['', '.', '12/..', `${remoteId}/`, 'me']) {
      await failureOf(() => change('remove', [email('ann@example.com')], id));
    }

    const deletions = rig.vendor.calls.filter(({ method }) => method === 'DELETE');
    expect(deletions.filter(({ path }) => !/^\/v25\.0\/\d+\/users$/.test(path))).toEqual([]);
    expect(rig.vendor.audiences.all.has(remoteId)).toBe(true);
  });

  it('says of nobody that they are off an audience that Meta keeps from becoming too small', async () => {
    await using small = await openRig({ smallestAudience: 2 });
    const other = small.connect();
    const made = await audiences.ensure(other, { custom_audience: AUDIENCE });
    const batch = (op: 'add' | 'remove', keys: readonly Identifier[]) => ({
      remoteId: made.remoteId,
      op,
      members: keys.map((key, n) => ({ memberId: `m${n}`, keys: [key] })),
      idempotencyKey: op,
    });
    const people = ['ann', 'bob', 'cat'].map((name) => email(`${name}@example.com`));
    await audiences.apply(other, batch('add', people));

    const first = await audiences.apply(other, batch('remove', people.slice(0, 1)));
    const second = await audiences.apply(other, batch('remove', people.slice(1)));

    expect(outcomes(first)).toEqual(['applied']);
    expect(second.state === 'done' && [...second.outcomes.values()]).toEqual([
      { status: 'refused', code: 'audience-too-small' },
      { status: 'refused', code: 'audience-too-small' },
    ]);
    expect(small.vendor.audiences.all.get(made.remoteId)?.rows).toHaveLength(2);
  });

  it('rejects whoever has no key left, and sends the others', async () => {
    const result = await apply('add', [{ type: 'phone', value: 'none' }, email('bob@example.com')]);

    expect(outcomes(result)).toEqual(['rejected', 'applied']);
    expect(rig.vendor.audiences.all.get(remoteId)?.rows).toHaveLength(1);
  });

  it('refuses a batch of which Meta calls rows invalid, so that whoever cuts it finds them', async () => {
    rig.vendor.faults.add({ kind: 'invalid-row' });

    const failure = await failureOf(() => apply('add', [email('ann@example.com'), email('bob@example.com')]));

    expect(failure).toMatchObject({ kind: 'rejected', code: 'meta/rows-refused' });
  });

  it('believes nobody to be on it when Meta counts fewer than were sent', async () => {
    rig.vendor.faults.add({ kind: 'lost-row' });

    const result = await apply('add', [email('ann@example.com'), email('bob@example.com')]);

    expect(outcomes(result)).toEqual(['retry', 'retry']);
  });

  it('says that an audience is gone in a way that finds or makes it anew', async () => {
    rig.vendor.audiences.delete(remoteId);

    const failure = await failureOf(() => apply('add', [email('ann@example.com')]));

    expect(failure).toMatchObject({ kind: 'transient', code: 'meta/audience-gone' });
    expect((await audiences.ensure(api, { custom_audience: AUDIENCE })).remoteId).not.toBe(remoteId);
  });

  it('stops where Meta has flagged the audience', async () => {
    const audience = rig.vendor.audiences.all.get(remoteId);
    if (audience !== undefined) audience.blocked = true;

    const failure = await failureOf(() => apply('remove', [email('ann@example.com')]));

    expect(failure).toMatchObject({ kind: 'config', code: 'meta/audience-blocked' });
  });
});

function apply(op: 'add' | 'remove', keys: readonly Identifier[]): Promise<BatchResult> {
  return change(op, keys, remoteId);
}

function change(op: 'add' | 'remove', keys: readonly Identifier[], id: string): Promise<BatchResult> {
  const members = keys.map((key, n) => ({ memberId: `m${n}`, keys: [key] }));
  return audiences.apply(api, { remoteId: id, op, members, idempotencyKey: `${op} ${keys.length}` });
}

function outcomes(result: BatchResult): string[] {
  return result.state === 'done' ? [...result.outcomes.values()].map(({ status }) => status) : ['pending'];
}

function email(value: string): Identifier {
  return { type: 'email', value };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
