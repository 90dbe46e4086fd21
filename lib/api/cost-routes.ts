import { z } from '@hono/zod-openapi';
import { costOf } from '../domain/cost/cost.ts';
import type { ApiDeps } from './deps.ts';
import type { Route } from './route.ts';

const part = z.object({
  lines: z.array(
    z.object({
      stage: z.string(),
      what: z.string(),
      quantity: z.number(),
      dollars: z.number(),
      basis: z.enum(['counted', 'measured', 'designed']),
    }),
  ),
  dollars: z.number(),
});

const costSchema = z
  .object({
    prices: z.object({ region: z.string(), date: z.string() }),
    idle: part.extend({ lessFree: z.number() }),
    activities: part.extend({ of: z.number().int() }),
    push: part.extend({ people: z.number().int(), changed: z.number().int() }),
  })
  .openapi('Cost');

/** What the workspace costs at list prices. */
export function costRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    {
      method: 'get',
      path: '/api/cost',
      needs: 'viewer',
      summary: 'Idle, for a million activities, and for a night of an audience of a million, at list prices',
      answer: costSchema,
      run: async () => {
        const { connections } = await deps.definitions();
        return costOf(deps.inventory, Object.keys(connections).length, deps.sweepShards);
      },
    },
  ];
}
