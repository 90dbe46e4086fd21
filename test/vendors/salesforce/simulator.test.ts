import { describe, expect, it } from 'vitest';
import { ApiError } from './api-error.ts';
import { runQuery } from './query.ts';
import { type SalesforceOptions, type SalesforceSimulator, startSalesforce } from './server.ts';
import { createStore, type SalesforceStore } from './store.ts';

const now = () => new Date('2026-11-21T08:00:00.700Z');

describe('SOQL', () => {
  it.each([
    ["Email = 'ANN@example.com'", ['Ann']],
    ["LastName IN ('Ann','Cy')", ['Ann', 'Cy']],
    ["LastName NOT IN ('Ann','Cy')", ['Bo']],
    ["LastName LIKE 'b%'", ['Bo']],
    ["NOT (LastName = 'Bo')", ['Ann', 'Cy']],
    ['Email = null', ['Cy']],
    ['Email != null AND HasOptedOutOfEmail = false', ['Ann']],
    ["Account.Name = 'Example Works'", ['Ann']],
    ['SystemModstamp >= 2026-11-02T00:00:00Z', ['Bo', 'Cy']],
    ["(SystemModstamp > 2026-11-02T00:00:00Z OR (SystemModstamp = 2026-11-02T00:00:00Z AND Id > '003'))", ['Bo', 'Cy']],
  ])('finds WHERE %s', (where, names) => {
    const run = runQuery(people(), `SELECT Id FROM Contact WHERE ${where} ORDER BY LastName`, { deleted: false });

    expect(run.rows.map((row) => row.LastName)).toEqual(names);
  });

  it.each([
    ['SELECT Id FROM Contact WHERE Emial = null', 'INVALID_FIELD'],
    ['SELECT Nmae FROM Contact', 'INVALID_FIELD'],
    ['SELECT Id FROM Kontact', 'INVALID_TYPE'],
    ['SELECT Id FROM Contact WHERE', 'MALFORMED_QUERY'],
    ['SELECT Id FROM Contact WHERE Id = null AND Id = null OR Id = null', 'MALFORMED_QUERY'],
    ["SELECT Id FROM Contact WHERE SystemModstamp > '2026-11-02T00:00:00Z'", 'INVALID_FIELD'],
  ])('refuses %s', (soql, errorCode) => {
    const running = () => runQuery(people(), soql, { deleted: false });

    expect(running).toThrow(expect.objectContaining({ errorCode }));
    expect(running).toThrow(ApiError);
  });

  it('reads names without regard to case, sorts, limits and skips', () => {
    const soql = 'select id from CONTACT order by lastname desc limit 1 offset 1';

    expect(runQuery(people(), soql, { deleted: false }).rows.map((row) => row.LastName)).toEqual(['Bo']);
  });

  it('finds pages and people among 50,000 contacts', () => {
    const store = createStore(now);
    for (let n = 0; n < 50_000; n += 1) {
      const stamp = new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString();
      store.insert('Contact', { LastName: 'P', Email: `p${n}@example.com`, SystemModstamp: stamp });
    }
    const found = Array.from({ length: 100 }, (_, n) => {
      const page = runQuery(
        store,
        'SELECT Id FROM Contact WHERE SystemModstamp > 2026-01-20T00:00:00Z ORDER BY SystemModstamp, Id LIMIT 20',
        { deleted: true },
      );
      const one = runQuery(store, `SELECT Id FROM Contact WHERE Email IN ('p${n}@example.com')`, { deleted: true });
      return [page.rows.length, one.rows.length];
    });

    expect(found).toEqual(found.map(() => [20, 1]));
  });
});

describe('the store', () => {
  it('stamps whole seconds', () => {
    const store = createStore(now);
    const id = store.insert('Contact', { LastName: 'Ann' });

    expect(store.get(id)?.SystemModstamp).toBe(Date.parse('2026-11-21T08:00:00Z'));
  });

  it('takes campaign members along with their person, and tells so in the delete log', () => {
    const store = people();
    const [ann] = store.all('Contact');
    const campaign = store.insert('Campaign', { Name: 'Spring fair' });
    const member = store.insert('CampaignMember', { CampaignId: campaign, ContactId: ann?.Id });

    store.delete(ann?.Id ?? '');

    expect(store.table('CampaignMember').byId.size).toBe(0);
    expect(store.deletions().map(({ id }) => id)).toEqual([ann?.Id, member]);
  });

  it('hands a loser’s activities to the winner of a merge', () => {
    const store = people();
    const [winner = '', loser = ''] = store.all('Contact').map(({ Id }) => Id);
    const task = store.insert('Task', { WhoId: loser, Status: 'Completed' });

    store.merge(winner, [loser]);

    expect(store.get(task)?.WhoId).toBe(winner);
    expect(store.table('Contact').byId.get(loser)).toMatchObject({ IsDeleted: true, MasterRecordId: winner });
  });
});

describe('the server', () => {
  it('hands out long results by locator, and totals on every page', async () => {
    await using org = await open();
    for (let n = 0; n < 5; n += 1) org.vendor.store.insert('Contact', { LastName: `Person ${n}` });
    org.vendor.limitQueryPages(3);

    const first = await org.call('GET', `/query?q=${encodeURIComponent('SELECT Id FROM Contact')}`);
    const path = String(first.body.nextRecordsUrl).replace('/services/data/v60.0', '');
    const second = await org.call('GET', path);

    expect(first.body).toMatchObject({ totalSize: 5, done: false });
    expect(path).toMatch(/-3$/);
    expect(second.body).toMatchObject({ totalSize: 5, done: true });
    expect(second.body).not.toHaveProperty('nextRecordsUrl');
    expect(second.headers.get('sforce-limit-info')).toBe('api-usage=2/100000');
  });

  it('counts without records', async () => {
    await using org = await open();
    org.vendor.store.insert('Lead', { LastName: 'Bo', Company: 'Example' });

    const { body } = await org.call('GET', '/query?q=SELECT+COUNT()+FROM+Lead');

    expect(body).toEqual({ totalSize: 1, done: true, records: [] });
  });

  it('saves what it can of a collection, or nothing if told so', async () => {
    await using org = await open();
    const attributes = { type: 'Account' };
    const records = [{ attributes, Name: 'One' }, { attributes }, { Name: 'Attributes last', attributes }];

    const some = await org.call('POST', '/composite/sobjects', { allOrNone: false, records });
    const none = await org.call('POST', '/composite/sobjects', { allOrNone: true, records });

    const codes = (results: unknown) =>
      (results as { errors: { statusCode: string }[] }[]).map(({ errors }) => errors[0]?.statusCode);
    expect(some.status).toBe(200);
    expect(codes(some.body)).toEqual([undefined, 'REQUIRED_FIELD_MISSING', 'JSON_PARSER_ERROR']);
    expect(codes(none.body)).toEqual([
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      'REQUIRED_FIELD_MISSING',
      'JSON_PARSER_ERROR',
    ]);
    expect(org.vendor.store.all('Account')).toHaveLength(1);
  });

  it('refuses more than 200 records in a collection', async () => {
    await using org = await open();
    const records = Array.from({ length: 201 }, () => ({ attributes: { type: 'Account' }, Name: 'One' }));

    const { status } = await org.call('POST', '/composite/sobjects', { records });

    expect(status).toBe(400);
  });

  it('refuses compound fields in a bulk query', async () => {
    await using org = await open();

    const { status, body } = await org.call('POST', '/jobs/query', {
      operation: 'query',
      query: 'SELECT Id, MailingAddress FROM Contact',
    });

    expect({ status, body }).toMatchObject({ status: 400, body: [{ errorCode: 'API_ERROR' }] });
  });

  it('tells deleted ids of a time range, as getDeleted does', async () => {
    await using org = await open();
    const id = org.vendor.store.insert('Contact', { LastName: 'Ann' });
    org.vendor.store.delete(id);
    const range = 'start=2026-11-21T07:00:00Z&end=2026-11-21T09:00:00Z';

    const { body } = await org.call('GET', `/sobjects/contact/deleted/?${range}`);

    expect(body).toMatchObject({ deletedRecords: [{ id, deletedDate: '2026-11-21T08:00:00.000+0000' }] });
  });

  it('refuses all once the day’s requests are used up', async () => {
    await using org = await open({ dailyLimit: 1 });

    const [, second] = [await org.call('GET', '/limits'), await org.call('GET', '/limits')];

    expect(second).toMatchObject({ status: 403, body: [{ errorCode: 'REQUEST_LIMIT_EXCEEDED' }] });
  });
});

function people(): SalesforceStore {
  const store = createStore(now);
  const account = store.insert('Account', { Name: 'Example Works' });
  const add = (LastName: string, day: number, more: object) =>
    store.insert('Contact', { LastName, SystemModstamp: `2026-11-0${day}T00:00:00Z`, ...more });
  add('Ann', 1, { Email: 'ann@example.com', AccountId: account });
  add('Bo', 2, { Email: 'bo@example.org', HasOptedOutOfEmail: true });
  add('Cy', 3, {});
  return store;
}

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

interface Org extends AsyncDisposable {
  readonly vendor: SalesforceSimulator;
  call(method: string, path: string, body?: object): Promise<Reply>;
}

async function open(options: Partial<SalesforceOptions> = {}): Promise<Org> {
  const vendor = await startSalesforce({ now, ...options });
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...vendor.secret });
  const signedIn = await fetch(`${vendor.url}/services/oauth2/token`, { method: 'POST', body: form });
  const { access_token: token } = (await signedIn.json()) as { access_token: string };
  return {
    vendor,
    call: async (method, path, body) => {
      const response = await fetch(`${vendor.url}/services/data/v60.0${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
    },
    [Symbol.asyncDispose]: () => vendor.close(),
  };
}
