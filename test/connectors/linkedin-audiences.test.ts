import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BatchResult } from '../../lib/connectors/contract.ts';
import { audiences, sourceSegmentIdOf, userOf } from '../../lib/connectors/linkedin/audiences.ts';
import type { LinkedinApi } from '../../lib/connectors/linkedin/client.ts';
import type { Identifier } from '../../lib/domain/change.ts';
import { failureOf } from './connector-rig.ts';
import { type LinkedinRig, openRig } from './linkedin-rig.ts';

const TARGET = { matched_audience: 'Lapsing customers' };
const FRESH_MS = 5_000;

let rig: LinkedinRig;
let api: LinkedinApi;
let remoteId: string;
beforeEach(async () => {
  rig = await openRig();
  api = rig.connect();
  ({ remoteId } = await audiences.ensure(api, TARGET));
  rig.pass(FRESH_MS);
});
afterEach(() => rig[Symbol.asyncDispose]());

describe('ensure', () => {
  it('makes a private segment of users for LinkedIn, and takes its id from the header', () => {
    const [call] = rig.vendor.calls.filter(({ method }) => method === 'POST');

    expect(remoteId).toBe('10804001');
    expect(JSON.parse(call?.body ?? '')).toEqual({
      name: 'Lapsing customers',
      sourcePlatform: 'EXAMPLE',
      sourceSegmentId: sourceSegmentIdOf(TARGET),
      account: 'urn:li:sponsoredAccount:516848833',
      accessPolicy: 'PRIVATE',
      type: 'USER',
      destinations: [{ destination: 'LINKEDIN' }],
    });
  });

  it('takes the oldest of two that were made at once, and none of another platform', async () => {
    const sourceSegmentId = sourceSegmentIdOf(TARGET);
    rig.vendor.segments.create({ name: 'Lapsing customers', sourceSegmentId, sourcePlatform: 'EXAMPLE' });

    expect(await audiences.ensure(rig.connect(), TARGET)).toEqual({ remoteId });
    const other = rig.connect({ config: { source_platform: 'OTHER' } });
    expect((await audiences.ensure(other, TARGET)).remoteId).toBe('10804003');
  });
});

describe('users', () => {
  it.each([
    [email(' Ann @Example.com'), { idType: 'SHA256_EMAIL', idValue: sha256('ann@example.com') }],
    [
      { type: 'android.idfa', value: ' AB-1 ' },
      { idType: 'GOOGLE_AID', idValue: 'AB-1' },
    ],
  ])('are told by %j as LinkedIn compares it', (identifier, userId) => {
    expect(userOf('add', [identifier])).toEqual({ action: 'ADD', userIds: [userId] });
  });

  it('are nobody without a key that LinkedIn takes', () => {
    expect(userOf('remove', [{ type: 'phone', value: '+15551234567' }, email('  ')])).toBeUndefined();
  });
});

describe('apply', () => {
  it('adds and takes off by hashes, in one request each', async () => {
    await apply('add', [email('Ann@Example.com'), email('bob@example.com')]);
    const result = await apply('remove', [email('ann@example.com')]);

    const sent = rig.vendor.calls.at(-1);
    expect([sent?.path, sent?.headers['x-restli-method'], result.calls]).toEqual([
      `/rest/dmpSegments/${remoteId}/users`,
      'BATCH_CREATE',
      1,
    ]);
    expect(sent?.body).not.toContain('example.com');
    expect(users()).toEqual([`SHA256_EMAIL ${sha256('bob@example.com')}`]);
  });

  it('waits for a segment that was just made', async () => {
    const target = { matched_audience: 'New' };
    const made = await audiences.ensure(api, target);
    const batch = () =>
      audiences.apply(api, { ...batchOf('add', [email('ann@example.com')]), remoteId: made.remoteId, target });

    expect(await failureOf(batch)).toMatchObject({
      kind: 'rate-limited',
      code: 'linkedin/segment-not-ready',
      retryAfterMs: 30_000,
    });
    rig.pass(FRESH_MS);
    expect(outcomes(await batch())).toEqual(['applied']);
  });

  it('says that a segment is gone in a way that finds or makes it anew', async () => {
    rig.vendor.segments.delete(remoteId);

    const failure = await failureOf(() => apply('add', [email('ann@example.com')]));

    expect(failure).toMatchObject({ kind: 'transient', code: 'linkedin/segment-gone' });
    expect((await audiences.ensure(api, TARGET)).remoteId).not.toBe(remoteId);
  });

  it('rejects whoever has no key, and sends the others', async () => {
    const result = await apply('add', [{ type: 'phone', value: '+1555' }, email('bob@example.com')]);

    expect(outcomes(result)).toEqual(['rejected', 'applied']);
    expect(users()).toHaveLength(1);
  });

  it('gives each user the answer that stands at their place', async () => {
    rig.vendor.faults.add({ kind: 'refused-user' });

    const result = await apply('add', [email('ann@example.com'), email('bob@example.com')]);

    expect(outcomes(result)).toEqual(['rejected', 'applied']);
    expect(users()).toEqual([`SHA256_EMAIL ${sha256('bob@example.com')}`]);
  });

  it('believes nobody to be in it when answers are missing, for nobody can say whose', async () => {
    rig.vendor.faults.add({ kind: 'lost-user' });

    expect(outcomes(await apply('add', [email('ann@example.com'), email('bob@example.com')]))).toEqual([
      'retry',
      'retry',
    ]);
  });

  it('refuses a batch that LinkedIn refuses whole, so that whoever cuts it finds the one', async () => {
    const tooMany = Array.from({ length: 5_001 }, (_, n) => email(`n${n}@example.org`));

    const failure = await failureOf(() => apply('add', tooMany));

    expect(failure).toMatchObject({ kind: 'rejected', code: 'linkedin/users-refused' });
    expect(users()).toEqual([]);
  });

  it('sends nothing below an id that is none', async () => {
    const before = rig.vendor.calls.length;
    for (const id of ['', '..', '1/../2', 'me']) {
      await failureOf(() => audiences.apply(api, { ...batchOf('remove', [email('ann@example.com')]), remoteId: id }));
    }

    expect(rig.vendor.calls).toHaveLength(before);
  });
});

function users(): string[] {
  return [...(rig.vendor.segments.all.get(remoteId)?.users ?? [])];
}

function apply(op: 'add' | 'remove', keys: readonly Identifier[]): Promise<BatchResult> {
  return audiences.apply(api, batchOf(op, keys));
}

function batchOf(op: 'add' | 'remove', keys: readonly Identifier[]) {
  const members = keys.map((key, n) => ({ memberId: `m${n}`, keys: [key] }));
  return { remoteId, op, members, idempotencyKey: `${op} ${keys.length}`, target: TARGET };
}

function outcomes(result: BatchResult): string[] {
  if (result.state !== 'done') return ['pending'];
  return [...result.outcomes].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, { status }]) => status);
}

function email(value: string): Identifier {
  return { type: 'email', value };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
