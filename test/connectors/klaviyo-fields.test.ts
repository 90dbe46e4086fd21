import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KlaviyoApi } from '../../lib/connectors/klaviyo/client.ts';
import { fieldValues } from '../../lib/connectors/klaviyo/field-values.ts';
import { email, holdersIn, sendTo } from './field-rig.ts';
import { type KlaviyoRig, openRig } from './klaviyo-rig.ts';

const SEGMENT = { property: 'segment', value: 'lapsing' };

let rig: KlaviyoRig;
let api: KlaviyoApi;
let ann: string;
beforeEach(async () => {
  rig = await openRig();
  api = rig.connect();
  ann = rig.vendor.store.create({ email: 'ann@example.com', properties: { shirt: 'M' } });
});
afterEach(() => rig[Symbol.asyncDispose]());

describe('a profile property', () => {
  it('subscribes nobody: consent and suppressions stay as they are, and no other endpoint is called', async () => {
    const bob = rig.vendor.store.create({ email: 'bob@example.com' });
    rig.vendor.store.unsubscribe(bob);
    const before = [ann, bob].map(consentOf);

    const added = await sendTo(fieldValues, api, 'add', SEGMENT, [[id(ann)], [id(bob)]]);
    const removed = await sendTo(fieldValues, api, 'remove', SEGMENT, [[id(ann)], [id(bob)]]);

    expect([...added.outcomes, ...removed.outcomes]).toEqual(Array(4).fill({ status: 'applied' }));
    expect([ann, bob].map(consentOf)).toEqual(before);
    const writes = rig.vendor.calls.filter(({ method }) => method !== 'GET');
    expect(writes.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
      [ann, ann, bob, bob].map((one) => `PATCH /api/profiles/${one}`).sort(),
    );
    expect(writes[0]?.body).toEqual({
      data: { type: 'profile', id: ann, attributes: { properties: { segment: 'lapsing' } } },
    });
  });

  it('is taken away whole, and other properties are left', async () => {
    await sendTo(fieldValues, api, 'add', SEGMENT, [[email('ANN@example.com')]]);
    await sendTo(fieldValues, api, 'remove', SEGMENT, [[id(ann)]]);

    expect(rig.vendor.store.profiles.get(ann)?.attributes.properties).toEqual({ shirt: 'M' });
  });

  it('makes no profile of a stranger, nor of somebody who is gone by the time they are written', async () => {
    const bob = rig.vendor.store.create({ email: 'bob@example.com' });
    const { remoteId } = await fieldValues.ensure(api, SEGMENT);
    const members = [id(bob), email('never@example.org')].map((key, n) => ({ memberId: `m${n}`, keys: [key] }));
    const notes = {
      asked: async () => void rig.vendor.store.merge(ann, bob),
      made: async () => undefined,
    };

    const result = await fieldValues.apply(api, { remoteId, op: 'add', members, idempotencyKey: 'k', notes });

    expect(result).toMatchObject({
      outcomes: new Map([
        ['m0', { status: 'unmatched' }],
        ['m1', { status: 'unmatched' }],
      ]),
    });
    expect([...rig.vendor.store.profiles.keys()]).toEqual([ann]);
  });

  it('lists its holders among all profiles, also when Klaviyo forgets a page', async () => {
    const holders: string[] = [];
    for (let n = 0; n < 150; n += 1) {
      const properties = n % 50 === 0 ? { segment: 'lapsing' } : { segment: 'Lapsing' };
      const made = rig.vendor.store.create({ email: `n${n}@example.com`, properties });
      if (n % 50 === 0) holders.push(made);
    }
    rig.vendor.faults.add({ kind: 'lost-cursor' });

    const { people } = await holdersIn(fieldValues, api, SEGMENT);

    expect([...new Set(people.map(({ keys }) => keys[0]?.value))].sort()).toEqual(holders.sort());
  });
});

function id(value: string) {
  return { type: 'klaviyo.profile_id', value };
}

function consentOf(profile: string) {
  const { email: mail, sms, suppressions } = rig.vendor.store.profiles.get(profile) ?? {};
  return { mail, sms, suppressions };
}
