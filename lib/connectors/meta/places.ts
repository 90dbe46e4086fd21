import { parseInstant } from '../../domain/instant.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { ReadOptions } from '../contract.ts';
import type { MetaApi } from './client.ts';
import { commentsMs } from './config.ts';
import type { Position } from './cursor.ts';
import { isNotFound, missingSetting } from './errors.ts';
import type { Place, PlacePage } from './walk.ts';

const SECOND = 1_000;

/** The posts and media on which somebody may have commented in the window: those of the last `comments_days`. */
export async function placesOf(
  api: MetaApi,
  { until }: Position,
  { pageSize: size }: ReadOptions,
): Promise<readonly Place[]> {
  const { page, instagram } = api.config;
  if (page === undefined && instagram === undefined) throw missingSetting('page', 'comments');
  const since = until - commentsMs(api.config);
  return [
    ...(page === undefined ? [] : await postsOf(api, page, since, size)),
    ...(instagram === undefined ? [] : await mediaOf(api, instagram, since, size)),
  ];
}

async function postsOf(api: MetaApi, scope: string, since: number, size: number | undefined): Promise<Place[]> {
  const places: Place[] = [];
  let after: string | undefined;
  do {
    const page = await api.listPosts(Math.floor(since / SECOND), { after });
    for (const { id } of page.records) {
      const own = { network: 'facebook', scope, post_id: id };
      places.push({
        key: `facebook ${id}`,
        page: async (from) => dressed(await unlessGone(api.listComments(id, { after: from, size })), own),
      });
    }
    after = page.after;
  } while (after !== undefined);
  return places;
}

/** Media are listed newest first, so the first page whose last one is older than the window is the last that is needed. */
async function mediaOf(api: MetaApi, scope: string, since: number, size: number | undefined): Promise<Place[]> {
  const places: Place[] = [];
  let after: string | undefined;
  do {
    const page = await api.listMedia(scope, { after });
    const recent = page.records.filter(({ at }) => (parseInstant(at) ?? since) >= since);
    for (const { id } of recent) {
      const own = { network: 'instagram', scope, post_id: id };
      places.push({
        key: `instagram ${id}`,
        page: async (from) => dressed(await withReplies(api, id, from, size), own),
      });
    }
    after = recent.length < page.records.length ? undefined : page.after;
  } while (after !== undefined);
  return places;
}

/** Instagram lists what answers the medium itself; replies hang below, and where there are many, on pages of their own. */
async function withReplies(
  api: MetaApi,
  medium: string,
  after: string | undefined,
  size: number | undefined,
): Promise<PlacePage> {
  const page = await unlessGone(api.listInstagramComments(medium, { after, size }));
  const records: unknown[] = [];
  for (const { replies, ...comment } of page.records) {
    records.push(comment, ...(replies?.records ?? []));
    for (let more = replies?.after; more !== undefined; ) {
      const rest = await unlessGone(api.listReplies(comment.id, { after: more }));
      records.push(...rest.records);
      more = rest.after;
    }
  }
  return { records, after: page.after };
}

function dressed({ records, after }: PlacePage, own: object): PlacePage {
  return { records: records.map((record) => (isJsonObject(record) ? { ...record, ...own } : record)), after };
}

/** A post may be deleted between being listed and being read. */
async function unlessGone<T>(
  page: Promise<{ readonly records: readonly T[]; readonly after: string | undefined }>,
): Promise<{ readonly records: readonly T[]; readonly after: string | undefined }> {
  try {
    return await page;
  } catch (thrown) {
    if (!isNotFound(thrown)) throw thrown;
    return { records: [], after: undefined };
  }
}
