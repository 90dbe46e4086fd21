import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MailchimpClient } from '../../lib/connectors/mailchimp/client.ts';
import { fieldValues } from '../../lib/connectors/mailchimp/field-values.ts';
import { LIST, openRig, type Rig } from '../vendors/mailchimp/open.ts';
import { email, holdersIn, sendTo } from './field-rig.ts';

const SEGMENT = { merge_field: 'SEGMENT', value: 'Lapsing' };

let rig: Rig;
let api: MailchimpClient;
beforeEach(async () => {
  rig = await openRig();
  api = rig.connect();
  rig.vendor.addMergeField(LIST, { tag: 'SEGMENT', type: 'text' });
  rig.vendor.putMember(LIST, { email: 'Ann@Example.com', merge: { FNAME: 'Ann' } });
});
afterEach(() => rig.close());

describe('a merge field', () => {
  it('is the only thing that is sent: no status, no address, no other field', async () => {
    // Without leave to skip it, a field that is required and empty would refuse every change of the member.
    rig.vendor.addMergeField(LIST, { tag: 'NEEDED', type: 'text', required: true });

    const { outcomes, calls } = await sendTo(fieldValues, api, 'add', SEGMENT, [[email('ann@example.com')]]);

    expect(outcomes).toEqual([{ status: 'applied' }]);
    expect(calls).toBe(2);
    const changes = rig.vendor.calls.filter(({ method }) => method !== 'GET');
    expect(changes.map(({ method, body }) => [method, body])).toEqual([
      ['PATCH', { merge_fields: { SEGMENT: 'Lapsing' } }],
    ]);
    expect(rig.vendor.member(LIST, 'ann@example.com')).toMatchObject({
      status: 'subscribed',
      mergeFields: { FNAME: 'Ann', SEGMENT: 'Lapsing' },
    });
  });

  it('is taken from who has unsubscribed since, and status stays as it is', async () => {
    await sendTo(fieldValues, api, 'add', SEGMENT, [[email('ann@example.com')]]);
    rig.vendor.setStatus(LIST, 'ann@example.com', 'unsubscribed');

    const again = await sendTo(fieldValues, api, 'add', SEGMENT, [[email('ann@example.com')]]);
    const removed = await sendTo(fieldValues, api, 'remove', SEGMENT, [[email('ann@example.com')]]);

    expect([...again.outcomes, ...removed.outcomes]).toEqual([
      { status: 'refused', code: 'unsubscribed' },
      { status: 'applied' },
    ]);
    expect(rig.vendor.member(LIST, 'ann@example.com')).toMatchObject({
      status: 'unsubscribed',
      mergeFields: { SEGMENT: '' },
    });
  });

  it('tries the next address of whom the list does not know by the first', async () => {
    const keys = [email('other@example.org'), email('ann@example.com')];

    expect((await sendTo(fieldValues, api, 'add', SEGMENT, [keys])).outcomes).toEqual([{ status: 'applied' }]);
  });

  it('is rejected for one member and no reason to stop the others', async () => {
    rig.vendor.addMergeField(LIST, { tag: 'LEVEL', type: 'dropdown', choices: ['gold'] });
    const { remoteId } = await fieldValues.ensure(api, { merge_field: 'LEVEL', value: 'gold' });
    // Somebody takes the choice away after the last look.
    rig.vendor.addMergeField(LIST, { tag: 'LEVEL', type: 'dropdown', choices: ['silver'] });
    rig.vendor.putMember(LIST, { email: 'bob@example.com', merge: { LEVEL: 'gold' } });
    const members = ['ann@example.com', 'bob@example.com'].map((one) => ({ memberId: one, keys: [email(one)] }));

    const result = await fieldValues.apply(api, { remoteId, op: 'add', members, idempotencyKey: 'k' });

    expect(result).toMatchObject({
      outcomes: new Map([
        ['ann@example.com', { status: 'rejected', code: 'mailchimp/value-refused' }],
        ['bob@example.com', { status: 'unchanged' }],
      ]),
    });
  });

  it('that was deleted meanwhile is never taken for written, though Mailchimp passes over it', async () => {
    const { remoteId } = await fieldValues.ensure(api, SEGMENT);
    rig.vendor.dropMergeField(LIST, 'SEGMENT');
    const members = [{ memberId: 'ann', keys: [email('ann@example.com')] }];

    await expect(fieldValues.apply(api, { remoteId, op: 'add', members, idempotencyKey: 'k' })).rejects.toMatchObject({
      kind: 'config',
      code: 'mailchimp/unknown-merge-field',
      message: expect.stringContaining('SEGMENT'),
    });
  });

  it('keeps what the ledger must know of those who were written before a failure', async () => {
    for (const n of [1, 2, 3, 4, 5]) rig.vendor.putMember(LIST, { email: `n${n}@example.com` });
    const { remoteId } = await fieldValues.ensure(api, SEGMENT);
    const members = [1, 2, 3, 4, 5].map((n) => ({ memberId: `m${n}`, keys: [email(`n${n}@example.com`)] }));
    rig.vendor.faults.push({ kind: 'too-many', on: 'write' });
    const made: (string | undefined)[] = [];
    const notes = {
      asked: async () => undefined,
      made: async (writes: readonly { readonly member?: string }[]) => {
        made.push(...writes.map(({ member }) => member));
      },
    };

    const failing = fieldValues.apply(api, { remoteId, op: 'add', members, idempotencyKey: 'k', notes });

    await expect(failing).rejects.toMatchObject({ kind: 'rate-limited' });
    // Four are asked at a time: of the first four one was turned away, and the fifth was not tried.
    expect(made).toHaveLength(3);
    expect(made).not.toContain('m5');
  });

  it('lists its holders among more members than a page holds', async () => {
    for (let n = 0; n < 1_100; n += 1) {
      rig.vendor.putMember(LIST, { email: `n${n}@example.com`, merge: n % 100 === 0 ? { SEGMENT: 'Lapsing' } : {} });
    }
    rig.vendor.putMember(LIST, { email: 'away@example.com', status: 'archived', merge: { SEGMENT: 'Lapsing' } });

    const { people, pages } = await holdersIn(fieldValues, api, SEGMENT);

    expect(pages).toBe(2);
    expect(people.map(({ keys }) => keys[0]?.value).sort()).toEqual(
      Array.from({ length: 11 }, (_, n) => `n${n * 100}@example.com`).sort(),
    );
  });
});
