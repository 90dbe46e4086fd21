import { suffices } from '../domain/role.ts';
import type { Route } from './route.ts';

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
      answer: 'Caller',
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
