import { z } from '@hono/zod-openapi';
import { examine } from '../pipeline/doctor/examine.ts';
import { askToSignIn } from '../pipeline/doctor/sign-in.ts';
import type { ApiDeps } from './deps.ts';
import { type Route, route } from './route.ts';

const examinationSchema = z
  .object({
    workspace: z.string(),
    at: z.string(),
    release: z.string(),
    published: z.string().nullable(),
    deployed: z.string().nullable(),
    checks: z.array(
      z.object({
        id: z.string(),
        of: z.string().nullable(),
        status: z.enum(['ok', 'warn', 'fail', 'not-checked']),
        found: z.string(),
        expected: z.string(),
        do: z.string().nullable(),
        docs: z.string(),
      }),
    ),
  })
  .openapi('Examination');

const askedSchema = z.object({ at: z.string(), asked: z.array(z.string()) });

/** Whether the deployment is well. */
export function doctorRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    route({
      method: 'get',
      path: '/api/doctor',
      needs: 'viewer',
      summary: 'What is well, what is not and what to do; asks no tool for anything',
      answer: examinationSchema,
      run: () => examine(deps),
    }),
    route({
      method: 'post',
      path: '/api/doctor/sign-in',
      needs: 'editor',
      summary: 'Have every connection sign in to its tool; /api/doctor tells how it ended',
      body: z.object({}),
      status: 202,
      answer: askedSchema,
      run: async () => askToSignIn(deps, await deps.definitions()),
    }),
  ];
}
