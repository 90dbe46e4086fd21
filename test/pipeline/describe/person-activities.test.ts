import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ActivityChange, activityKey } from '../../../lib/domain/change.ts';
import { emptyFragment } from '../../../lib/domain/fragment.ts';
import { readActivities } from '../../../lib/pipeline/describe/person-activities.ts';
import { openMemoryStores } from '../memory-stores.ts';

const done = (fragment: string, second: number, id: string): ActivityChange => ({
  ...{ kind: 'activity', fragment, id, name: 'Page Viewed' },
  at: `2026-11-21T00:00:${String(second).padStart(2, '0')}Z`,
});

const named = ({ fragment, at, id }: ActivityChange): string => `${fragment} ${at} ${id}`;

describe('readActivities', () => {
  it('leads through everything once, newest first, whatever the pages are and however many share an instant', async () => {
    const activity = fc
      .tuple(fc.constantFrom('a:b:1', 'a:b:2', 'c:d:3'), fc.integer({ min: 0, max: 5 }), fc.constantFrom('x', 'y', 'z'))
      .map(([fragment, second, id]) => done(fragment, second, id));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(activity, { selector: named, maxLength: 30 }),
        fc.integer({ min: 1, max: 7 }),
        async (all, most) => {
          const { activities } = openMemoryStores();
          await activities.put(all);
          const fragments = { 'a:b:1': emptyFragment, 'a:b:2': emptyFragment, 'c:d:3': emptyFragment };

          const read: ActivityChange[] = [];
          let from: string | undefined;
          for (let pages = 0; pages <= all.length; pages += 1) {
            const page = await readActivities({ activities }, { fragments }, { most: String(most), from });
            expect(page.activities.length).toBeLessThanOrEqual(most);
            read.push(...page.activities);
            if (page.next === null) break;
            from = page.next;
          }

          const keys = read.map(activityKey);
          expect(keys).toEqual([...keys].sort().reverse());
          expect(read.map(named).sort()).toEqual(all.map(named).sort());
        },
      ),
    );
  });

  it.each([{ most: '0' }, { most: 'x' }, { from: 'yesterday' }, { from: '[1]' }])('refuses %j', async (query) => {
    const { activities } = openMemoryStores();

    await expect(readActivities({ activities }, { fragments: {} }, query)).rejects.toMatchObject({
      code: 'api/bad-query',
    });
  });
});
