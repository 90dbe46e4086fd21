import { gzipSync } from 'node:zlib';
import { readRequest } from '../../lib/adapters/http.ts';
import { loadConnectors } from '../../lib/connectors/define.ts';
import { openFile } from '../../lib/connectors/files/open-file.ts';
import { openMapping } from '../../lib/connectors/map-written.ts';
import { connectors as registry } from '../../lib/connectors/registry.ts';
import { writtenMapping } from '../../lib/connectors/written-mapping.ts';
import { asTributaryError } from '../../lib/domain/errors.ts';
import { normaliseIdentifier } from '../../lib/domain/identifier.ts';
import { parseInstant } from '../../lib/domain/instant.ts';
import { isJsonObject, type Json } from '../../lib/domain/json.ts';
import { hearText } from '../../lib/domain/listening.ts';
import { parseChange } from '../../lib/domain/parse-change.ts';
import { openOfflineResolver } from '../../lib/domain/resolve-offline.ts';
import { compile } from '../../lib/domain/segment/compile.ts';
import { evaluateDocument, readDocument } from '../../lib/domain/segment/document.ts';
import { parseDuration, suggestDuration } from '../../lib/domain/segment/duration.ts';
import { readInstant } from '../../lib/domain/segment/read-instant.ts';
import { openClientReader } from '../../lib/domain/tracking/device.ts';
import { openStageDoor } from '../../lib/local/host/stage-door.ts';
import { placeInDrop, readNotice, shownName } from '../../lib/pipeline/imports/drop-notice.ts';
import { loadReader } from '../../lib/pipeline/resolve/text-reader.ts';
import { readBusEvent } from '../../lib/pipeline/sync/receive-event.ts';
import { readWorkspace } from '../../lib/workspace/load.ts';
import { readSchedule, suggestSchedule } from '../../lib/workspace/schedule.ts';
import { readTrait } from '../domain/segment/ask.ts';
import { openRig as openCollector } from '../pipeline/collect/collect-rig.ts';
import { soundFiles } from '../workspace/a-workspace.ts';
import { connectorParsers } from './connector-parsers.ts';
import { corpusBytes, corpusJson, corpusLines } from './corpus.ts';
import { ofBytes, ofJson, ofJsonBytes, ofText, type Parser } from './parser.ts';
import { workParsers } from './work-parsers.ts';

const connectors = await loadConnectors(registry);

const KEY = { authorization: `Basic ${Buffer.from('wk_site_1:').toString('base64')}` };

/** Everything in the product that reads bytes, texts or JSON that a stranger can write. */
export async function allParsers(): Promise<readonly Parser[]> {
  return [
    ...trackingParsers(),
    ...wordParsers(),
    ...workspaceParsers(),
    ...fileParsers(),
    ...doorParsers(),
    ...(await textParsers()),
    ...workParsers(),
    ...(await connectorParsers(connectors)),
  ];
}

function trackingParsers(): readonly Parser[] {
  const sent = (path: string, headers: object) => async (body: Uint8Array) => {
    const rig = openCollector();
    const answer = await rig.answer({ method: 'POST', path, query: {}, headers: { ...KEY, ...headers }, body });
    return [answer, rig.bodies(), rig.logged];
  };
  const bodies = corpusBytes('tracking');
  return [
    ofJsonBytes('tracking: a batch', bodies, sent('/v1/batch', {})),
    ofJsonBytes('tracking: one message', bodies, sent('/v1/track', {})),
    ofBytes(
      'tracking: a compressed body',
      bodies.map((body) => gzipSync(body)),
      sent('/v1/batch', { 'content-encoding': 'gzip' }),
    ),
    ofBytes('tracking: a deflated body', bodies, sent('/v1/batch', { 'content-encoding': 'deflate' })),
    ofText(
      'tracking: a pixel',
      [
        'data=eyJ1c2VySWQiOiJ1MSIsImV2ZW50IjoieCJ9',
        'userId=u1&event=x&properties.plan=pro&__proto__.a=1&constructor.b=2',
      ],
      async (text) => {
        const rig = openCollector();
        const query = Object.fromEntries(new URLSearchParams(text));
        return [
          await rig.answer({ method: 'GET', path: '/v1/pixel/track', query, headers: KEY, body: new Uint8Array() }),
          rig.bodies(),
        ];
      },
    ),
    ofText('tracking: a path', ['/v1/projects/wk_site_1/settings', '/v1/t', `/v1/${'/'.repeat(500)}x`], (path) => {
      const rig = openCollector();
      return rig.answer({ method: 'GET', path, query: {}, headers: KEY, body: new Uint8Array() });
    }),
    ofText('user agents', corpusLines('user-agents'), (text) =>
      openClientReader()(text, { brands: [{ brand: text, version: text }], platform: text }),
    ),
  ];
}

function wordParsers(): readonly Parser[] {
  return [
    ...['email', 'phone', 'user_id', 'salesforce.contact_id'].map((type) =>
      ofText(`identifiers: ${type}`, corpusLines('identifiers'), (value) =>
        [undefined, 'DE', 'US'].map((country) =>
          normaliseIdentifier({ type, value }, country === undefined ? {} : { country }),
        ),
      ),
    ),
    ofText('instants and durations', corpusLines('instants'), (text) => [
      parseInstant(text),
      readInstant(text),
      parseDuration(text),
      suggestDuration(text),
      readSchedule(text),
      suggestSchedule(text),
    ]),
  ];
}

function workspaceParsers(): readonly Parser[] {
  const withFile = (file: string) => (bytes: Uint8Array) => {
    const files = {
      ...Object.fromEntries(Object.entries(soundFiles).map(([name, text]) => [name, Buffer.from(text)])),
      [file]: bytes,
    };
    const loaded = readWorkspace(
      Object.entries(files).map(([name, content]) => ({ file: name, bytes: content })),
      connectors,
    );
    // Findings quote what a person wrote into their own file: they are no refusals of a stranger's data.
    return loaded.problems.map(({ file: of, line, column, code }) => [of, line, column, code.replace('/', ' ')]);
  };
  return [
    ...Object.entries(soundFiles).map(([file, text]) =>
      ofBytes(`workspace: ${file}`, [Buffer.from(text)], withFile(file)),
    ),
    ofBytes('workspace: a segment with everything', corpusBytes('segments'), withFile('segments/fuzzed.yaml')),
    ofJson('segments: a person as a document', corpusJson('person-documents'), (value) => {
      const read = readDocument(value, readTrait);
      return read.ok ? [evaluateDocument(program, read.document, Date.parse('2026-11-21T12:00:00Z'), 'fuzzed')] : read;
    }),
    ofJson('mappings: as written, and a record through them', corpusJson('mappings'), (value) => {
      const { mapping, record } = isJsonObject(value) ? value : {};
      const parsed = writtenMapping.safeParse(mapping);
      if (!parsed.success) return parsed.error.issues.map(({ path }) => path.map(String));
      return isJsonObject(record)
        ? openMapping(parsed.data, 'row').map(record, 'fair', '2026-11-21T00:00:00.000Z')
        : [];
    }),
  ];
}

const program = compile(
  [
    {
      segment: 'fuzzed',
      when: {
        all: [
          { trait: 'title', matches: 'head of' },
          { did: 'Email Opened', count: { at_least: 1 }, within: '30 days' },
        ],
      },
    },
  ] as never,
  { timezone: 'Europe/Berlin' },
);

function fileParsers(): readonly Parser[] {
  const read = async (bytes: Uint8Array) => {
    const file = await openFile({
      byteLength: bytes.byteLength,
      mostUnpacked: 10_000_000,
      async *bytes(from = 0) {
        for (let at = from; at < bytes.byteLength; at += 4_096) yield bytes.subarray(at, at + 4_096);
      },
      slice: async (start: number, end = bytes.byteLength) => new Uint8Array(bytes.subarray(start, end)).buffer,
    });
    const rows: unknown[] = [];
    for await (const some of file.rows())
      for (const row of some) rows.push('row' in row ? row.row : { code: row.code, reason: row.reason });
    return [file.columns, rows];
  };
  const rows = corpusBytes('rows');
  const isParquet = (bytes: Buffer) => bytes.subarray(0, 4).toString('latin1') === 'PAR1';
  const texts = rows.filter((bytes) => !isParquet(bytes));
  return [
    ofBytes('files: CSV and NDJSON', texts, read),
    ofBytes('files: Parquet', rows.filter(isParquet), read),
    ofBytes(
      'files: compressed',
      texts.map((text) => gzipSync(text)),
      read,
    ),
    ofJson('files: what S3 tells of', corpusJson('notices'), (value) => {
      const files = refusable('import/unknown-notice', () => readNotice(value, 'archive'));
      return files.map(({ key, ...file }) => [
        file,
        shownName(key),
        refusable('import/bad-name', () => [placeInDrop(key)]),
      ]);
    }),
  ];
}

/** What is read, or nothing where it is refused by this code. */
function refusable<T>(code: string, read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch (thrown) {
    if (asTributaryError(thrown).code === code) return [];
    throw thrown;
  }
}

function doorParsers(): readonly Parser[] {
  const event = {
    rawPath: '/v1/t',
    rawQueryString: 'a=1&b=%E0%A4%A',
    headers: { 'X-A': 'b' },
    body: 'aGk=',
    isBase64Encoded: true,
    requestContext: { http: { method: 'POST' } },
  };
  return [
    ofText('HTTP: path, query and headers as the gateway gives them', ['a=1&b=%E0%A4%A&__proto__=x', '%00'], (text) =>
      readRequest({ ...event, rawQueryString: text, rawPath: text, headers: { [text]: text }, body: text }),
    ),
    ofText('the door of the stage', ['{"code":"x"}', '[]', ''], (text) => {
      const door = openStageDoor({ token: 'token', now: () => 0 });
      return door.answer({ method: 'POST', path: '/stage/session', authorization: text, body: Buffer.from(text) })
        ?.status;
    }),
    ofJson(
      'events of a bus',
      [{ id: '1', source: 'aws.partner/x', 'detail-type': 'T', detail: { a: 1 } }],
      readBusEvent,
    ),
  ];
}

async function textParsers(): Promise<readonly Parser[]> {
  const reader = await loadReader();
  const rules = { to: ['Commented'], topics: { price: ['very good', 'great'] } };
  return [
    ofText('what people write: language, sentiment, topic', corpusLines('texts'), (text) =>
      hearText(
        {
          kind: 'activity',
          fragment: 'a:b:c',
          at: '2026-11-21T00:00:00Z',
          id: '1',
          name: 'Commented',
          properties: { text },
        },
        rules,
        reader,
      ),
    ),
    ofJson('changes, and who they make', corpusJson('changes'), (value) => {
      const changes = (Array.isArray(value) ? (value as readonly Json[]) : [value]).map((one) => parseChange(one));
      const resolver = openOfflineResolver({ priorities: {}, blocked: [], limits: {}, sharedAt: 3, countries: {} });
      for (const parsed of changes) if (parsed.ok) resolver.add(parsed.change);
      return [changes, [...resolver.people()]];
    }),
  ];
}
