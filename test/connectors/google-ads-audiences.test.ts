import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { audiences } from '../../lib/connectors/google-ads/audiences.ts';
import { audienceMemberOf, emailOf } from '../../lib/connectors/google-ads/match-keys.ts';
import { asTributaryError } from '../../lib/domain/errors.ts';
import { membersOf, openRig, settings } from './google-ads-rig.ts';

const MINUTE = 60_000;
const target = { user_list: 'Lapsing' };
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const failure = (work: Promise<unknown>) => work.then(() => undefined, asTributaryError);

describe('emailOf', () => {
  it.each([
    ['ann.dev@example.com', 'ann.dev@example.com'],
    ['Ann+news@Example.com', 'ann+news@example.com'],
    ['a.n.n+news@gmail.com', 'ann@gmail.com'],
    ['a.n.n@googlemail.com', 'ann@googlemail.com'],
    ['a.n.n@mail.gmail.com', 'a.n.n@mail.gmail.com'],
    ['+@gmail.com', '+@gmail.com'],
  ])('makes of %s what Google hashes: %s', (address, normal) => {
    expect(emailOf(address)).toBe(normal);
  });
});

describe('audienceMemberOf', () => {
  it('tells all keys of a person at once, hashed, the number with its plus', () => {
    const keys = [
      { type: 'email', value: 'ann@example.com' },
      { type: 'phone', value: '+4915112345678' },
    ];

    expect(audienceMemberOf({ memberId: 'm0', keys })).toEqual({
      userData: {
        userIdentifiers: [{ emailAddress: sha256('ann@example.com') }, { phoneNumber: sha256('+4915112345678') }],
      },
    });
  });
});

describe('ensure', () => {
  it('makes a list of contact data that keeps people as long as the connection says', async () => {
    await using rig = await openRig();
    const api = rig.connect({ config: { ...settings, membership_days: 30 } });

    const made = await audiences.ensure(api, target);
    const found = await audiences.ensure(rig.connect(), target);

    expect(found).toEqual(made);
    expect([...rig.vendor.store.lists.values()]).toMatchObject([
      { id: made.remoteId, name: 'Lapsing', keyTypes: ['CONTACT_ID'], membershipDuration: '2592000s' },
    ]);
  });

  it('says that a name is taken by a list of another kind', async () => {
    await using rig = await openRig();
    rig.vendor.store.createList({ name: 'Lapsing', keyTypes: ['MOBILE_ID'] });

    const told = await failure(audiences.ensure(rig.connect(), target));

    expect(told).toMatchObject({ kind: 'config', code: 'google-ads/name-taken' });
  });

  it.each(['readOnly', 'closed'] as const)('does not fill a list that is %s', async (how) => {
    await using rig = await openRig();
    const list = rig.vendor.store.createList({ name: 'Lapsing', keyTypes: ['CONTACT_ID'] });
    if (how === 'readOnly') list.readOnly = true;
    else list.status = 'CLOSED';

    const told = await failure(audiences.ensure(rig.connect(), target));

    expect(told).toMatchObject({ kind: 'config', code: 'google-ads/wrong-list' });
  });

  it('takes no name that would end its filter', () => {
    expect(audiences.target.safeParse({ user_list: 'Lap"sing' }).success).toBe(false);
  });
});

describe('apply', () => {
  it('says for everybody what became of the request once Google has carried it out', async () => {
    await using rig = await openRig();
    rig.vendor.store.know('ann@example.com');

    const result = await rig.push('add', membersOf('ann@example.com', 'stranger@example.org'));

    expect(result).toMatchObject({ state: 'done', others: { status: 'applied' } });
    expect(rig.vendor.store.reaches('Lapsing', 'ann@example.com')).toBe(true);
  });

  it('asks after a request after one minute, then at ever longer times up to half an hour', async () => {
    await using rig = await openRig({ processingMs: () => 3 * 60 * MINUTE });
    const { remoteId } = await audiences.ensure(rig.connect(), target);
    const waits: number[] = [];

    let result = await audiences.apply(rig.connect(), {
      remoteId,
      op: 'add',
      members: membersOf('ann@example.com'),
      idempotencyKey: 'k',
    });
    while (result.state === 'pending') {
      waits.push(result.pollAfterMs / MINUTE);
      rig.pass(result.pollAfterMs);
      result = (await audiences.poll?.(rig.connect(), result.job)) ?? result;
    }

    expect(waits.slice(0, 7)).toEqual([1, 2, 4, 8, 16, 30, 30]);
    expect(result).toMatchObject({ others: { status: 'applied' } });
  });

  it('keeps nobody’s address in the job', async () => {
    await using rig = await openRig();
    const { remoteId } = await audiences.ensure(rig.connect(), target);

    const result = await audiences.apply(rig.connect(), {
      remoteId,
      op: 'add',
      members: membersOf('ann@example.com'),
      idempotencyKey: 'k',
    });

    expect(JSON.stringify(result)).not.toContain(sha256('ann@example.com'));
    expect(result).toMatchObject({ state: 'pending', job: { v: 1, rejected: [] } });
  });

  it('leaves out the members whom Google names and sends the others', async () => {
    await using rig = await openRig();
    rig.vendor.store.know('ann@example.com');
    const bad = {
      memberId: 'bad',
      keys: Array.from({ length: 11 }, (_, n) => ({ type: 'email', value: `n${n}@example.com` })),
    };

    const result = await rig.push('add', [bad, ...membersOf('ann@example.com')]);

    expect(result.state === 'done' && [...result.outcomes]).toEqual([
      ['bad', { status: 'rejected', code: 'google-ads/bad-member' }],
    ]);
    expect(result).toMatchObject({ others: { status: 'applied' } });
    expect(rig.vendor.store.reaches('Lapsing', 'ann@example.com')).toBe(true);
  });

  it('ends at once where Google takes nobody of a batch', async () => {
    await using rig = await openRig();

    const result = await rig.push('add', [{ memberId: 'm0', keys: [] }]);

    expect(result).toMatchObject({ state: 'done', outcomes: new Map([['m0', { status: 'rejected' }]]) });
  });

  it('finds or makes the list anew when it was deleted meanwhile', async () => {
    await using rig = await openRig();

    const told = await failure(
      audiences.apply(rig.connect(), {
        remoteId: '1',
        op: 'add',
        members: membersOf('ann@example.com'),
        idempotencyKey: 'k',
      }),
    );

    expect(told).toMatchObject({ kind: 'transient', code: 'google-ads/list-gone' });
  });

  it('removes by the same hashes, and claims no terms and no consent then', async () => {
    await using rig = await openRig();
    rig.vendor.store.know('a.nn@gmail.com');
    await rig.push('add', membersOf('a.nn@gmail.com'));
    const before = rig.vendor.store.reaches('Lapsing', 'ann@gmail.com');

    await rig.push('remove', membersOf('ann+x@gmail.com'));

    expect([before, rig.vendor.store.reaches('Lapsing', 'ann@gmail.com')]).toEqual([true, false]);
    const { body } = rig.vendor.calls.find(({ path }) => path.endsWith(':remove')) ?? {};
    expect(Object.keys(body as object).sort()).toEqual(['audienceMembers', 'destinations', 'encoding']);
  });
});

describe('consent', () => {
  it('is told for what the audience needs of everybody, by the workspace’s own names', async () => {
    await using rig = await openRig();
    const config = { ...settings, consent: { ad_user_data: 'ads' } };
    const { remoteId } = await audiences.ensure(rig.connect({ config }), target);
    const batch = { remoteId, op: 'add', members: membersOf('ann@example.com'), idempotencyKey: 'k' } as const;

    await audiences.apply(rig.connect({ config }), { ...batch, granted: ['ads', 'email'] });
    await audiences.apply(rig.connect({ config }), batch);

    const told = rig.vendor.calls.filter(({ path }) => path.endsWith(':ingest'));
    expect(told.map(({ body }) => (body as { consent?: object }).consent)).toEqual([
      { adUserData: 'CONSENT_GRANTED' },
      undefined,
    ]);
  });

  it('decides whom of the EEA Google keeps: nobody of a batch that fails for it is tried again by itself', async () => {
    await using rig = await openRig();
    rig.vendor.store.know('ann@example.com', 'EEA');
    const members = membersOf('ann@example.com');

    const without = await rig.push('add', members);
    const withBoth = await rig.push('add', members, ['ad_user_data', 'ad_personalization']);

    expect(without).toMatchObject({ others: { status: 'refused', code: 'google-ads/no-consent' } });
    expect(withBoth).toMatchObject({ others: { status: 'applied' } });
  });
});

describe('a request that Google did not carry out whole', () => {
  it('claims success for nobody where only some failed, and logs reasons and counts', async () => {
    await using rig = await openRig();
    rig.vendor.store.know('ann@example.com', 'EEA');

    const result = await rig.push('add', membersOf('ann@example.com', 'bob@example.com'));

    expect(result).toMatchObject({ others: { status: 'retry', code: 'google-ads/partly-processed' } });
    expect(rig.logged.join('\n')).toContain('{"PROCESSING_ERROR_REASON_NO_CONSENT":1}');
  });

  it('tries everybody again where all failed for a reason of Google’s own', async () => {
    await using rig = await openRig();
    rig.vendor.breakNext('PROCESSING_ERROR_REASON_INTERNAL_ERROR', 1);

    const result = await rig.push('add', membersOf('ann@example.com'));

    expect(result).toMatchObject({ others: { status: 'retry', code: 'google-ads/not-processed' } });
  });

  it('tries everybody again where Google does not know the request, or works on it for two days', async () => {
    await using forgetful = await openRig();
    await using slow = await openRig({ processingMs: () => Number.POSITIVE_INFINITY });
    const { remoteId } = await audiences.ensure(forgetful.connect(), target);
    let lost = await audiences.apply(forgetful.connect(), {
      remoteId,
      op: 'add',
      members: membersOf('ann@example.com'),
      idempotencyKey: 'k',
    });
    forgetful.vendor.store.requests.clear();
    let waited = 0;
    while (lost.state === 'pending') {
      waited += lost.pollAfterMs;
      forgetful.pass(lost.pollAfterMs);
      lost = (await audiences.poll?.(forgetful.connect(), lost.job)) ?? lost;
    }

    const late = await slow.push('add', membersOf('ann@example.com'));

    const noAnswer = { others: { status: 'retry', code: 'google-ads/no-answer' } };
    expect(lost).toMatchObject(noAnswer);
    expect(waited / MINUTE).toBeGreaterThan(30);
    expect(late).toMatchObject(noAnswer);
  });
});
