import * as z from 'zod';
import { listSuppressions, suppressPerson, unsuppressPerson } from '../pipeline/resolve/suppression.ts';
import type { ApiDeps } from './deps.ts';
import { actor, type Route, route } from './route.ts';

const orderSchema = z.object({
  person: z.string(),
  by: actor,
  reason: z.string().min(1).max(200),
});

/** The list of people never to be contacted. It holds keys of identifiers, no values. */
export function suppressionRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    route({
      method: 'get',
      path: '/api/suppressions',
      needs: 'viewer',
      summary: 'People never to be contacted, by keys of their identifiers',
      answer: 'Suppressions',
      run: async () => listSuppressions(deps.state),
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
