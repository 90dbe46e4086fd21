import { z } from '@hono/zod-openapi';
import { TributaryError } from '../domain/errors.ts';
import { describePerson, explainMembership } from '../pipeline/describe-person.ts';
import { findPerson } from '../pipeline/find-person.ts';
import { readJob } from '../pipeline/jobs.ts';
import { readLateness } from '../pipeline/lateness.ts';
import { listMerges } from '../pipeline/merges.ts';
import { latestVerify } from '../pipeline/verify-run.ts';
import {
  audienceSchema,
  jobSchema,
  lateDaySchema,
  mergesSchema,
  personSchema,
  receiptSchema,
  rejectedSchema,
  runSchema,
  segmentSchema,
  verifySchema,
  workspaceSchema,
} from './answers.ts';
import type { ApiDeps } from './deps.ts';
import { listAudiences, listSegments, readWorkspace } from './reads.ts';
import { noSuchPerson, type Route } from './route.ts';

const MOST_LISTED = 100;

/** Everything that only looks. */
export function readRoutes(deps: ApiDeps): readonly Route<unknown>[] {
  return [
    {
      ...get('/api/workspace', 'Connections, streams and their latest runs', workspaceSchema),
      run: () => readWorkspace(deps),
    },
    {
      ...get('/api/segments', 'Segments with their members counted', z.array(segmentSchema)),
      run: () => listSegments(deps),
    },
    {
      ...get('/api/audiences', 'Audiences with their latest push', z.array(audienceSchema)),
      run: () => listAudiences(deps),
    },
    {
      ...get('/api/audiences/{audience}/verify', "The latest comparison with the tool's real list", verifySchema),
      run: async ({ params: { audience = '' } }) => {
        const run = await latestVerify(deps.state, audience);
        if (run === undefined) throw new TributaryError('rejected', 'api/no-such-verify', 'its list was never checked');
        return run;
      },
    },
    {
      ...get('/api/people/{person}', 'One person by id, address, type=value or fragment', personSchema),
      run: async ({ params }) => describePerson(deps, await personNamed(deps, params.person), await deps.compiled()),
    },
    {
      ...get('/api/people/{person}/merges', 'The evidence that made records one person', mergesSchema),
      run: async ({ params }) => mergesOf(deps, params.person),
    },
    {
      ...get('/api/people/{person}/segments/{segment}', 'Why a person is, or is not, in a segment', receiptSchema),
      run: async ({ params: { person, segment = '' } }) => {
        const compiled = await deps.compiled();
        if (!compiled.definitions.segments.some((one) => one.segment === segment)) {
          throw new TributaryError('rejected', 'api/no-such-segment', `no segment is called ${segment}`);
        }
        return explainMembership(await personNamed(deps, person), compiled, segment, deps.clock.now());
      },
    },
    {
      ...get('/api/lateness', 'How long after their instant answers turned, by day', z.array(lateDaySchema)),
      run: () => readLateness(deps),
    },
    {
      ...get('/api/runs', 'Sync runs, pushes and checks of lists, newest first', z.array(runSchema)),
      run: async () => (await deps.state.list('run', { most: MOST_LISTED })).map(({ body }) => body),
    },
    {
      ...get(
        '/api/quarantine/{connection}',
        'Records that could not be used, with their reason',
        z.array(rejectedSchema),
      ),
      run: async ({ params }) => {
        const kept = await deps.state.list(`quarantine#${params.connection}`, { most: MOST_LISTED });
        return kept.map(({ id, body }) => ({ id, ...body }));
      },
    },
    {
      ...get('/api/jobs/{job}', 'How a job stands', jobSchema),
      run: async ({ params: { job = '' } }) => {
        const found = await readJob(deps, await deps.definitions(), job);
        if (found === undefined) throw new TributaryError('rejected', 'api/no-such-job', 'no job has that id');
        return found;
      },
    },
  ];
}

function get(path: string, summary: string, answer: z.ZodType) {
  return { method: 'get', path, summary, answer } as const;
}

/** The evidence of a person, under the rules that are published. */
export async function mergesOf(deps: ApiDeps, person: string | undefined) {
  const { identity } = await deps.definitions();
  return listMerges(deps, await personNamed(deps, person), identity);
}

async function personNamed(deps: ApiDeps, person = '') {
  const profile = await findPerson(deps, person);
  if (profile === undefined) throw noSuchPerson();
  return profile;
}
