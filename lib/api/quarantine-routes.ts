import * as z from 'zod';
import { TributaryError } from '../domain/errors.ts';
import { readJob } from '../pipeline/jobs/jobs.ts';
import { quarantineKind } from '../pipeline/quarantine.ts';
import { readSelection, startReplayRejected } from '../pipeline/replay/replay-rejected.ts';
import type { ApiDeps } from './deps.ts';
import { type Route, route } from './route.ts';

const MOST_LISTED = 100;

const selectionSchema = z.strictObject({
  ids: z.array(z.string().min(1).max(2_000)).optional(),
  code: z.string().min(1).optional(),
  stream: z.string().optional(),
  reason: z.string().optional(),
});

/** Records that could not be used: to look at, and to be read again. */
export function quarantineRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    route({
      method: 'get',
      path: '/api/quarantine/{connection}',
      needs: 'viewer',
      summary: 'Records that could not be used, with their reason',
      query: ['after'],
      answer: 'QuarantinedRecords',
      run: async ({ params: { connection = '' }, query: { after } }) => {
        const older = after === undefined ? {} : { after };
        const kept = await deps.state.list(quarantineKind(connection), { most: MOST_LISTED, ...older });
        return kept.map(({ id, body }) => ({ id, ...body }));
      },
    }),
    route({
      method: 'post',
      path: '/api/quarantine/{connection}/replay',
      needs: 'approver',
      summary: 'Read records that could not be used again: some by id, or all that were refused by a code and a reason',
      body: selectionSchema,
      status: 202,
      answer: 'Job',
      run: async ({ params: { connection = '' }, body, by }) => {
        const selection = readSelection(body);
        if (selection === undefined) {
          throw new TributaryError('rejected', 'api/bad-body', 'expected ids, or a code with what narrows it');
        }
        return readJob(deps, await deps.definitions(), await startReplayRejected(deps, connection, selection, by));
      },
    }),
  ];
}
