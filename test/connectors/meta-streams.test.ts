import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { erasure } from '../../lib/connectors/meta/erasure.ts';
import { namesIn } from './connector-rig.ts';
import { type MetaRig, openRig } from './meta-rig.ts';

const HOUR = 3_600_000;
const ann = { id: '24601001', name: 'Ann Example' };

let rig: MetaRig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

describe('leads', () => {
  it('bring what somebody said and that they said it, with the workspace’s own questions and boxes', async () => {
    const form = rig.vendor.store.createForm('Newsletter');
    const answers = { email: 'ann@example.com', budget: 'a lot', topics: ['shoes', 'hats'] };
    const id = rig.vendor.store.submit(form, answers, { boxes: { optional_1: true, optional_2: false }, ad: '77' });
    rig.pass(HOUR);
    const settings = {
      fields: { budget: 'budget', interests: 'topics' },
      consent: { optional_1: 'email', optional_2: 'sms' },
    };

    const pages = await rig.read('leads', { config: settings });

    const told = { fragment: `social:lead:${id}`, at: '2026-11-21T08:00:00.000Z', mapping: 1, by: 'person' };
    const identifiers = [{ type: 'email', value: 'ann@example.com' }];
    const consent = { address: 'ann@example.com', topic: 'email', state: 'granted', source: 'Meta lead form' };
    expect(pages.flatMap(({ changes }) => changes)).toEqual([
      {
        kind: 'profile',
        ...told,
        identifiers,
        traits: {
          email: 'ann@example.com',
          budget: 'a lot',
          interests: ['shoes', 'hats'],
        },
        consent: [{ ...consent, at: told.at, by: 'person' }],
      },
      {
        kind: 'activity',
        ...told,
        identifiers,
        id,
        name: 'Form Submitted',
        properties: {
          form_id: form,
          platform: 'fb',
          is_organic: false,
          ad_id: '77',
          ad_name: 'Ad 77',
          campaign_id: '7700',
          campaign_name: 'Spring',
        },
      },
    ]);
    expect(
      rig.remap(
        'leads',
        pages.flatMap(({ lines }) => lines),
        settings,
      ).changes,
    ).toEqual(pages.flatMap(({ changes }) => changes));
  });

  it('of Meta’s testing tool are quarantined, for its one address would join everybody who tests', async () => {
    const form = rig.vendor.store.createForm('Newsletter');
    const test = { full_name: '<test lead: dummy data for full_name>', email: 'test@meta.com' };
    rig.vendor.store.submit(form, test);
    rig.pass(HOUR);

    const [page] = await rig.read('leads');

    expect(page?.changes).toEqual([]);
    expect(page?.rejected.map(({ code }) => code)).toEqual(['meta/test-lead']);
  });

  it('of other forms than those that are named are not asked for', async () => {
    const [one, other] = ['One', 'Other'].map((name) => rig.vendor.store.createForm(name));
    const wanted = rig.vendor.store.submit(one ?? '', { email: 'ann@example.com' });
    rig.vendor.store.submit(other ?? '', { email: 'bob@example.com' });
    rig.pass(HOUR);

    const pages = await rig.read('leads', { config: { forms: [one] } });

    expect(namesIn(pages)).toEqual([`social:lead:${wanted}`, wanted]);
    expect(rig.vendor.calls.filter(({ path }) => path.includes(`${other}`))).toEqual([]);
  });

  it('are read from the window’s start on, and what comes during a run by the next', async () => {
    const form = rig.vendor.store.createForm('Newsletter');
    rig.vendor.store.submit(form, { email: 'ann@example.com' });
    rig.pass(HOUR);
    const first = await rig.read('leads');
    rig.pass(HOUR);
    const late = rig.vendor.store.submit(
      form,
      { email: 'late@example.com' },
      { at: new Date(rig.now().getTime() + 1_000) },
    );

    const second = await rig.read('leads', { from: first.at(-1)?.checkpoint });
    rig.pass(HOUR);
    const third = await rig.read('leads', { from: second.at(-1)?.checkpoint });

    const [asked] = rig.vendor.calls.filter(({ url }) => url.includes('filtering'));
    const filtering = new URL(asked?.url ?? '', 'http://localhost').searchParams.get('filtering');
    const since = Date.parse('2026-11-21T08:50:00Z') / 1_000 - 1;
    expect(filtering).toBe(`[{"field":"time_created","operator":"GREATER_THAN","value":${since}}]`);
    expect([namesIn(second), namesIn(third)]).toEqual([[], [`social:lead:${late}`, late]]);
  });

  it('begin a form anew when Meta does not take a page’s token any more, once', async () => {
    const form = rig.vendor.store.createForm('Newsletter');
    const ids = Array.from({ length: 6 }, (_, n) => rig.vendor.store.submit(form, { email: `p${n}@example.com` }));
    rig.pass(HOUR);
    rig.vendor.faults.add({ kind: 'lost-cursor' });

    const pages = await rig.read('leads', { pageSize: 4 });

    expect(new Set(namesIn(pages).filter((name) => !name.includes(':')))).toEqual(new Set(ids));
    rig.vendor.faults.add({ kind: 'lost-cursor', times: 2 });
    await expect(rig.read('leads', { pageSize: 4 })).rejects.toMatchObject({ code: 'meta/parameter-refused' });
  });

  it('that are read again and gone are gone', async () => {
    const id = rig.vendor.store.submit(rig.vendor.store.createForm('Newsletter'), { email: 'ann@example.com' });

    const page = await rig.reread('leads', [id, '999', 'no id', id]);

    expect(namesIn([page])).toEqual(['social:lead:999', `social:lead:${id}`, id]);
    expect(page.changes[0]).toMatchObject({ kind: 'gone' });
  });

  it('stop with the permission that is missing', async () => {
    rig.vendor.store.createForm('Newsletter');
    rig.vendor.withheld.add('leads_retrieval');

    await expect(rig.read('leads')).rejects.toMatchObject({ kind: 'config', code: 'meta/missing-permission' });
  });
});

describe('comments', () => {
  it('carry their text, and an author who is known under this page only', async () => {
    const { store } = rig.vendor;
    const post = store.post('New shoes');
    const medium = store.share('New shoes');
    const first = store.comment(post, ann, 'Lovely!');
    const answer = store.comment(post, { ...ann, id: '24601002' }, 'Where?', { parent: first });
    const third = store.comment(medium, { id: '17801', name: 'cat.example' }, '👟');
    rig.pass(HOUR);

    const changes = (await rig.read('comments')).flatMap((page) => page.changes);

    const activity = { kind: 'activity', name: 'Comment Posted', at: '2026-11-21T08:00:00.000Z', mapping: 1 };
    const onPost = { network: 'facebook', author: 'Ann Example', post_id: post };
    expect(changes).toEqual([
      {
        ...activity,
        id: first,
        fragment: `social:person:${store.page}-24601001`,
        identifiers: [{ type: 'facebook.scoped_id', value: `${store.page}:24601001` }],
        properties: { ...onPost, text: 'Lovely!', comment_id: first, parent_id: null },
      },
      {
        ...activity,
        id: answer,
        fragment: `social:person:${store.page}-24601002`,
        identifiers: [{ type: 'facebook.scoped_id', value: `${store.page}:24601002` }],
        properties: { ...onPost, text: 'Where?', comment_id: answer, parent_id: first },
      },
      {
        ...activity,
        id: third,
        fragment: `social:person:${store.instagram}-17801`,
        identifiers: [{ type: 'instagram.scoped_id', value: `${store.instagram}:17801` }],
        properties: {
          network: 'instagram',
          text: '👟',
          author: 'cat.example',
          post_id: medium,
          comment_id: third,
          parent_id: null,
        },
      },
    ]);
    const again = await rig.reread('comments', [`facebook:${first}`, `facebook:${answer}`, `instagram:${third}`]);
    expect(again.changes).toEqual(changes);
  });

  it('of the page itself, and of whom Meta does not name, are nobody’s', async () => {
    const { store } = rig.vendor;
    const post = store.post('New shoes');
    store.comment(post, { id: store.page, name: 'Example' }, 'Thank you');
    const unnamed = store.comment(post, undefined, 'Who am I?');
    rig.pass(HOUR);

    const pages = await rig.read('comments');
    const again = await rig.reread('comments', [`facebook:${unnamed}`]);

    expect([...pages, again].flatMap(({ changes, rejected }) => [...changes, ...rejected])).toEqual([]);
  });

  it('that were edited are the same activity with its new text; those that are gone tell nothing', async () => {
    const { store } = rig.vendor;
    const comment = store.comment(store.post('New shoes'), ann, 'Lovly');
    store.edit(comment, 'Lovely');

    const edited = await rig.reread('comments', [`facebook:${comment}`]);
    store.remove(comment);
    const removed = await rig.reread('comments', [`facebook:${comment}`, 'twitter:1']);

    expect(edited.changes).toMatchObject([{ id: comment, properties: { text: 'Lovely' } }]);
    expect([removed.changes, removed.rejected]).toEqual([[], []]);
  });

  it('of a post that is deleted while the run goes on are passed over', async () => {
    const { store } = rig.vendor;
    const [first = '', second = ''] = [store.post('One'), store.post('Two')].sort();
    for (const post of [first, second]) store.comment(post, ann, 'Hi');
    rig.pass(HOUR);

    const pages = await rig.read('comments', { meanwhile: () => store.deletePost(second) });

    expect(pages.flatMap(({ changes }) => changes)).toHaveLength(1);
    expect(pages.at(-1)?.checkpoint).toMatchObject({ phase: 'done' });
  });

  it('are looked for on posts of the last days only', async () => {
    const { store } = rig.vendor;
    const old = store.post('Old', { at: new Date('2026-11-10T00:00:00Z') });
    store.comment(old, ann, 'Still here?');
    rig.pass(HOUR);

    const few = await rig.read('comments', { config: { comments_days: 5 } });
    const more = await rig.read('comments', { config: { comments_days: 20 } });

    expect([few, more].map((pages) => namesIn(pages).length)).toEqual([0, 1]);
  });
});

describe('erasure', () => {
  it('deletes leads and nothing else that has such an id', async () => {
    const { store, audiences } = rig.vendor;
    const lead = store.submit(store.createForm('Newsletter'), { email: 'ann@example.com' });
    const audience = audiences.create('Everybody');
    const records = [
      { kind: 'lead', id: lead },
      { kind: 'lead', id: audience.id },
      { kind: 'person', id: `${store.page}-1` },
    ];

    const answer = await erasure.erase(rig.connect(), { records, keys: [{ type: 'email', value: 'ann@example.com' }] });

    expect(answer).toMatchObject({ state: 'confirmed', deleted: 1 });
    expect([store.leads.size, audiences.all.size]).toEqual([0, 1]);
  });
});
