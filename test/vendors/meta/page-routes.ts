import { problems } from './graph-error.ts';
import { pageOf } from './paging.ts';
import type { Call, Route } from './route.ts';
import type { SimComment, SimLead, SimPost } from './store.ts';

const PAGE = { most: 100, usual: 25 };
/** Instagram's comments come fifty at most. */
const INSTAGRAM_PAGE = { most: 50, usual: 25 };

const instagramPermissions = ['instagram_basic', 'instagram_manage_comments'];

/** Metrics that are there by day: a few of many. */
const INSIGHTS: Readonly<Record<'page' | 'instagram', readonly string[]>> = {
  page: ['page_media_view', 'page_post_engagements', 'page_actions_post_reactions_total'],
  instagram: ['reach', 'follower_count'],
};
const MOST_DAYS = { page: 92, instagram: 32 };
const DAY_MS = 86_400_000;
/** Midnight in California, in winter. */
const MIDNIGHT_MS = 8 * 3_600_000;

export const pageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/(\d+)\/insights$/,
    area: 'read',
    permissions: ['read_insights'],
    run: insightsOf,
  },
  {
    method: 'GET',
    path: /^\/(\d+)\/leadgen_forms$/,
    area: 'read',
    ofPage: true,
    permissions: ['leads_retrieval'],
    run(call) {
      ownPage(call);
      const rows = [...call.store.forms].map(([id, name]) => ({ id, name }));
      return pageOf(rows, call, { ...PAGE, show: ({ id, name }) => ({ id, name, status: 'ACTIVE', locale: 'de_DE' }) });
    },
  },
  {
    method: 'GET',
    path: /^\/(\d+)\/leads$/,
    area: 'read',
    ofPage: true,
    permissions: ['leads_retrieval'],
    run(call) {
      const form = call.part(1);
      if (!call.store.forms.has(form)) throw problems.notFound(form);
      const since = sinceIn(call.query.get('filtering'));
      const rows = [...call.store.leads.values()]
        .filter((lead) => lead.form === form && lead.at / 1_000 > since)
        .sort((a, b) => b.at - a.at || Number(b.id) - Number(a.id));
      return pageOf(rows, call, { ...PAGE, show: leadShape });
    },
  },
  {
    method: 'GET',
    path: /^\/(\d+)\/feed$/,
    area: 'read',
    ofPage: true,
    permissions: ['pages_read_engagement'],
    run(call) {
      ownPage(call);
      const since = Number(call.query.get('since') ?? 0) * 1_000;
      const rows = newestFirst([...call.store.posts.values()]).filter(({ at }) => at >= since);
      const show = ({ id, at, text }: SimPost) => ({ id, created_time: timeOf(at), message: text });
      return pageOf(rows, call, { ...PAGE, show });
    },
  },
  {
    method: 'GET',
    path: /^\/(\d+)\/media$/,
    area: 'read',
    permissions: instagramPermissions,
    run(call) {
      if (call.part(1) !== call.store.instagram) throw problems.notFound(call.part(1));
      const show = ({ id, at }: SimPost) => ({ id, timestamp: timeOf(at) });
      return pageOf(newestFirst([...call.store.media.values()]), call, { ...PAGE, show });
    },
  },
  {
    method: 'GET',
    path: /^\/(\d+_\d+)\/comments$/,
    area: 'read',
    ofPage: true,
    permissions: ['pages_read_user_content'],
    run(call) {
      const post = call.part(1);
      if (!call.store.posts.has(post)) throw problems.notFound(post);
      const isAll = call.query.get('filter') === 'stream';
      const rows = commentsOn(call, post).filter(({ parent }) => isAll || parent === undefined);
      return pageOf(rows, call, { ...PAGE, show: facebookShape });
    },
  },
  {
    method: 'GET',
    path: /^\/(\d+)\/comments$/,
    area: 'read',
    permissions: instagramPermissions,
    run(call) {
      const medium = call.part(1);
      if (!call.store.media.has(medium)) throw problems.notFound(medium);
      const rows = commentsOn(call, medium)
        .filter(({ parent }) => parent === undefined)
        .reverse();
      return pageOf(rows, call, { ...INSTAGRAM_PAGE, show: (one) => withReplies(call, one) });
    },
  },
  {
    method: 'GET',
    path: /^\/(\d+)\/replies$/,
    area: 'read',
    permissions: instagramPermissions,
    run: (call) => pageOf(repliesTo(call, call.part(1)), call, { ...INSTAGRAM_PAGE, show: instagramShape }),
  },
];

/** Counts that end in (since, until], each of a day that ends at midnight in California. */
function insightsOf(call: Call): object {
  const id = call.part(1);
  const of = id === call.store.page ? 'page' : id === call.store.instagram ? 'instagram' : undefined;
  if (of === undefined) throw problems.notFound(id);
  const names = (call.query.get('metric') ?? '').split(',');
  if (call.query.get('period') !== 'day') throw problems.parameter('period must be one of day');
  if (!names.every((name) => INSIGHTS[of].includes(name))) {
    throw problems.parameter('The value must be a valid insights metric');
  }
  const [since, until] = ['since', 'until'].map((name) => Number(call.query.get(name)) * 1_000);
  if (since === undefined || until === undefined || until - since > MOST_DAYS[of] * DAY_MS) {
    throw problems.parameter('There cannot be more than 30 days (2592000 s) between since and until');
  }
  const days = [...call.store.counts[of]].sort(([a], [b]) => (a < b ? -1 : 1));
  const ends = days.map(([day, counts]) => ({ end: Date.parse(day) + DAY_MS + MIDNIGHT_MS, counts }));
  const inside = ends.filter(({ end }) => end > since && end <= until);
  const data = names.map((name) => ({
    name,
    period: 'day',
    values: inside.map(({ end, counts }) => ({ value: counts[name] ?? 0, end_time: timeOf(end) })),
    title: name,
    description: 'A count.',
    id: `${id}/insights/${name}/day`,
  }));
  return { data, paging: { previous: 'https://graph.facebook.com/before', next: 'https://graph.facebook.com/after' } };
}

/** What names the account elsewhere, which is shown as a field of the account and not by its own id. */
function mentionOf(call: Call): object {
  const asked = /^mentioned_(comment|media)\.(?:comment|media)_id\((\d+)\)/.exec(call.query.get('fields') ?? '');
  const found = call.store.mentions.get(asked?.[2] ?? '');
  if (asked === null || found === undefined || found.in !== asked[1])
    throw problems.notFound(asked?.[2] ?? call.part(1));
  const { id, on, username, at, text } = found;
  const told = { id, timestamp: timeOf(at), ...(username === undefined ? {} : { username }) };
  return found.in === 'comment'
    ? { mentioned_comment: { ...told, text, media: { id: on } }, id: call.store.instagram }
    : { mentioned_media: { ...told, caption: text }, id: call.store.instagram };
}

/** A node by its id alone. */
export function nodeOf(call: Call): object {
  const id = call.part(1);
  if (id === call.store.instagram) return mentionOf(call);
  const lead = call.store.leads.get(id);
  if (lead !== undefined) return leadShape(lead);
  const comment = call.store.comments.get(id);
  if (comment?.network === 'facebook') return facebookShape(comment);
  if (comment !== undefined) return { ...instagramShape(comment), media: { id: comment.on } };
  const audience = call.audiences.all.get(id);
  if (audience === undefined) throw problems.notFound(id);
  const { name, blocked } = audience;
  const operation = blocked ? { code: 471, description: 'Restricted' } : { code: 200, description: 'Normal' };
  return { id, name, subtype: 'CUSTOM', operation_status: operation };
}

/** The page's own token is needed for leads and comments of the page, not for what hangs on Instagram. */
export function needsPageToken({ store, part }: Pick<Call, 'store' | 'part'>): boolean {
  const id = part(1);
  return store.leads.has(id) || store.comments.get(id)?.network === 'facebook';
}

function ownPage({ store, part }: Call): void {
  if (part(1) !== store.page) throw problems.notFound(part(1));
}

function leadShape({ id, form, at, answers, boxes, ad, damage }: SimLead): object {
  return {
    id,
    created_time: timeOf(at),
    form_id: form,
    platform: 'fb',
    is_organic: ad === undefined,
    ...(ad === undefined
      ? {}
      : { ad_id: ad, ad_name: `Ad ${ad}`, adset_id: `${ad}0`, campaign_id: `${ad}00`, campaign_name: 'Spring' }),
    field_data: Object.entries(answers).map(([name, values]) => ({ name, values })),
    ...(Object.keys(boxes).length === 0
      ? {}
      : {
          custom_disclaimer_responses: Object.entries(boxes).map(([key, ticked]) => ({
            checkbox_key: key,
            is_checked: ticked ? '1' : '',
          })),
        }),
    ...damage,
  };
}

function facebookShape({ id, author, at, text, parent, damage }: SimComment): object {
  return {
    id,
    created_time: timeOf(at),
    message: text,
    ...(author === undefined ? {} : { from: author }),
    ...(parent === undefined ? {} : { parent: { id: parent } }),
    ...damage,
  };
}

function instagramShape({ id, author, at, text, parent, damage }: SimComment): object {
  return {
    id,
    timestamp: timeOf(at),
    text,
    ...(author === undefined ? {} : { from: { id: author.id, username: author.name } }),
    ...(parent === undefined ? {} : { parent_id: parent }),
    ...damage,
  };
}

/** The first replies of a comment come with it, where they are asked for. */
function withReplies(call: Call, comment: SimComment): object {
  const replies = repliesTo(call, comment.id);
  const isAsked = call.query.get('fields')?.includes('replies{') === true;
  if (!isAsked || replies.length === 0) return instagramShape(comment);
  const nested = { url: new URL(`/${comment.id}/replies`, call.url), query: new URLSearchParams() };
  return { ...instagramShape(comment), replies: pageOf(replies, nested, { most: 3, usual: 3, show: instagramShape }) };
}

function repliesTo({ store }: Call, comment: string): readonly SimComment[] {
  return [...store.comments.values()].filter(({ parent }) => parent === comment);
}

function commentsOn({ store }: Call, place: string): SimComment[] {
  return [...store.comments.values()].filter(({ on }) => on === place).sort((a, b) => a.at - b.at);
}

function newestFirst(rows: readonly SimPost[]): readonly SimPost[] {
  return [...rows].sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
}

/** An offset without a colon, as recordings have it. */
function timeOf(at: number): string {
  return new Date(at).toISOString().replace('.000Z', '+0000');
}

function sinceIn(filtering: string | null): number {
  if (filtering === null) return 0;
  const [one] = JSON.parse(filtering) as { field?: string; operator?: string; value?: number }[];
  if (one?.field !== 'time_created' || one.operator !== 'GREATER_THAN') throw problems.parameter('Invalid filtering');
  return one.value ?? 0;
}
