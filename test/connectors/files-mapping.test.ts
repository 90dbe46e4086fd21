import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { config } from '../../lib/connectors/files/config.ts';
import { missingColumns, openRows } from '../../lib/connectors/files/mapping.ts';
import { suggestMapping } from '../../lib/connectors/files/suggest.ts';
import { pathsIn, readTime } from '../../lib/connectors/map-written.ts';
import type { OpenFile } from '../../lib/connectors/row-file.ts';
import type { WrittenMapping } from '../../lib/connectors/written-mapping.ts';
import type { Change } from '../../lib/domain/change.ts';
import type { JsonObject } from '../../lib/domain/json.ts';
import type { MappedRecord } from '../../lib/domain/mapping.ts';

const at = '2026-11-20T04:00:00.000Z';
const nameOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

describe('openRows', () => {
  it('makes a profile of a row', () => {
    const mapping: WrittenMapping = {
      version: 2,
      object: 'contact',
      id: ['Number', 'Old number'],
      at: 'Changed',
      identifiers: { email: 'E-Mail' },
      traits: { first_name: 'First name', score: { from: 'Score', as: 'number' }, origin: { literal: 'fair' } },
      consent: [{ topic: 'email', from: 'News', address: 'E-Mail', granted: ['yes'], at: 'Said' }],
      account: { from: 'Company number' },
    };
    const row = {
      Number: ' ',
      'Old number': 17,
      Changed: '2026-11-01',
      'E-Mail': 'ann@example.com',
      'First name': 'Ann',
      Score: '3.5',
      News: 'yes',
      Said: '2026-10-01 09:30',
      'Company number': '9',
    };

    expect(mapRow(mapping, row)).toEqual({
      ok: true,
      changes: [
        {
          kind: 'profile',
          fragment: 'fair:contact:17',
          at: '2026-11-01T00:00:00.000Z',
          mapping: 2,
          identifiers: [{ type: 'email', value: 'ann@example.com' }],
          traits: { first_name: 'Ann', score: 3.5, origin: 'fair' },
          consent: [
            {
              address: 'ann@example.com',
              topic: 'email',
              state: 'granted',
              at: '2026-10-01T09:30:00.000Z',
              source: 'News',
              by: 'company',
            },
          ],
          accounts: ['fair:account:9'],
        },
      ],
    });
  });

  it('names a record by its first usable identifier where no column is its id', () => {
    const mapping = { identifiers: { email: 'Mail', phone: 'Phone' } };

    const names = [
      { Mail: ' ANN@example.com' },
      { Mail: 'no address', Phone: '+49 170 1234567' },
      { Phone: '0170' },
    ].map((row) => fragmentOf(mapRow(mapping, row)));

    expect(names).toEqual([
      `fair:row:${nameOf('email\nann@example.com')}`,
      `fair:row:${nameOf('phone\n+491701234567')}`,
      `fair:row:${nameOf('phone\n0170')}`,
    ]);
  });

  it.each(['Ann@example.com', '+491701234567'])('never has %s in the name of a record', (address) => {
    const mapped = mapRow({ id: 'id' }, { id: address });

    expect(fragmentOf(mapped)).toBe(`fair:row:${nameOf(address.toLowerCase())}`);
  });

  it('takes equal rows for one activity unless a column tells them apart', () => {
    const activity = { name: 'Webinar Registered', properties: { topic: 'Topic' } };
    const row = { Mail: 'ann@example.com', Topic: 'Prices', Ticket: 't1' };
    const idIn = (mapping: WrittenMapping, one: JsonObject) => {
      const mapped = mapRow({ identifiers: { email: 'Mail' }, ...mapping }, one);
      const [change, ...others] = mapped.ok ? mapped.changes : [];
      expect(others).toEqual([]);
      return change?.kind === 'activity' ? change.id : mapped;
    };

    expect(idIn({ activity }, row)).toBe(
      idIn({ activity }, { Topic: 'Prices', Ticket: 't1', Mail: 'ann@example.com' }),
    );
    expect(idIn({ activity }, row)).not.toBe(idIn({ activity }, { ...row, Ticket: 't2' }));
    expect(idIn({ activity: { ...activity, id: 'Ticket' } }, row)).toBe('t1');
  });

  it('tells what a row says of the person, besides what the person did', () => {
    const activity = { name: 'Bought', id: 'Order', properties: { price: { from: 'Price', as: 'number' as const } } };
    const mapping = { id: 'No', traits: { plan: 'Plan' }, activity };

    expect(mapRow(mapping, { No: '1', Plan: 'gold', Order: 'ann@example.com', Price: '7' })).toMatchObject({
      changes: [
        { kind: 'profile', fragment: 'fair:row:1', traits: { plan: 'gold' } },
        { kind: 'activity', fragment: 'fair:row:1', id: nameOf('ann@example.com'), properties: { price: 7 } },
      ],
    });
  });

  it('makes accounts, and takes records away', () => {
    const company = mapRow(
      { subject: 'account', object: 'account', id: 'id', traits: { name: 'n' } },
      { id: '1', n: 'A' },
    );
    const gone = mapRow({ id: 'id', gone: { from: 'state', is: ['deleted'] } }, { id: '1', state: 'deleted' });

    expect(company).toMatchObject({ changes: [{ kind: 'account', account: 'fair:account:1', traits: { name: 'A' } }] });
    expect(gone).toMatchObject({ changes: [{ kind: 'gone', fragment: 'fair:row:1' }] });
  });

  it.each([
    ['no id', { id: 'No' }, { No: '' }, 'mapping/no-id', 'found no id in No'],
    ['no identifier', { identifiers: { email: 'M' } }, { M: 'x' }, 'mapping/no-id', 'found no usable identifier in M'],
    ['no time', { id: 'No', at: 'T' }, { No: '1', T: 'soon' }, 'mapping/no-time', 'found no time in T'],
    [
      'no id of the activity',
      { id: 'No', activity: { name: 'Bought', id: 'Order' } },
      { No: '1' },
      'mapping/no-activity-id',
      'found no id of the activity in Order',
    ],
    ['an id that is too long', { id: 'No' }, { No: 'x'.repeat(1_000) }, 'change/bad-fragment', 'fragment: expected'],
  ])('rejects a row with %s', (_what, mapping, row, code, says) => {
    expect(mapRow(mapping, row)).toMatchObject({ rejection: { code, reason: expect.stringContaining(says) } });
  });
});

describe('the settings of files', () => {
  it.each([
    [{}, 'mapping'],
    [{ mapping: { traits: { a: 'A' } } }, 'expected id, or identifiers of a person'],
    [{ mapping: { id: 'a', traits: { b: { form: 'B' } } } }, 'expected a path'],
    [{ mapping: { id: 'a', subject: 'company' } }, 'subject'],
    [{ mapping: { id: 'a', activity: { id: 'b' } } }, 'expected a name'],
    [{ mapping: { id: 'a', consent: [{ topic: 'email', from: 'b', address: 'c' }] } }, 'granted'],
  ])('refuse %j', (settings, says) => {
    const checked = config.safeParse(settings);

    expect(checked.success ? '' : JSON.stringify(checked.error.issues)).toContain(says);
  });
});

describe('missingColumns', () => {
  const { mapping } = config.parse({ mapping: { id: ['No', 'Old'], traits: { city: 'address.city', plan: 'Plan' } } });
  const file = (form: OpenFile['form'], ...columns: readonly string[]) => ({ form, columns }) as OpenFile;

  it.each([
    [file('csv', 'Old', 'address.city'), ['No', 'Plan']],
    [file('parquet', 'No', 'address', 'Plan'), ['Old']],
    [file('ndjson', 'anything'), []],
  ])('names what %o lacks', (opened, missing) => {
    expect(missingColumns(mapping, opened)).toEqual(missing);
  });

  it('refuses a file whose rows nothing tells apart, and repeats nothing of its first line', () => {
    expect(() => missingColumns(mapping, file('csv', 'Ann', 'Example'))).toThrow(
      expect.objectContaining({
        code: 'import/unknown-header',
        message: expect.stringMatching(/^none of the 2 columns is called No or Old/),
      }),
    );
  });
});

describe('readTime', () => {
  it.each([
    ['2026-11-01', '2026-11-01T00:00:00.000Z'],
    ['2026-11-01 10:30', '2026-11-01T10:30:00.000Z'],
    ['2026-11-01T10:30:15', '2026-11-01T10:30:15.000Z'],
    ['2026-11-01T10:30:15+01:00', '2026-11-01T09:30:15.000Z'],
    ['2026-02-30', undefined],
    ['01.11.2026', undefined],
    [20261101, undefined],
  ])('reads %s as %s', (text, instant) => {
    expect(readTime(text)).toBe(instant);
  });
});

describe('suggestMapping', () => {
  it('knows columns by what they are usually called', () => {
    expect(
      suggestMapping(['Customer ID', 'E-Mail Address', 'Vorname', 'No. of rooms', 'Country', 'Updated at']),
    ).toEqual({
      object: 'contact',
      id: 'Customer ID',
      at: 'Updated at',
      identifiers: { email: 'E-Mail Address' },
      traits: { first_name: 'Vorname', 'address.country': 'Country' },
    });
  });

  it('takes mobile numbers for identifiers, and no numbers of offices, which colleagues share', () => {
    const suggested = suggestMapping(['E-Mail', 'Phone', 'Mobile Phone']);

    expect(suggested).toEqual({
      object: 'contact',
      identifiers: { email: 'E-Mail', phone: 'Mobile Phone' },
      traits: { work_phone: 'Phone' },
    });
    expect(suggestMapping(['Phone Number', 'Telefon'])).toBeUndefined();
  });

  it('suggests nothing where no column tells who a row is about', () => {
    expect(suggestMapping(['a', 'b', 'country'])).toBeUndefined();
  });

  it('suggests what the settings take, and names only columns that are there', () => {
    const columns = ['Mail', 'Mitarbeiter', 'Firma'];
    const checked = config.parse({ mapping: suggestMapping(columns) });

    expect([...pathsIn(checked.mapping)].sort()).toEqual([...columns].sort());
  });
});

function mapRow(mapping: WrittenMapping, row: JsonObject): MappedRecord {
  return openRows(config.parse({ mapping }).mapping)({ row, at }, 'fair');
}

function fragmentOf(mapped: MappedRecord): string | undefined {
  const [change]: readonly Change[] = mapped.ok ? mapped.changes : [];
  return change === undefined || change.kind === 'account' ? undefined : change.fragment;
}
