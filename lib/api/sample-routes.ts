import * as z from 'zod';
import { TributaryError } from '../domain/errors.ts';
import { readSample, startSample } from '../pipeline/sync/sample-stream.ts';
import type { ApiDeps } from './deps.ts';
import { type Route, route } from './route.ts';

const MOST_RECORDS = 50;

const askedSchema = z.object({
  connection: z.string(),
  stream: z.string(),
  most: z.int().min(1).max(MOST_RECORDS).default(5),
});

/** The first records of a stream, live, beside what they would become. */
export function sampleRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    route({
      method: 'post',
      path: '/api/sample',
      needs: 'editor',
      summary: 'Read the first records of a stream, and change nothing',
      body: askedSchema,
      status: 202,
      answer: 'Job',
      run: async ({ body }) => startSample(deps, await deps.definitions(), body),
    }),
    route({
      method: 'get',
      path: '/api/sample/{job}',
      needs: 'viewer',
      summary: 'Records that were sampled, each beside its changes; kept for a day',
      answer: 'Sample',
      run: async ({ params: { job = '' } }) => {
        const found = await readSample(deps.archive, job);
        if (found !== undefined) return found;
        throw new TributaryError(
          'rejected',
          'api/no-such-sample',
          'no sample was taken by that job, or it is kept no longer',
        );
      },
    }),
  ];
}
