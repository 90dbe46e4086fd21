import { costOf } from '../domain/cost/cost.ts';
import type { ApiDeps } from './deps.ts';
import type { Route } from './route.ts';

/** What the workspace costs at list prices. */
export function costRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    {
      method: 'get',
      path: '/api/cost',
      needs: 'viewer',
      summary: 'Idle, for a million activities, and for a night of an audience of a million, at list prices',
      answer: 'Cost',
      run: async () => {
        const { connections } = await deps.definitions();
        return costOf(deps.inventory, Object.keys(connections).length, deps.sweepShards);
      },
    },
  ];
}
