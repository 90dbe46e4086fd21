import { describe, expect, it } from 'vitest';
import { openRig } from '../../connectors/google-ads-rig.ts';

const MEMBERS = [{ userData: { userIdentifiers: [{ emailAddress: 'a'.repeat(64) }] } }];

/** A change by hand, without the connector. */
async function post(rig: Awaited<ReturnType<typeof openRig>>, op: 'ingest' | 'remove', more: object) {
  await rig.connect().look();
  const authorization = String(rig.vendor.calls.at(-1)?.headers.authorization);
  const list =
    rig.vendor.store.named('Lapsing') ?? rig.vendor.store.createList({ name: 'Lapsing', keyTypes: ['CONTACT_ID'] });
  const body = {
    destinations: [
      { operatingAccount: { accountType: 'GOOGLE_ADS', accountId: '7693729833' }, productDestinationId: list.id },
    ],
    audienceMembers: MEMBERS,
    encoding: 'HEX',
    termsOfService: { customerMatchTermsOfServiceStatus: 'ACCEPTED' },
    ...more,
  };
  const url = `${rig.vendor.url}/v1/audienceMembers:${op}`;
  const response = await fetch(url, { method: 'POST', headers: { authorization }, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as { requestId?: string; error?: Refused } };
}

interface Refused {
  readonly status: string;
  readonly details: readonly {
    readonly fieldViolations?: readonly { readonly field: string; readonly reason: string }[];
  }[];
}

describe('the simulated Google Ads', () => {
  it('takes a change at once and carries it out later', async () => {
    await using rig = await openRig();

    const { status, body } = await post(rig, 'ingest', {});
    const before = rig.vendor.store.toldTo('Lapsing');
    rig.pass(90_000);

    expect([status, typeof body.requestId, before, rig.vendor.store.toldTo('Lapsing')]).toEqual([200, 'string', 0, 1]);
  });

  it.each([
    [
      'a hash that is none',
      { audienceMembers: [...MEMBERS, { userData: { userIdentifiers: [{ emailAddress: 'ann' }] } }] },
      'INVALID_SHA256_FORMAT',
    ],
    ['a member without identifiers', { audienceMembers: [{ userData: {} }] }, 'NO_IDENTIFIERS_PROVIDED'],
    ['nobody', { audienceMembers: [] }, 'REQUIRED_FIELD_MISSING'],
    [
      'more than fit into a request',
      { audienceMembers: Array.from({ length: 10_001 }, () => MEMBERS[0]) },
      'TOO_MANY_AUDIENCE_MEMBERS',
    ],
    ['no terms', { termsOfService: {} }, 'REQUIRED_FIELD_MISSING'],
    ['no encoding', { encoding: undefined }, 'REQUIRED_FIELD_MISSING'],
  ])('refuses all of a request for %s', async (_, more, reason) => {
    await using rig = await openRig();

    const { status, body } = await post(rig, 'ingest', more);
    rig.pass(90_000);

    expect([status, body.error?.status]).toEqual([400, 'INVALID_ARGUMENT']);
    expect(body.error?.details.flatMap(({ fieldViolations = [] }) => fieldViolations.map((one) => one.reason))).toEqual(
      [reason],
    );
    expect(rig.vendor.store.toldTo('Lapsing')).toBe(0);
  });

  it('only looks at a request that is to be validated, and knows no state of it', async () => {
    await using rig = await openRig();

    const { status, body } = await post(rig, 'ingest', { validateOnly: true });
    rig.pass(90_000);

    expect([status, rig.vendor.store.toldTo('Lapsing')]).toEqual([200, 0]);
    await expect(rig.connect().statusOf(body.requestId ?? '')).rejects.toMatchObject({ code: 'google-ads/no-status' });
  });

  it('answers nobody without a token', async () => {
    await using rig = await openRig();

    const { status } = await fetch(`${rig.vendor.url}/v1/requestStatus:retrieve?requestId=t-1`);

    expect(status).toBe(401);
  });
});
