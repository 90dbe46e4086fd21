import { readFactsPage } from '../pipeline/review/facts-page.ts';
import { readOverlaps } from '../pipeline/review/latest-count.ts';
import { readPersonas } from '../pipeline/review/personas.ts';
import type { ApiDeps } from './deps.ts';
import { segmentNamed } from './read-routes.ts';
import type { Route } from './route.ts';

/** What the nightly recount says of segments and personas. */
export function segmentFactsRoutes(deps: ApiDeps): readonly Route<never>[] {
  return [
    {
      method: 'get',
      path: '/api/personas',
      needs: 'viewer',
      summary: 'Personas: their segments, what there is to say on which channel, how many people they stand for',
      answer: 'Personas',
      run: () => readPersonas(deps),
    },
    {
      method: 'get',
      path: '/api/segments/{segment}/facts',
      needs: 'viewer',
      summary: 'The facts of a segment day by day, how its objective stands, and the lift against its holdouts',
      query: ['from', 'to'],
      answer: 'SegmentFacts',
      run: async ({ params, query }) => {
        const segment = await segmentNamed(deps, params.segment);
        return readFactsPage(deps, await deps.compiled(), segment, query);
      },
    },
    {
      method: 'get',
      path: '/api/overlaps',
      needs: 'viewer',
      summary: 'Which segments share how many people',
      query: ['segments', 'most'],
      answer: 'Overlaps',
      run: async ({ query }) => {
        const { segments } = await deps.definitions();
        return readOverlaps(deps, new Map(segments.map(({ segment, title }) => [segment, title ?? segment])), query);
      },
    },
  ];
}
