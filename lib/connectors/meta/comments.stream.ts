import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { applyMappings, valueAt } from '../../domain/mapping.ts';
import type { ReadOptions } from '../contract.ts';
import { defineStream, type RecordPage } from '../define.ts';
import { metaId } from './answers.ts';
import type { MetaApi } from './client.ts';
import { commentMapping, isSomebodys, mentionMapping, mentionOf, postOf, writtenAt, writtenRecord } from './comment.ts';
import { lookbackMs } from './config.ts';
import { beginning, type Cursor, cursor } from './cursor.ts';
import { isNotFound } from './errors.ts';
import { placesOf } from './places.ts';
import { walk } from './walk.ts';

/** Comments on the page's posts and the Instagram account's media, by what people wrote and when. */
export const comments = defineStream<MetaApi, JsonObject, Cursor>({
  name: 'comments',
  record: writtenRecord,
  cursor,
  mappings: { comment: commentMapping, mention: mentionMapping },
  changesOf: (record, connection) =>
    applyMappings(['mention' in record ? mentionMapping : commentMapping], connection, record),
  async *read(api, from, options) {
    const steps = walk((window) => placesOf(api, window, options), from, {
      ...options,
      lookbackMs: lookbackMs(api.config),
      instantOf: writtenAt,
    });
    for await (const { records, checkpoint } of steps) {
      yield { mapping: 'comment', records: records.filter(isSomebodys), checkpoint };
    }
  },
  reread,
});

/**
 * Reads single comments, by `facebook:<id>` and `instagram:<id>`, and mentions on Instagram, which cannot be listed, by
 * `mentioned_comment:<id>` and `mentioned_media:<id>`. One that is gone tells nothing: that somebody wrote it
 * remains, as with any activity.
 */
async function reread(api: MetaApi, wanted: readonly string[], _options: ReadOptions): Promise<RecordPage<Cursor>> {
  const records: unknown[] = [];
  for (const name of new Set(wanted)) {
    const found = await readOne(api, name);
    if (found !== undefined) records.push(found);
  }
  return { mapping: 'comment', records: records.filter(isSomebodys), checkpoint: beginning };
}

async function readOne(api: MetaApi, name: string): Promise<unknown> {
  const [network, id = ''] = name.split(':');
  if (!metaId.safeParse(id).success) return undefined;
  try {
    if (network === 'facebook') {
      const scope = api.page();
      return { ...(await api.comment(id)), network, scope, post_id: postOf(id, scope) ?? null };
    }
    const scope = api.config.instagram;
    if (scope === undefined) return undefined;
    if (network === 'mentioned_comment' || network === 'mentioned_media') {
      const kind = network === 'mentioned_comment' ? 'comment' : 'media';
      return mentionOf(kind, scope, await api.instagramMention(scope, kind, id));
    }
    if (network !== 'instagram') return undefined;
    const comment = await api.instagramComment(id);
    const medium = isJsonObject(comment) ? valueAt(comment, 'media.id') : undefined;
    return { ...comment, network, scope, post_id: medium ?? null };
  } catch (thrown) {
    if (!isNotFound(thrown)) throw thrown;
    return undefined;
  }
}
