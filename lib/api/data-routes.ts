import { TributaryError } from '../domain/errors.ts';
import { describeConnection } from '../pipeline/describe/describe-connection.ts';
import { describeData } from '../pipeline/describe/describe-data.ts';
import { describeDay } from '../pipeline/describe/describe-day.ts';
import { readActivities } from '../pipeline/describe/person-activities.ts';
import { readPersonAudiences } from '../pipeline/describe/person-audiences.ts';
import { personSegments } from '../pipeline/describe/person-segments.ts';
import type { ApiDeps } from './deps.ts';
import { personNamed } from './read-routes.ts';
import type { Route } from './route.ts';

/** What there is about people, over everybody and of one person, and where it comes from. */
export function dataRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    {
      method: 'get',
      path: '/api/data',
      needs: 'viewer',
      summary: 'The seven kinds of data by source, as the nightly count found them, and what is quarantined',
      answer: 'Data',
      run: async () => describeData(deps, await deps.definitions()),
    },
    {
      method: 'get',
      path: '/api/day',
      needs: 'viewer',
      summary: 'What ran in the last 24 hours, and how the sizes of segments moved',
      answer: 'Day',
      run: async () => describeDay(deps, await deps.definitions()),
    },
    {
      method: 'get',
      path: '/api/connections/{connection}',
      needs: 'viewer',
      summary: 'One connection: where its streams stand, what it took of its quota, its latest runs',
      answer: 'Connection',
      run: async ({ params: { connection = '' } }) => {
        const found = (await deps.definitions()).connections[connection];
        if (found === undefined) {
          throw new TributaryError('rejected', 'api/no-such-connection', `no connection is called ${connection}`);
        }
        return describeConnection(deps, found);
      },
    },
    {
      method: 'get',
      path: '/api/people/{person}/activities',
      needs: 'viewer',
      summary: 'What a person did, newest first, some at a time',
      query: ['from', 'most'],
      answer: 'ActivityPage',
      run: async ({ params, query }) => readActivities(deps, await personNamed(deps, params.person), query),
    },
    {
      method: 'get',
      path: '/api/people/{person}/segments',
      needs: 'viewer',
      summary: 'The segments that a person is in',
      answer: 'PersonSegments',
      run: async ({ params }) => personSegments(await deps.definitions(), await personNamed(deps, params.person)),
    },
    {
      method: 'get',
      path: '/api/people/{person}/audiences',
      needs: 'viewer',
      summary: 'What a person is to each audience, what its tool was told, and on what consent',
      answer: 'PersonAudiences',
      run: async ({ params }) =>
        readPersonAudiences(deps, await deps.definitions(), await personNamed(deps, params.person)),
    },
  ];
}
