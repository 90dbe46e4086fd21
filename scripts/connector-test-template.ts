import { type Asked, camel, pascal } from './connector-names.ts';

/** What a new connector is tried with, by path: a simulated tool, a scenario for the suite, pairs of record and change. */
export function testFiles(asked: Asked): Readonly<Record<string, string>> {
  const { id, streams } = asked;
  const files: Record<string, string> = {
    [`test/vendors/${id}/server.ts`]: server(asked),
    [`test/vendors/${id}/scenario.ts`]: scenario(asked),
    [`test/connectors/${id}-mapping.test.ts`]: mappingTest(asked),
  };
  for (const name of streams) {
    files[`test/fixtures/${id}/${name}/valid/plain.json`] = fixture({ record: RECORD, change: CHANGE });
    const nameless = { ...RECORD, id: null };
    files[`test/fixtures/${id}/${name}/invalid/no-id.json`] = fixture({ record: nameless, code: 'sync/bad-record' });
  }
  return files;
}

const RECORD = { id: '1', email: 'ann@example.com', changed_at: '2026-11-20T10:00:00.000Z' };
const CHANGE = {
  kind: 'profile',
  fragment: 'fixture:contact:1',
  at: '2026-11-20T10:00:00.000Z',
  mapping: 1,
  identifiers: [{ type: 'email', value: 'ann@example.com' }],
  traits: {},
  consent: [],
};

/** A record and what must become of it. */
function fixture(pair: object): string {
  const origin =
    'written by npm run new:connector; take the shape of the tool’s own documents, and make every value up';
  return `${JSON.stringify({ origin, ...pair }, undefined, 2)}\n`;
}

function mappingTest({ id }: Asked): string {
  return `import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ${camel(id)} } from '../../lib/connectors/${id}/index.ts';

const root = fileURLToPath(new URL('../fixtures/${id}/', import.meta.url));

interface Fixture {
  readonly record: unknown;
  readonly change?: unknown;
  readonly code?: string;
}

function fixtures(stream: string, kind: 'valid' | 'invalid'): [string, Fixture][] {
  const folder = \`\${root}\${stream}/\${kind}/\`;
  return readdirSync(folder).map((file) => [file, JSON.parse(readFileSync(folder + file, 'utf8')) as Fixture]);
}

describe.each(${camel(id)}.streams.map((stream) => [stream.name, stream] as const))('%s', (name, { mappings, remap }) => {
  const outcome = (record: unknown) => remap([{ mapping: Object.keys(mappings)[0] ?? '', record }], 'fixture', {});

  it.each(fixtures(name, 'valid'))('maps %s', (_file, { record, change }) => {
    expect(outcome(record)).toEqual({ changes: [change], rejected: [] });
  });

  it.each(fixtures(name, 'invalid'))('quarantines %s', (_file, { record, code }) => {
    expect(outcome(record)).toMatchObject({ changes: [], rejected: [{ code }] });
  });
});
`;
}

function server({ id, title }: Asked): string {
  return `import { createServer } from 'node:http';
import type { Simulator } from '../../conformance/scenario.ts';

export const API_KEY = '${id}-key-5f3a9c';

/** A simulated ${title}. Behaves as its documents say; each oddity names its source. */
export interface ${pascal(id)}Vendor extends Simulator {
  /** Puts a record into the tool, changed now. */
  put(stream: string, id: string, record: Readonly<Record<string, unknown>>): void;
}

/** Starts it on a free loopback port. */
export async function start${pascal(id)}(now: () => Date): Promise<${pascal(id)}Vendor> {
  const records = new Map<string, Readonly<Record<string, unknown>>>();
  const server = createServer((request, response) => {
    // Nothing is answered yet. Answer here as ${title} documents, out of \`records\`: pages, equal instants, 401, 429, lists.
    request.resume();
    response.writeHead(501, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the simulator has no port');
  return {
    url: \`http://127.0.0.1:\${address.port}\`,
    put: (stream, id, record) => void records.set(\`\${stream}/\${id}\`, { ...record, id, changed_at: now().toISOString() }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
`;
}

function scenario({ id, streams, webhook, audiences }: Asked): string {
  const streamParts = streams.map(
    (name) => `    ${/-/.test(name) ? `'${name}'` : name}: {
      pageSize: 4,
      seed(vendor) {
        for (let n = 10; n < 24; n += 1) vendor.put('${name}', \`r\${n}\`, { email: n === 13 ? 13 : \`r\${n}@example.com\` });
      },
      expected: () => ids.filter((one) => one !== 'r13').map(fragment),
      rejected: 1,
      touch(vendor) {
        vendor.put('${name}', 'r11', { email: 'r11@example.com' });
        return [fragment('r11')];
      },
    },`,
  );
  const hookPart = webhook
    ? `
  webhook: {
    signed: { ...delivery, headers: { 'x-signature': sign(delivery.body) } },
    tampered: { ...delivery, headers: { 'x-signature': sign('something else') } },
    unsigned: delivery,
    unreadable: { ...delivery, body: 'nobody', headers: { 'x-signature': sign('nobody') } },
  },`
    : '';
  const audiencePart = audiences
    ? `
  audience: {
    target: { list: 'Spring' },
    seed(vendor) {
      vendor.put('${streams[0]}', 'a1', { email: 'ann@example.com' });
      vendor.put('${streams[0]}', 'b1', { email: 'ben@example.com' });
      return { known: [email('ann@example.com'), email('ben@example.com')], stranger: email('nobody@example.com'), refused: [] };
    },
    // What the simulated tool holds on the list, sorted, and how its next write is made to fail.
    remote: () => {
      throw new Error('say in test/vendors/${id}/scenario.ts what is on the list in the simulated tool');
    },
    fault: () => {
      throw new Error('make the next write of test/vendors/${id}/server.ts answer 429 or 500');
    },
  },`
    : '';
  return `${webhook ? "import { createHmac } from 'node:crypto';\n" : ''}import { ${camel(id)} } from '../../../lib/connectors/${id}/index.ts';
import type { Scenario } from '../../conformance/scenario.ts';
import { API_KEY, type ${pascal(id)}Vendor, start${pascal(id)} } from './server.ts';

const ids = Array.from({ length: 14 }, (_, n) => \`r\${n + 10}\`);
const fragment = (one: string): string => \`conformance:contact:\${one}\`;
${audiences ? "const email = (value: string) => ({ type: 'email', value });\n" : ''}${
  webhook
    ? `const WEBHOOK_SECRET = 'a webhook secret of ${id}';
const delivery = { method: 'POST', path: '/webhooks/${id}', headers: {}, body: JSON.stringify({ delivery: 'd1', id: 'r10' }) };
const sign = (body: string): string => createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex');
`
    : ''
}
export const ${camel(id)}Scenario: Scenario<${pascal(id)}Vendor> = {
  connector: ${camel(id)},
  config: {},
  secret: { api_key: API_KEY${webhook ? ', webhook_secret: WEBHOOK_SECRET' : ''} },
  start: start${pascal(id)},
  secrets: [API_KEY, '@example.com'${webhook ? ', WEBHOOK_SECRET' : ''}],
  streams: {
${streamParts.join('\n')}
  },${hookPart}${audiencePart}
};
`;
}
