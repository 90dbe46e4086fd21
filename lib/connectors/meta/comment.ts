import { createHash } from 'node:crypto';
import * as z from 'zod';
import { formatInstant, parseInstant } from '../../domain/instant.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { Mapping } from '../../domain/mapping.ts';
import type { Schema } from '../contract.ts';
import { epochSeconds } from '../epoch.ts';
import { type mention, metaId } from './answers.ts';

const text = z.string().nullish();
const instant = z.string().refine((at) => parseInstant(at) !== undefined, 'expected an instant');

const common = {
  id: metaId,
  /** Of the page or the Instagram account under which the author has this id, and no other. */
  scope: metaId,
  post_id: metaId.nullish(),
  from: z.looseObject({ id: metaId, name: text, username: text }),
};

/** A comment as either network tells it, with the network and the scope that it was found under. */
export const commentRecord = z
  .discriminatedUnion('network', [
    z.looseObject({
      ...common,
      network: z.literal('facebook'),
      created_time: instant,
      message: text,
      parent: z.looseObject({ id: metaId }).nullish(),
    }),
    z.looseObject({
      ...common,
      network: z.literal('instagram'),
      timestamp: instant,
      text,
      parent_id: metaId.nullish(),
    }),
  ])
  .transform((told) => {
    const { network, scope, from } = told;
    const scoped = `${scope}:${from.id}`;
    const common = { ...told, person: `${scope}-${from.id}`, author: from.name ?? from.username ?? null };
    if (network === 'facebook') {
      const parent = told.parent?.id ?? null;
      return { ...common, at: told.created_time, said: told.message ?? null, parent, facebook: scoped };
    }
    return {
      ...common,
      at: told.timestamp,
      said: told.text ?? null,
      parent: told.parent_id ?? null,
      instagram: scoped,
    };
  }) as unknown as Schema<JsonObject>;

const source = { version: 1, object: 'person', subject: 'person', id: ['person'], at: ['at'] } as const;
const identifiers = [
  { type: 'facebook.scoped_id', from: 'facebook' },
  { type: 'instagram.scoped_id', from: 'instagram' },
];
const properties = {
  network: { from: 'network', as: 'string' },
  text: { from: 'said', as: 'string' },
  author: { from: 'author', as: 'string' },
  post_id: { from: 'post_id', as: 'string' },
  comment_id: { from: 'id', as: 'string' },
  parent_id: { from: 'parent', as: 'string' },
} as const;

/** Ids of people are good for one page or account: the same person has another under each. */
export const commentMapping: Mapping = {
  ...source,
  identifiers,
  activity: { id: ['id'], name: 'Comment Posted', properties },
};

const { parent_id: _, ...ofMention } = properties;

/** Somebody names the page somewhere else. */
export const mentionMapping: Mapping = {
  ...source,
  identifiers,
  activity: { id: ['mention'], name: 'Mention Posted', properties: ofMention },
};

/** A mention as a delivery tells it: without a time of its own, so with that of the delivery. */
export const mentionRecord = z
  .looseObject({
    scope: metaId,
    sender_id: metaId,
    sender_name: text,
    post_id: metaId.nullish(),
    comment_id: metaId.nullish(),
    message: text,
    time: epochSeconds,
  })
  .transform((told, context) => {
    const { scope, sender_id, sender_name, post_id, comment_id, message, time } = told;
    const where = comment_id ?? post_id;
    if (where === null || where === undefined) {
      context.addIssue('expected post_id or comment_id');
      return z.NEVER;
    }
    return {
      network: 'facebook',
      mention: `mention-${where}`,
      person: `${scope}-${sender_id}`,
      facebook: `${scope}:${sender_id}`,
      at: formatInstant(time * 1_000),
      said: message ?? null,
      author: sender_name ?? null,
      post_id: post_id ?? null,
      id: comment_id ?? null,
    };
  }) as unknown as Schema<JsonObject>;

/** A comment or a medium in which the Instagram account is named, as it is asked for by its id. */
export function mentionOf(
  kind: 'comment' | 'media',
  scope: string,
  { id, username, timestamp, text: said, caption, media }: z.infer<typeof mention>,
): JsonObject {
  return {
    network: 'instagram',
    mention: `mention-${id}`,
    scope,
    username: username ?? null,
    timestamp: timestamp ?? null,
    said: (kind === 'comment' ? said : caption) ?? null,
    id: kind === 'comment' ? id : null,
    post_id: kind === 'comment' ? (media?.id ?? null) : id,
  };
}

const mentionedRecord = z
  .looseObject({ scope: metaId, username: z.string(), timestamp: instant })
  .transform((told) => ({
    ...told,
    // Names change hands and are nobody's identifier: what is known of a name stands by itself, and joins nobody.
    person: `${told.scope}-name-${createHash('sha256').update(told.username.toLowerCase()).digest('hex').slice(0, 24)}`,
    author: told.username,
    at: told.timestamp,
  })) as unknown as Schema<JsonObject>;

/** What the stream reads: comments, and mentions on Instagram by their ids. */
export const writtenRecord: Schema<JsonObject> = {
  safeParse: (value) => (isJsonObject(value) && 'mention' in value ? mentionedRecord : commentRecord).safeParse(value),
};

/** When a comment of either network was written. */
export function writtenAt(record: unknown): number | undefined {
  return isJsonObject(record) ? parseInstant(record.created_time ?? record.timestamp) : undefined;
}

/**
 * Whether a comment is somebody's whom Meta names, other than the page or the account itself. Whose it is not told is
 * nobody's act, and what the company answers is none of its customers'.
 */
export function isSomebodys(record: unknown): boolean {
  // What is no record at all is for quarantine.
  if (!isJsonObject(record)) return true;
  const { from, scope } = record;
  if ('mention' in record) return record.username !== null;
  return isJsonObject(from) && from.id !== undefined && from.id !== scope;
}

/** The post that a comment's id begins with, as `post_id` of a delivery writes it; undefined where it does not. */
export function postOf(comment: unknown, page: string): string | undefined {
  if (typeof comment !== 'string' || !comment.includes('_')) return undefined;
  return `${page}_${comment.slice(0, comment.indexOf('_'))}`;
}
