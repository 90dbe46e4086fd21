import { z } from '@hono/zod-openapi';
import { roles } from '../domain/role.ts';
import type { Route } from './route.ts';

export const callerSchema = z.object({ by: z.string().nullable(), role: z.enum(roles) }).openapi('Caller');

/** Who asks, and what they may do: for a page that shows it, and offers only that. */
export function callerRoutes(): readonly Route<unknown>[] {
  return [
    {
      method: 'get',
      path: '/api/me',
      needs: 'viewer',
      summary: 'The name that is written down for what you do, unless you act as a program, and your role',
      answer: callerSchema,
      run: async ({ caller }) => ({ by: caller.by ?? null, role: caller.role }),
    },
  ];
}
