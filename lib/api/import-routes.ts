import { z } from '@hono/zod-openapi';
import type { JsonObject } from '../domain/json.ts';
import { endImport, importSettings, startImport, takeRows } from '../pipeline/imports/import-file.ts';
import { loose } from './answers.ts';
import type { ApiDeps } from './deps.ts';
import { type Route, route } from './route.ts';
import { jobSchema } from './work-answers.ts';

const MOST_ROWS = 5_000;

const settingsSchema = z
  .object({ connection: z.string(), connector: z.string(), stream: z.string(), settings: loose })
  .openapi('ImportSettings');

const fileSchema = z.object({
  connection: z.string(),
  content: z.string().regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of the file in lower-case hexadecimal'),
  fileAt: z.iso.datetime({ offset: true, error: 'expected an RFC 3339 instant' }),
});

const importSchema = z
  .object({ import: z.string(), at: z.string(), done: z.array(z.number().int()), ended: z.boolean() })
  .openapi('Import');

const rowsSchema = z.object({
  batch: z.int().min(0).max(10_000_000),
  rows: z.array(z.object({ line: z.int().min(1), row: z.looseObject({}) })).max(MOST_ROWS),
});

const takenSchema = z
  .object({
    changes: z.number().int(),
    rejected: z.array(z.object({ line: z.number().int(), code: z.string(), reason: z.string() })),
  })
  .openapi('TakenRows');

/** Files that somebody sends, in batches of rows that may be sent again. */
export function importRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    route({
      method: 'get',
      path: '/api/import/{connection}',
      needs: 'viewer',
      summary: 'What a connection makes of the rows of a file',
      answer: settingsSchema,
      run: async ({ params: { connection = '' } }) => importSettings(deps, connection),
    }),
    route({
      method: 'post',
      path: '/api/import',
      needs: 'editor',
      summary: 'Begin to import a file, or go on with it',
      body: fileSchema,
      answer: importSchema,
      run: async ({ body }) => startImport(deps, body),
    }),
    route({
      method: 'post',
      path: '/api/import/{import}/rows',
      needs: 'editor',
      summary: 'Take rows of a file; the same batch again changes nothing',
      body: rowsSchema,
      answer: takenSchema,
      run: async ({ params, body: { batch, rows } }) =>
        takeRows(deps, params.import ?? '', {
          batch,
          rows: rows.map(({ line, row }) => ({ line, row: row as JsonObject })),
        }),
    }),
    route({
      method: 'post',
      path: '/api/import/{import}/end',
      needs: 'editor',
      summary: 'The file was sent to its end: follow until it is folded',
      body: z.object({}),
      status: 202,
      answer: jobSchema,
      run: async ({ params }) => endImport(deps, params.import ?? ''),
    }),
  ];
}
