import { sqsBatchHandler } from '../../lib/adapters/sqs/handler.ts';
import { createApi } from '../../lib/api/app.ts';
import type { ApiDeps } from '../../lib/api/deps.ts';
import { isJsonObject, type Json } from '../../lib/domain/json.ts';
import { doWork, type WorkDeps } from '../../lib/pipeline/resolve/work.ts';
import { bySignature } from '../api/gateway-context.ts';
import { openHandClock, openMemoryArchive, openMemoryState } from '../pipeline/memory-state.ts';
import { NOW } from '../pipeline/world.ts';
import { corpusBytes } from './corpus.ts';
import { ofJson, ofJsonBytes, ofText, type Parser } from './parser.ts';

/** Messages of the changes queue, which carry what strangers sent, and what callers of the API write. */
export function workParsers(): readonly Parser[] {
  return [
    ofJsonBytes('messages of the changes queue', corpusBytes('messages'), async (body) => {
      const logged: unknown[] = [];
      const handler = sqsBatchHandler(
        async (bodies, signal) => doWork(nothingResolved())(bodies, signal),
        (message, fields) => void logged.push([message, fields]),
      );
      const event = { Records: [{ messageId: '1', body: Buffer.from(body).toString('utf8') }] };
      return [await handler(event, { getRemainingTimeInMillis: () => 60_000 }), logged];
    }),
    ofJson('bodies of the API', apiBodies, async (input) => {
      const [path, body] = Array.isArray(input) ? (input as readonly Json[]) : [null, input];
      const asked = typeof path === 'string' && path.startsWith('/api/') ? path : '/api/people/search';
      const app = createApi(nothing);
      const answer = await app.request(
        encodeURI(asked.replaceAll(/[^\x20-\x7e]/g, '')),
        { method: 'POST', body: JSON.stringify(body ?? null) },
        { ...bySignature },
      );
      const said = (await answer.json()) as Json;
      if (answer.status >= 500 && !(isJsonObject(said) && said.code === 'core/unknown-failure'))
        throw new Error(`${asked} answered ${answer.status}`);
      return said;
    }),
    ofText(
      'queries of the API',
      ['limit=5&from=["a","b"]', 'q=ann&most=7&sort=size', 'limit=1e9', 'from=%00'],
      async (text) => {
        const app = createApi(nothing);
        const answers = [];
        for (const path of ['/api/segments', '/api/people/p_1/activities', '/api/runs', '/api/quarantine'])
          answers.push(
            await (
              await app.request(`${path}?${encodeURI(text.replaceAll(/[^\x20-\x7e]/g, ''))}`, {}, { ...bySignature })
            ).json(),
          );
        return answers;
      },
    ),
  ];
}

const apiBodies: readonly Json[] = [
  ['/api/people/search', { email: 'fuzzed.person@example.com' }],
  ['/api/segments/preview', { segment: 'a', text: 'segment: a\nwhen: { trait: a, is: 1 }\n' }],
  ['/api/suppressions', { identifiers: ['fuzzed.person@example.com'], by: 'ann', reason: 'asked' }],
  ['/api/pull', { connection: 'crm', stream: 'contacts' }],
  ['/api/forget', { person: 'fuzzed.person@example.com', by: 'ann' }],
  ['/api/imports', { connection: 'crm', content: 'a'.repeat(64), mapping: {} }],
];

/** Nothing is there: what is let through ends at the first thing that it asks for. */
const nothing = new Proxy({} as ApiDeps, { get: (_, name) => (name === 'log' ? () => {} : undefined) });

function nothingResolved(): WorkDeps {
  return {
    state: openMemoryState(),
    archive: openMemoryArchive(),
    clock: openHandClock(NOW),
    log: () => {},
    compare: async () => {},
    scan: async () => {},
    recount: async () => {},
    pause: async () => {},
    mark: async () => [],
    resolve: async () => ({ failed: new Set() }) as never,
  };
}
