import * as z from 'zod';
import { examine } from '../pipeline/doctor/examine.ts';
import { askToSignIn } from '../pipeline/doctor/sign-in.ts';
import type { ApiDeps } from './deps.ts';
import { type Route, route } from './route.ts';

/** Whether the deployment is well. */
export function doctorRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    route({
      method: 'get',
      path: '/api/doctor',
      needs: 'viewer',
      summary: 'What is well, what is not and what to do; asks no tool for anything',
      answer: 'Examination',
      run: () => examine(deps),
    }),
    route({
      method: 'post',
      path: '/api/doctor/sign-in',
      needs: 'editor',
      summary: 'Have every connection sign in to its tool; /api/doctor tells how it ended',
      body: z.object({}),
      status: 202,
      answer: 'AskedToSignIn',
      run: async () => askToSignIn(deps, await deps.definitions()),
    }),
  ];
}
