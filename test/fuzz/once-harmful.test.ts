import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { RawRequest } from '../../lib/connectors/contract-deliveries.ts';
import { loadConnectors } from '../../lib/connectors/define.ts';
import { openFile } from '../../lib/connectors/files/open-file.ts';
import { emailEventRecord } from '../../lib/connectors/hubspot/email-events.stream.ts';
import { submissionRecord } from '../../lib/connectors/hubspot/form-submissions.stream.ts';
import { config as metaConfig } from '../../lib/connectors/meta/config.ts';
import { webhook as meta } from '../../lib/connectors/meta/webhook.ts';
import { connectors as registry } from '../../lib/connectors/registry.ts';
import { csvCell } from '../../lib/domain/csv-cell.ts';
import { applyMapping } from '../../lib/domain/mapping.ts';
import { parseSafely } from '../../lib/domain/parse-safely.ts';
import { preflight } from '../../lib/pipeline/collect/collect-answers.ts';
import { readSource } from '../../lib/workspace/source.ts';
import { aRequest } from '../pipeline/collect/collect-rig.ts';
import { connectorParsers } from './connector-parsers.ts';
import { deep } from './hostile.ts';
import { holds } from './parser.ts';

const connectors = await loadConnectors(registry);
const deliveries = (await connectorParsers(connectors)).filter(({ name }) => name.endsWith(': deliveries'));

/** Each of these once ended a process, took minutes, or let something through. */
const request = (body: string, path = '/'): RawRequest => ({
  method: 'POST',
  path,
  query: {},
  headers: {},
  body: Buffer.from(body),
});

describe('YAML', () => {
  const codesOf = (text: string) => readSource('segments/a.yaml', Buffer.from(text)).problems.map(({ code }) => code);

  it.each<[string, string]>([
    ['brackets in brackets', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['maps in maps', '{a: '.repeat(50_000)],
    ['lists on one line', '- '.repeat(100_000)],
    ['keys on one line', '? '.repeat(100_000)],
  ])('nested too deep is a problem of the file, not the end of the process: %s', (_what, text) => {
    expect(codesOf(text)).toEqual(['workspace/too-much']);
  });

  it('with very many aliases takes one look at each', () => {
    // Each was looked for through the whole file: 79 seconds for these.
    const aliases = Array.from({ length: 20_000 }, () => '*a').join(', ');

    expect(readSource('a.yaml', Buffer.from(`a: &a 1\nb: [${aliases}]`)).value).toMatchObject({ a: 1 });
  });

  it('takes the anchor that was written last before an alias', () => {
    expect(readSource('a.yaml', Buffer.from('a: &x 1\nb: *x\nc: &x 2\nd: *x\n')).value).toEqual({
      a: 1,
      b: 1,
      c: 2,
      d: 2,
    });
  });
});

describe('a name that every object inherits', () => {
  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    '%s is no activity, stream, object or group',
    (name) => {
      const mapping = { version: 1, object: 'row', subject: 'person', id: ['id'], at: ['at'] } as const;
      const activity = { id: ['id'], name: { from: 'kind', names: { visit: 'Visited' } } };
      const record = { id: '1', at: '2026-11-21T00:00:00Z', kind: name };
      expect(applyMapping({ ...mapping, activity }, 'fair', record)).toMatchObject({
        rejection: { code: 'mapping/unknown-activity' },
      });
      expect(applyMapping({ ...mapping, activity }, 'fair', { ...record, kind: { toString: 1 } })).toMatchObject({
        ok: false,
      });

      const event = JSON.stringify([{ subscriptionType: `${name}.creation`, objectId: 1 }]);
      expect(connectors.hubspot?.webhook?.parse(request(event), 'crm', {})).toEqual([]);
      const update = JSON.stringify({
        object: name,
        entry: [{ id: '1', time: 1, changes: [{ field: 'name', value: {} }] }],
      });
      expect(connectors.meta?.webhook?.parse(request(update), 'crm', { page: '1' })).toEqual([]);
      const message = `<Envelope><Body><notifications><Notification><Id>04l</Id><sObject type="sf:${name}"><Id>003000000000001</Id></sObject></Notification></notifications></Body></Envelope>`;
      expect(connectors.salesforce?.webhook?.parse(request(message), 'crm', {})).toEqual([]);
    },
  );
});

describe('a cell of CSV', () => {
  it.each<[string, string]>([
    ['=1+1', "'=1+1"],
    ['＝1+1', "'＝1+1"],
    ['\n=1+1', `"'\n'=1+1"`],
    // Where commas are decimal signs a spreadsheet takes semicolons for the ends of cells, quotes or not.
    ['Ann;=HYPERLINK("http://example.com")', `"Ann;'=HYPERLINK(""http://example.com"")"`],
    ['a;"@SUM(1)', `"a;""'@SUM(1)"`],
    ['a\r\nb', '"a\r\nb"'],
    ['a; b = c', 'a; b = c'],
  ])('%j begins no formula, wherever a spreadsheet thinks that it begins', (text, cell) => {
    expect(csvCell(text)).toBe(cell);
  });
});

describe('a file', () => {
  const open = (text: string) =>
    openFile({
      byteLength: Buffer.byteLength(text),
      bytes: async function* () {
        yield Buffer.from(text);
      },
      slice: async (start: number, end?: number) => new Uint8Array(Buffer.from(text).subarray(start, end)).buffer,
    });

  it('loses the one row that is nested too deep to be written down, not its neighbours', async () => {
    const rows = [];
    const file = await open(`{"No":1}\n${JSON.stringify({ a: deep(3_000) })}\n{"No":2}\n`);
    for await (const some of file.rows()) rows.push(...some);

    expect(rows.map((row) => ('row' in row ? row.row : row.code))).toEqual([{ No: 1 }, 'import/too-deep', { No: 2 }]);
  });

  it.each<[string, string]>([
    ['very many columns', Array.from({ length: 100_000 }, (_, n) => `c${n}`).join(',')],
    ['a column far inside', `id,${'a.'.repeat(50_000)}a`],
  ])('with %s is refused before each name is compared with all others', async (_what, header) => {
    await expect(open(`${header}\n1,2\n`)).rejects.toMatchObject({ code: 'import/bad-header' });
  });
});

describe('an instant that is told as a number past the year 9999', () => {
  const LATE = [253_402_300_800, 8_640_000_000_001, Number.MAX_SAFE_INTEGER];
  const delivered = (value: object, time = 1_795_248_001) => {
    const body = JSON.stringify({ object: 'page', entry: [{ id: '134587', time, changes: [value] }] });
    return meta.parse(request(body), 'social', metaConfig.parse({ page: '134587' }));
  };
  const comment = { item: 'comment', verb: 'add', post_id: '134587_77', comment_id: '77_88', message: 'Good shoes' };
  const from = { id: '24601', name: 'Ann Example' };

  it.each(LATE)('is what one comment is refused for, not the whole delivery: %i', (created_time) => {
    expect(delivered({ field: 'feed', value: { ...comment, from, created_time } })).toMatchObject([
      { rejection: { code: 'meta/unknown-delivery' } },
    ]);
  });

  it.each(LATE)('is what one mention is refused for: %i', (time) => {
    const value = { verb: 'add', post_id: '134587_77', sender_id: '24601', sender_name: 'Ann Example', message: 'Hi' };
    expect(delivered({ field: 'mention', value }, time)).toMatchObject([
      { rejection: { code: 'meta/unknown-delivery' } },
    ]);
  });

  it('is what one record of HubSpot is refused for', () => {
    const at = Number.MAX_SAFE_INTEGER;
    const event = { id: '1', type: 'OPEN', recipient: 'ann@example.com', created: at };
    const submission = { conversionId: '1', submittedAt: at, form_id: 'f', values: [] };

    expect(emailEventRecord.safeParse(event)).toMatchObject({ success: false });
    expect(submissionRecord.safeParse(submission)).toMatchObject({ success: false });
    expect(emailEventRecord.safeParse({ ...event, created: 1_795_248_001_000 })).toMatchObject({ success: true });
    expect(submissionRecord.safeParse({ ...submission, submittedAt: 1_795_248_001_000 })).toMatchObject({
      success: true,
    });
  });
});

describe('a `toString` of the sender’s own in the place of a length', () => {
  const trap = { length: { toString: true } };

  it.each(deliveries)('ends nobody who reads $name', async (parser) => {
    for (const body of [trap, [trap], { entry: trap, object: 'page' }, { data: trap }]) {
      await expect(holds(parser, Buffer.from(JSON.stringify(body)))).resolves.toBeUndefined();
    }
  });

  it('is a bad record of a stream, and a bad body of the API', () => {
    expect(parseSafely(z.array(z.string()).max(3), trap)).toMatchObject({
      success: false,
      error: { issues: [{ message: 'no value that can be read (TypeError)' }] },
    });
    const stream = connectors.mailchimp?.streams.find(({ name }) => name === 'members');
    expect(stream?.remap([{ mapping: 'member', record: { id: trap } }], 'newsletter', {})).toMatchObject({
      changes: [],
      rejected: [{ code: 'sync/bad-record' }],
    });
  });
});

describe('the collector', () => {
  it('says nothing again in a header that could begin another', () => {
    const { headers } = preflight(
      aRequest({
        headers: { origin: 'https://example.com\r\nset-cookie: a=b', 'access-control-request-headers': 'a\r\nb' },
      }),
    );

    expect(Object.values(headers).filter((value) => /[\r\n]/.test(value))).toEqual([]);
    expect(headers['access-control-allow-origin']).toBe('*');
  });
});
