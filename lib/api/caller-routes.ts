import { z } from '@hono/zod-openapi';
import { roles, suffices } from '../domain/role.ts';
import type { Route } from './route.ts';

export const callerSchema = z
  .object({
    by: z.string().nullable(),
    role: z.enum(roles),
    /** Operations as the document writes them: `POST /api/push`. */
    may: z.array(z.string()),
  })
  .openapi('Caller');

/** Who asks, and what of `others` they may do: for a page that offers only that. The API itself asks anew each time. */
export function callerRoutes(
  others: readonly Pick<Route<never>, 'method' | 'path' | 'needs'>[],
): readonly Route<never>[] {
  return [
    {
      method: 'get',
      path: '/api/me',
      needs: 'viewer',
      summary:
        'The name that is written down for what you do, unless you act as a program, your role, and what you may do',
      answer: callerSchema,
      run: async ({ caller: { by = null, role } }) => ({
        by,
        role,
        may: others.flatMap(({ method, path, needs }) =>
          suffices(role, needs) ? [`${method.toUpperCase()} ${path}`] : [],
        ),
      }),
    },
  ];
}
