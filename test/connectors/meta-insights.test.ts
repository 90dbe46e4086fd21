import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf } from './connector-rig.ts';
import { type MetaRig, openRig } from './meta-rig.ts';

const HOUR = 3_600_000;
let rig: MetaRig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

describe('insights', () => {
  it('are counts of the page and of the Instagram account, each on the day that ends in California', async () => {
    rig.vendor.store.count('page', '2026-11-17', { page_media_view: 40, page_post_engagements: 3 });
    rig.vendor.store.count('instagram', '2026-11-17', { reach: 25 });

    const days = (await rig.read('insights', { config: { history_days: 5 } })).flatMap(({ figures = [] }) => figures);

    const told = days.filter(({ figures }) => figures.length > 0);
    expect(told).toEqual([
      {
        report: 'instagram',
        day: '2026-11-17',
        caveats: [],
        figures: [{ name: 'reach', dimensions: {}, value: 25, unit: 'count' }],
      },
      {
        report: 'page',
        day: '2026-11-17',
        caveats: [],
        figures: [
          { name: 'page_media_view', dimensions: {}, value: 40, unit: 'count' },
          { name: 'page_post_engagements', dimensions: {}, value: 3, unit: 'count' },
        ],
      },
    ]);
    expect(new Set(days.map(({ day }) => day)).size).toBe(5);
  });

  it('ask no more than thirty days at once', async () => {
    rig.vendor.store.count('page', '2026-09-01', { page_media_view: 1 });

    const pages = await rig.read('insights', { config: { history_days: 100, insights: { instagram: [] } } });

    expect(pages).toHaveLength(4);
  });

  it('stop at a metric that Meta does not know (any more), and name the setting', async () => {
    const insights = { page: ['page_impressions_unique'] };

    expect(await failureOf(() => rig.read('insights', { config: { insights } }))).toMatchObject({
      kind: 'config',
      code: 'meta/metric-refused',
      message: expect.stringContaining('insights.page') as unknown as string,
    });
  });

  it('say what is missing where nothing could be asked', async () => {
    const failure = await failureOf(() => rig.read('insights', { config: { page: undefined, instagram: undefined } }));

    expect(failure).toMatchObject({ kind: 'config', code: 'meta/missing-setting' });
  });
});

describe('mentions on Instagram', () => {
  it('are activities of whoever is known by a name alone, which joins nobody', async () => {
    const { store } = rig.vendor;
    const inComment = store.mentionOnInstagram('Ann.Example', 'Thank you @example', { in: 'comment' });
    const inCaption = store.mentionOnInstagram('ann.example', 'My new boots', { in: 'media' });
    rig.pass(HOUR);

    const page = await rig.reread('comments', [`mentioned_comment:${inComment}`, `mentioned_media:${inCaption}`]);

    expect(page.rejected).toEqual([]);
    expect(page.changes).toMatchObject([
      {
        kind: 'activity',
        id: `mention-${inComment}`,
        name: 'Mention Posted',
        at: '2026-11-21T08:00:00.000Z',
        identifiers: [],
        properties: { network: 'instagram', text: 'Thank you @example', author: 'Ann.Example', comment_id: inComment },
      },
      { id: `mention-${inCaption}`, properties: { text: 'My new boots', post_id: inCaption } },
    ]);
    const people = page.changes.map((one) => ('fragment' in one ? one.fragment : ''));
    expect(new Set(people).size, 'one name is one record').toBe(1);
    expect(people.join()).not.toMatch(/ann/i);
  });

  it('are nobody’s where Meta does not say who wrote them, and nothing where they are gone', async () => {
    const unnamed = rig.vendor.store.mentionOnInstagram(undefined, 'Who am I?', { in: 'comment' });

    const page = await rig.reread('comments', [`mentioned_comment:${unnamed}`, 'mentioned_media:17841400000000000']);

    expect([page.changes, page.rejected]).toEqual([[], []]);
  });

  it('are read again by the mapping that they went through', async () => {
    const id = rig.vendor.store.mentionOnInstagram('ann.example', 'Hi', { in: 'media' });
    const page = await rig.reread('comments', [`mentioned_media:${id}`]);

    expect(rig.remap('comments', page.lines).changes).toEqual(page.changes);
  });
});
