import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { audiences } from '../../../lib/connectors/google-ads/audiences.ts';
import { membersOf, openRig, settings } from '../../connectors/google-ads-rig.ts';

/**
 * Google's own descriptions of the API's messages are not kept here: `build/protos/protos.json` of the package
 * @google-ads/datamanager 0.3.0. Whoever has it names the file in DATAMANAGER_PROTOS; else these tests are skipped.
 */
const file = process.env.DATAMANAGER_PROTOS ?? '';

interface Message {
  readonly fields?: Readonly<Record<string, { readonly type: string; readonly rule?: 'repeated' }>>;
  readonly values?: Readonly<Record<string, number>>;
  readonly nested?: Scope;
}

type Scope = Readonly<Record<string, Message>>;

describe.skipIf(!existsSync(file))('what is sent and answered', () => {
  it('is what Google describes', async () => {
    const scope = scopeOf(JSON.parse(readFileSync(file, 'utf8')), ['google', 'ads', 'datamanager', 'v1']);
    await using rig = await openRig();
    rig.vendor.store.know('ann@example.com');
    const config = { ...settings, login_customer_id: '111-222-3333' };
    const { remoteId } = await audiences.ensure(rig.connect({ config }), { user_list: 'Lapsing' });
    const members = [
      ...membersOf('ann@example.com'),
      { memberId: 'm1', keys: [{ type: 'phone', value: '+4915112345678' }] },
    ];
    const batch = { remoteId, members, idempotencyKey: 'k', granted: ['ad_user_data', 'ad_personalization'] };
    for (const op of ['add', 'remove'] as const) await audiences.apply(rig.connect({ config }), { ...batch, op });
    const bodies = new Map(rig.vendor.calls.map(({ path, body }) => [path.split('/').at(-1), body]));
    const answers = await answersOf(rig, settings.customer_id.replaceAll('-', ''));

    expect(problemsOf(scope, 'IngestAudienceMembersRequest', bodies.get('audienceMembers:ingest'))).toEqual([]);
    expect(problemsOf(scope, 'RemoveAudienceMembersRequest', bodies.get('audienceMembers:remove'))).toEqual([]);
    expect(problemsOf(scope, 'UserList', bodies.get('userLists'))).toEqual([]);
    expect(problemsOf(scope, 'ListUserListsResponse', answers.lists)).toEqual([]);
    expect(answers.states.flatMap((state) => problemsOf(scope, 'RetrieveRequestStatusResponse', state))).toEqual([]);
    expect(answers.states).toHaveLength(6);
    // The check itself sees what is wrong.
    expect(problemsOf(scope, 'UserList', { displayname: 'x', membershipStatus: 'OPENED', id: 7 })).toHaveLength(3);
  });

  it('knows only reasons that Google has', () => {
    const scope = scopeOf(JSON.parse(readFileSync(file, 'utf8')), ['google', 'ads', 'datamanager', 'v1']);
    const known = new Set(
      ['ErrorReason', 'ProcessingErrorReason'].flatMap((name) => Object.keys(scope[name]?.values ?? {})),
    );
    const source = readFileSync(new URL('../../../lib/connectors/google-ads/errors.ts', import.meta.url), 'utf8');
    const named = [...source.matchAll(/^ {2}'?([A-Z][A-Z_]{5,})'?[:,]/gm)].map(([, reason = '']) => reason);

    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((reason) => !known.has(reason))).toEqual([]);
    expect(
      ['DENIED_CONSENT', 'NO_CONSENT', 'UNKNOWN_CONSENT'].every((one) => known.has(`PROCESSING_ERROR_REASON_${one}`)),
    ).toBe(true);
  });
});

/** The lists, and states of requests that run, succeed and fail in part, of additions and removals. */
async function answersOf({ vendor, pass }: Awaited<ReturnType<typeof openRig>>, customer: string) {
  const token = String(vendor.calls.find(({ path }) => path !== '/token')?.headers.authorization);
  const ask = async (path: string): Promise<unknown> =>
    (await fetch(`${vendor.url}/v1/${path}`, { headers: { authorization: token } })).json();
  const change = async (op: string, addresses: readonly string[]) => {
    const [list] = vendor.store.lists.values();
    return vendor.store.accept({
      op: op === 'add' ? 'add' : 'remove',
      list: list?.id ?? '',
      members: addresses.map((address) => [address]),
      hasConsent: true,
      broken: { reason: 'PROCESSING_ERROR_REASON_INTERNAL_ERROR', count: addresses.length > 1 ? 1 : 0 },
    });
  };
  const ids = [
    await change('add', ['a', 'b']),
    await change('add', Array.from({ length: 30 }, String)),
    await change('remove', ['a']),
  ];
  const statesOf = () => Promise.all(ids.map((id) => ask(`requestStatus:retrieve?requestId=${id}`)));
  const running = await statesOf();
  pass(120_000);
  return {
    lists: await ask(`accountTypes/GOOGLE_ADS/accounts/${customer}/userLists`),
    states: [...running, ...(await statesOf())],
  };
}

function scopeOf(root: Message, path: readonly string[]): Scope {
  const found = path.reduce<Message | undefined>((at, name) => at?.nested?.[name], root);
  if (found?.nested === undefined) throw new Error(`${file} has no ${path.join('.')}`);
  return found.nested;
}

/** Fields that a message does not have and values that are not of their type, by protobuf's JSON form. */
function problemsOf(scope: Scope, name: string, value: unknown, within: Scope = scope): string[] {
  const message = within[name] ?? scope[name];
  if (message === undefined) return [`no message ${name}`];
  if (typeof value !== 'object' || value === null) return [`${name}: no object`];
  return Object.entries(value).flatMap(([key, held]) => {
    const field = message.fields?.[key];
    if (field === undefined) return [`${name} has no ${key}`];
    const all = field.rule === 'repeated' ? (held as unknown[]) : [held];
    return all.flatMap((one) =>
      problemsOfValue(scope, field.type, one, { ...within, ...message.nested }, `${name}.${key}`),
    );
  });
}

const plain: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  int32: (value) => Number.isInteger(value),
  int64: (value) => typeof value === 'string' && /^-?\d+$/.test(value),
  'google.protobuf.Duration': (value) => typeof value === 'string' && /^\d+(\.\d+)?s$/.test(value),
};

function problemsOfValue(scope: Scope, type: string, value: unknown, within: Scope, where: string): string[] {
  const isOf = plain[type];
  if (isOf !== undefined) return isOf(value) ? [] : [`${where}: no ${type}`];
  const short = type.split('.').at(-1) ?? '';
  const values = (within[short] ?? scope[short])?.values;
  if (values === undefined) return problemsOf(scope, short, value, within);
  return typeof value === 'string' && Object.hasOwn(values, value) ? [] : [`${where}: no ${type}`];
}
