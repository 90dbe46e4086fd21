import { describe, expect, it } from 'vitest';
import type { FigureDay } from '../../../lib/domain/figure.ts';
import { readFigures } from '../../../lib/pipeline/figures.ts';
import { openSyncRig } from './sync-rig.ts';

const day: FigureDay = {
  report: 'channels',
  day: '2026-11-20',
  figures: [{ name: 'sessions', dimensions: {}, value: 12, unit: 'count' }],
  caveats: ['not-final'],
};

describe('a stream of figures', () => {
  it('is archived where no person is looked for, kept by day, and tells nobody of a change', async () => {
    const rig = openSyncRig({
      name: 'reports',
      figures: true,
      mappings: {},
      async *read() {
        yield { changes: [], rejected: [], lines: [], figures: [day], checkpoint: { v: 1 } };
      },
      remap: () => ({ changes: [], rejected: [] }),
    });

    await rig.sync();

    expect([...rig.archive.objects.keys()].map((key) => key.split('/').slice(0, 3).join('/'))).toEqual([
      'figures/crm/reports',
    ]);
    expect(rig.changes.take()).toEqual([]);
    expect((await rig.stream()).run).toMatchObject({ state: 'finished', pages: 1, changes: 0, figures: 1 });
    expect(await rig.settled()).toBe(true);
    const { figures } = await readFigures(rig.state, { from: '2026-11-20', to: '2026-11-20', most: 10 });
    expect(figures).toMatchObject([{ connection: 'crm', report: 'channels', value: 12, caveats: ['not-final'] }]);
  });
});
