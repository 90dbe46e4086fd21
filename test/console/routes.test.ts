import { describe, expect, it } from 'vitest';
import { routeOf, toAudience, toRun } from '../../console/routes.ts';

describe('routeOf', () => {
  it('reads back what links are made of', () => {
    const [audience, run] = ['a b/<c>', 'lapsing.2026-11-21T02:00:00.000Z'];

    expect(routeOf(toAudience(audience))).toEqual({ page: 'audience', audience });
    expect(routeOf(toRun(run))).toEqual({ page: 'run', run });
  });

  it.each(['', '#', '#/', '#/audiences', '#/audiences/', '#/audiences/a/b', '#/runs/%', '#token=x', '#/people/p_1'])(
    'takes %j for the overview',
    (hash) => {
      expect(routeOf(hash)).toEqual({ page: 'overview' });
    },
  );
});
