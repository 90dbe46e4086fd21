import * as z from 'zod';
import { formatInstant } from '../../domain/instant.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { type Mapping, valueAt } from '../../domain/mapping.ts';
import type { Schema } from '../contract.ts';
import { epochMs } from '../epoch.ts';
import { idIn } from './restli.ts';

/** How long LinkedIn lets notifications be pulled (Organization Social Action Notifications). */
export const ACTIONS_KEPT_MS = 60 * 86_400_000;

const names = {
  COMMENT: 'Comment Posted',
  LIKE: 'Post Liked',
  SHARE: 'Post Shared',
  SHARE_MENTION: 'Mention Posted',
} as const;

/**
 * Actions that are somebody's own. What admins write is the company's; an edited comment stays as it was first told, and a
 * deleted one was written all the same.
 */
export const ACTIONS = Object.keys(names) as readonly (keyof typeof names)[];

const urn = z.string().startsWith('urn:li:');
const decorated = z.looseObject({
  entity: z.string().nullish(),
  owner: z.string().nullish(),
  text: z.string().nullish(),
});

/** A notification as a delivery and a listing tell it alike. */
export const socialAction = z
  .looseObject({
    notificationId: z.union([z.int(), z.string().min(1)]),
    action: z.enum(ACTIONS),
    lastModifiedAt: epochMs,
    sourcePost: urn.nullish(),
    generatedActivity: z.string().nullish(),
    decoratedGeneratedActivity: z.looseObject({ comment: decorated.nullish(), share: decorated.nullish() }).nullish(),
  })
  .transform((told, context) => {
    const { action, generatedActivity, sourcePost, decoratedGeneratedActivity: made } = told;
    const person = personIn(told);
    const what = made?.comment ?? made?.share;
    const object = idOfObject(what?.entity ?? generatedActivity) ?? idOfObject(sourcePost);
    if (person === undefined || object === undefined) {
      context.addIssue('expected a person, and what they wrote, shared or liked');
      return z.NEVER;
    }
    return {
      ...told,
      person,
      object,
      act: `${action.toLowerCase().replaceAll('_', '-')}-${object}-${person}`,
      at: formatInstant(told.lastModifiedAt),
      said: what?.text ?? null,
      comment: action === 'COMMENT' ? (generatedActivity ?? null) : null,
    };
  }) as unknown as Schema<JsonObject>;

/** Names and addresses are not told. The id is the app's own: the same person has another in each app. */
export const socialActionMapping: Mapping = {
  version: 1,
  object: 'person',
  subject: 'person',
  id: ['person'],
  at: ['at'],
  identifiers: [{ type: 'linkedin.scoped_id', from: 'person' }],
  activity: {
    id: ['act'],
    name: { from: 'action', names },
    properties: {
      network: { literal: 'linkedin' },
      text: { from: 'said', as: 'string' },
      post_id: { from: 'sourcePost', as: 'string' },
      comment_id: { from: 'comment', as: 'string' },
    },
  },
};

/** Who did it: the owner of what was made, or the person that a like's own URN names. Undefined: nobody, or a company. */
function personIn(told: unknown): string | undefined {
  for (const path of ['decoratedGeneratedActivity.comment.owner', 'decoratedGeneratedActivity.share.owner']) {
    const person = idIn(valueAt(told, path), 'person');
    if (person !== undefined) return person;
  }
  const made = isJsonObject(told) ? told.generatedActivity : undefined;
  const like = typeof made === 'string' ? /^urn:li:like:\((urn:li:person:[\w-]+),/.exec(made) : null;
  return idIn(like?.[1], 'person');
}

/** The last number of a URN. URNs of comments are written in more than one way, with the same number last. */
function idOfObject(text: string | null | undefined): string | undefined {
  return /(\d{1,30})\)*$/.exec(text ?? '')?.[1];
}

/** Whether a notification is of something that a person did whom LinkedIn names; what is no record at all is for quarantine. */
export function isSomebodys(told: unknown): boolean {
  if (!isJsonObject(told)) return true;
  return ACTIONS.some((one) => one === told.action) && personIn(told) !== undefined;
}
