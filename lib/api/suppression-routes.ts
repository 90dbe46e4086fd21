import * as z from 'zod';
import { readSuppressions, suppressPeople, suppressPerson, unsuppressPerson } from '../pipeline/resolve/suppression.ts';
import type { ApiDeps } from './deps.ts';
import { actor, type Route, readLimit, route } from './route.ts';

const order = { by: actor, reason: z.string().min(1).max(200) };
const orderSchema = z.object({ person: z.string(), ...order });
const batchSchema = z.object({ people: z.array(z.string().max(1_000)).min(1).max(100), ...order });

const ON_A_PAGE = { most: 500, usual: 100 };

/** The list of people never to be contacted. It holds keys of identifiers, no values. */
export function suppressionRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    route({
      method: 'get',
      path: '/api/suppressions',
      needs: 'viewer',
      summary: 'People never to be contacted, by keys of their identifiers',
      answer: 'SuppressionPage',
      query: ['after', 'limit'],
      run: async ({ query: { after, limit } }) =>
        readSuppressions(deps.state, { most: readLimit(limit, ON_A_PAGE), after }),
    }),
    route({
      method: 'post',
      path: '/api/suppressions',
      needs: 'approver',
      summary: 'Never contact a person, or whoever comes by an identifier',
      body: orderSchema,
      status: 202,
      answer: 'Suppressions',
      run: async ({ body: { person, ...order } }) => suppressPerson(deps, person, order),
    }),
    route({
      method: 'post',
      path: '/api/suppressions/batch',
      needs: 'approver',
      summary: 'Never contact up to a hundred people; whoever cannot be named stops nobody else',
      body: batchSchema,
      status: 202,
      answer: 'SuppressionBatch',
      run: async ({ body: { people, ...order } }) => suppressPeople(deps, people, order),
    }),
    route({
      method: 'post',
      path: '/api/suppressions/lift',
      needs: 'approver',
      summary: 'Take a person off the list, by what put them on it or by its key',
      body: orderSchema,
      status: 202,
      answer: 'Suppressions',
      run: async ({ body: { person, ...order } }) => unsuppressPerson(deps, person, order),
    }),
  ];
}
