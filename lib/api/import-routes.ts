import * as z from 'zod';
import type { JsonObject } from '../domain/json.ts';
import { endImport, importSettings, startImport, takeRows } from '../pipeline/imports/import-file.ts';
import type { ApiDeps } from './deps.ts';
import { type Route, route } from './route.ts';

const MOST_ROWS = 5_000;

const fileSchema = z.object({
  connection: z.string(),
  content: z.string().regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of the file in lower-case hexadecimal'),
  fileAt: z.iso.datetime({ offset: true, error: 'expected an RFC 3339 instant' }),
});

const rowsSchema = z.object({
  batch: z.int().min(0).max(10_000_000),
  rows: z.array(z.object({ line: z.int().min(1), row: z.looseObject({}) })).max(MOST_ROWS),
});

/** Files that somebody sends, in batches of rows that may be sent again. */
export function importRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    route({
      method: 'get',
      path: '/api/import/{connection}',
      needs: 'viewer',
      summary: 'What a connection makes of the rows of a file',
      answer: 'ImportSettings',
      run: async ({ params: { connection = '' } }) => importSettings(deps, connection),
    }),
    route({
      method: 'post',
      path: '/api/import',
      needs: 'editor',
      summary: 'Begin to import a file, or go on with it',
      body: fileSchema,
      answer: 'Import',
      run: async ({ body }) => startImport(deps, body),
    }),
    route({
      method: 'post',
      path: '/api/import/{import}/rows',
      needs: 'editor',
      summary: 'Take rows of a file; the same batch again changes nothing',
      body: rowsSchema,
      answer: 'TakenRows',
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
      answer: 'Job',
      run: async ({ params }) => endImport(deps, params.import ?? ''),
    }),
  ];
}
