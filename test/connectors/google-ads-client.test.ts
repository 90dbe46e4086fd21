import { describe, expect, it } from 'vitest';
import { config } from '../../lib/connectors/google-ads/config.ts';
import { googleError, refusalOf } from '../../lib/connectors/google-ads/errors.ts';
import { asTributaryError } from '../../lib/domain/errors.ts';
import { openRig, settings } from './google-ads-rig.ts';

const HOUR = 3_600_000;
const failure = (work: Promise<unknown>) => work.then(() => undefined, asTributaryError);

describe('signing in', () => {
  it('asks for one token an hour', async () => {
    await using rig = await openRig();
    const api = rig.connect();

    await api.look();
    await api.look();
    rig.pass(HOUR);
    await api.look();

    expect(rig.vendor.calls.map(({ path }) => path.split('/').at(-1))).toEqual([
      'token',
      'userLists',
      'userLists',
      'token',
      'userLists',
    ]);
  });

  it('signs in anew once when a token ends before its time', async () => {
    await using rig = await openRig();
    const api = rig.connect();
    await api.look();
    rig.vendor.endTokens();

    await api.look();

    expect(api.calls()).toBe(5);
  });

  it('stops after one new token that is refused too', async () => {
    await using rig = await openRig();
    rig.vendor.faults.add({ kind: 'account-disabled', times: Number.POSITIVE_INFINITY });
    const api = rig.connect();

    const told = await failure(api.look());

    expect(told).toMatchObject({ kind: 'auth', code: 'google-ads/token-refused' });
    expect(api.calls()).toBe(4);
  });

  it('says that a key belongs to nobody, and that one is no key', async () => {
    await using rig = await openRig();
    const { secret } = rig.vendor;

    const stranger = await failure(rig.connect({ secret: { ...secret, client_email: 'no@example.com' } }).look());
    const noKey = await failure(rig.connect({ secret: { ...secret, private_key: 'none' } }).look());

    expect(stranger).toMatchObject({ kind: 'auth', code: 'google-ads/sign-in-refused' });
    expect(noKey).toMatchObject({ kind: 'config', code: 'google-ads/unusable-key' });
  });

  it('reaches an account through its manager where the connection names one', async () => {
    await using rig = await openRig();

    await rig.connect({ config: { ...settings, login_customer_id: '111-222-3333' } }).look();

    expect(rig.vendor.calls.at(-1)?.headers['login-account']).toBe('accountTypes/GOOGLE_ADS/accounts/1112223333');
  });
});

describe('failures', () => {
  it.each([
    ['exhausted', 'rate-limited', 'google-ads/throttled'],
    ['unavailable', 'transient', 'google-ads/unavailable'],
    ['not-permitted', 'config', 'google-ads/not-permitted'],
    ['half-json', 'transient', 'google-ads/unreadable-answer'],
  ] as const)('%s is %s', async (kind, ours, code) => {
    await using rig = await openRig();
    rig.vendor.faults.add({ kind });

    const told = await failure(rig.connect().look());

    expect(told).toMatchObject({ kind: ours, code });
  });

  it('names the terms that the account has not accepted', async () => {
    await using rig = await openRig();
    rig.vendor.faults.add({ kind: 'terms-not-signed', on: ['write'] });

    const told = await failure(
      rig.push('add', [{ memberId: 'm0', keys: [{ type: 'email', value: 'a@example.com' }] }]),
    );

    expect(told).toMatchObject({ kind: 'config', code: 'google-ads/terms-not-signed' });
  });

  it('takes an account out of reach for a matter of the settings', async () => {
    await using rig = await openRig();

    const told = await failure(rig.connect({ config: { ...settings, customer_id: '1234567890' } }).look());

    expect(told).toMatchObject({ kind: 'config', code: 'google-ads/not-permitted' });
  });

  it('says that nobody listens', async () => {
    const rig = await openRig();
    const api = rig.connect();
    await rig.vendor.close();

    const told = await failure(api.look());

    expect(told).toMatchObject({ kind: 'transient', code: 'google-ads/unreachable' });
  });

  it('takes a fault of the list for no fault of the first member, and repeats no text of Google’s', () => {
    const body = {
      error: {
        code: 400,
        status: 'INVALID_ARGUMENT',
        message: 'ann@example.com',
        details: [
          {
            fieldViolations: [
              { field: 'audience_members[0]', reason: 'INVALID_USER_LIST_TYPE', description: 'ann@example.com' },
            ],
          },
        ],
      },
    };

    const refusal = refusalOf(badRequest(JSON.stringify(body)));

    expect(refusal.members.size).toBe(0);
    expect(googleError(refusal)).toMatchObject({ kind: 'config', code: 'google-ads/wrong-list' });
    expect(googleError(refusal).message).not.toContain('@');
  });

  it('is a defect where nobody knows the reason, and a page for people is one too', () => {
    const unknown = refusalOf(
      badRequest('{"error":{"status":"INVALID_ARGUMENT","details":[{"reason":"OF_TOMORROW"}]}}'),
    );

    expect(googleError(unknown)).toMatchObject({ kind: 'defect', code: 'google-ads/request-refused' });
    expect(googleError(unknown).message).toContain('OF_TOMORROW');
    expect(googleError(refusalOf(badRequest('<html>')))).toMatchObject({ kind: 'defect' });
  });
});

describe('config', () => {
  it.each([
    [{ ...settings, customer_id: '769-372' }, 'ten digits'],
    [{ customer_id: settings.customer_id }, 'Customer Match terms'],
    [{ ...settings, membership_days: 541 }, '540'],
  ])('refuses %j by what was expected', (given, wanted) => {
    const result = config.safeParse(given);

    expect(result.success ? '' : result.error.issues[0]?.message).toContain(wanted);
  });

  it('takes the customer as Google shows it and as a number', () => {
    expect(config.parse(settings).customer_id).toBe('7693729833');
    expect(config.parse({ ...settings, customer_id: 7_693_729_833 }).customer_id).toBe('7693729833');
  });
});

function badRequest(body: string) {
  return { status: 400, text: () => body, waitMs: undefined };
}
