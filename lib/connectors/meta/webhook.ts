import { createHash } from 'node:crypto';
import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { JsonObject } from '../../domain/json.ts';
import { applyMapping, type Mapping } from '../../domain/mapping.ts';
import { macOf, sameText } from '../../domain/signed-message.ts';
import type { Schema } from '../contract.ts';
import type { Delivery, RawRequest, Verification, WebhookAnswer, WebhookSource } from '../contract-deliveries.ts';
import { jsonOf } from '../delivered-json.ts';
import { epochSeconds } from '../epoch.ts';
import { metaId } from './answers.ts';
import { commentMapping, commentRecord, isSomebodys, mentionMapping, mentionRecord } from './comment.ts';
import type { Config, Secret } from './config.ts';

/** Meta sends at most so many updates at once (Graph API, "Webhooks"). */
const MOST_CHANGES = 1_000;
const MOST_CHALLENGE = 200;

const missing = { ok: false, reason: 'missing-proof' } as const;
const wrong = { ok: false, reason: 'bad-proof' } as const;

/** Ids are texts today and were numbers once; a number that JavaScript cannot hold is another id. */
const id = z.union([metaId, z.int().positive().transform(String)]);

const change = z.looseObject({ field: z.string(), value: z.looseObject({}).optional() });

const body = z.object({
  object: z.string(),
  entry: z
    .array(
      z.looseObject({
        id,
        time: z.int().optional(),
        changes: z.array(change).optional(),
        // Some apps get one change spread over the entry itself.
        field: z.string().optional(),
        value: z.looseObject({}).optional(),
      }),
    )
    .max(MOST_CHANGES),
});

/** One change, and whose page or account it is of. */
interface Told {
  readonly of: string;
  /** Seconds since 1970. */
  readonly time: number | undefined;
  readonly value: Readonly<Record<string, unknown>>;
}

type Read = (told: Told, connection: string, config: Config) => Delivery | undefined;

/**
 * Updates of a page and of an Instagram account, signed over the raw body. A lead names only itself, a comment on
 * Instagram does not say when it was written, a mention there not what: all are read again. A comment on the page, and a mention of it, is told whole.
 */
export const webhook: WebhookSource<Config, Secret> = { proof: 'hmac', verify, handshake, parse };

/** A check of the URL shows the token that it was registered with; whatever else comes is signed. */
function verify({ method, query, headers, body: sent }: RawRequest, _config: Config, secret: Secret): Verification {
  if (method === 'GET') {
    const token = query['hub.verify_token'];
    if (query['hub.mode'] !== 'subscribe' || !token || secret.verify_token === undefined) return missing;
    return sameText(token, secret.verify_token) ? { ok: true } : wrong;
  }
  const signature = headers['x-hub-signature-256'];
  if (!signature || secret.app_secret === undefined) return missing;
  const wanted = `sha256=${macOf({ algorithm: 'sha256', encoding: 'hex' }, secret.app_secret, [sent])}`;
  return sameText(signature, wanted) ? { ok: true } : wrong;
}

function handshake({ method, query }: RawRequest): WebhookAnswer | undefined {
  if (method !== 'GET') return undefined;
  const challenge = query['hub.challenge'] ?? '';
  if (!/^[\w.-]+$/.test(challenge) || challenge.length > MOST_CHALLENGE) {
    return { status: 400, body: 'expected hub.challenge', contentType: 'text/plain' };
  }
  return { status: 200, body: challenge, contentType: 'text/plain' };
}

const fields: Readonly<Record<string, Readonly<Record<string, Read>>>> = {
  page: { leadgen: readLead, feed: readFeed, mention: readMention },
  instagram: { comments: readInstagram, live_comments: readInstagram, mentions: readInstagramMention },
};

function parse(request: RawRequest, connection: string, config: Config): readonly Delivery[] {
  const { object, entry } = readBody(request.body);
  const known = Object.hasOwn(fields, object) ? fields[object] : undefined;
  const mine = object === 'instagram' ? config.instagram : config.page;
  const deliveries = new Map<string, Delivery>();
  // One address takes the updates of all pages of an app: those of others are theirs.
  for (const { id: of, time, changes, field, value } of entry.filter((one) => one.id === mine)) {
    for (const one of changes ?? (field === undefined ? [] : [{ field, value }])) {
      const read = Object.hasOwn(known ?? {}, one.field) ? known?.[one.field] : undefined;
      if (read === undefined || one.value === undefined) continue;
      const delivery = read({ of, time, value: one.value }, connection, config);
      if (delivery !== undefined) deliveries.set(delivery.deliveryId, delivery);
    }
  }
  return [...deliveries.values()];
}

function readLead({ value }: Told, _connection: string, config: Config): Delivery | undefined {
  const lead = z.looseObject({ leadgen_id: id, form_id: id.optional() }).safeParse(value);
  if (!lead.success) return unknown('leadgen', value, lead.error.issues);
  const { leadgen_id, form_id } = lead.data;
  if (config.forms !== undefined && form_id !== undefined && !config.forms.includes(form_id)) return undefined;
  return { deliveryId: `meta:lead:${leadgen_id}`, hint: { stream: 'leads', ids: [leadgen_id] } };
}

/** New comments are told whole. Of what was edited the time is not certain, so it is read again. */
function readFeed(told: Told, connection: string): Delivery | undefined {
  const { item, verb } = told.value;
  if (item !== 'comment' || (verb !== 'add' && verb !== 'edited' && verb !== 'edit')) return undefined;
  const { comment_id: comment, created_time: seconds, parent_id: parent, post_id: post } = told.value;
  const named = id.safeParse(comment);
  if (!named.success) return unknown('feed', told.value, named.error.issues);
  const deliveryId = `meta:comment:${named.data}`;
  if (verb !== 'add') {
    const hint = { stream: 'comments', ids: [`facebook:${named.data}`] };
    return { deliveryId: `${deliveryId}:${told.time ?? 'edited'}`, hint };
  }
  const at = epochSeconds.safeParse(seconds);
  const record = {
    network: 'facebook',
    scope: told.of,
    id: named.data,
    from: told.value.from ?? null,
    message: told.value.message ?? null,
    created_time: at.success ? formatInstant(at.data * 1_000) : null,
    post_id: post ?? null,
    // What answers the post itself has the post as its parent here, and none when it is read.
    ...(parent === undefined || parent === post ? {} : { parent: { id: parent } }),
  };
  if (!isSomebodys(record)) return undefined;
  return deliver(deliveryId, 'feed', told.value, connection, commentMapping, commentRecord, record);
}

function readMention(told: Told, connection: string): Delivery | undefined {
  const { comment_id: comment, post_id: post, verb, sender_id: sender } = told.value;
  if (verb !== 'add' || sender === told.of) return undefined;
  const record = { ...told.value, scope: told.of, time: told.time };
  const deliveryId = `meta:mention:${String(comment ?? post)}`;
  return deliver(deliveryId, 'mention', told.value, connection, mentionMapping, mentionRecord, record);
}

function readInstagram({ value }: Told): Delivery | undefined {
  const comment = z.looseObject({ id }).safeParse(value);
  if (!comment.success) return unknown('comments', value, comment.error.issues);
  const { id: named } = comment.data;
  return { deliveryId: `meta:comment:${named}`, hint: { stream: 'comments', ids: [`instagram:${named}`] } };
}

/** Of a mention only where it stands is told; what was written is read, while Meta still has it. */
function readInstagramMention({ value }: Told): Delivery | undefined {
  const told = z.looseObject({ media_id: id, comment_id: id.optional() }).safeParse(value);
  if (!told.success) return unknown('mentions', value, told.error.issues);
  const { media_id, comment_id } = told.data;
  const place = comment_id === undefined ? `mentioned_media:${media_id}` : `mentioned_comment:${comment_id}`;
  return { deliveryId: `meta:${place}`, hint: { stream: 'comments', ids: [place] } };
}

function deliver(
  deliveryId: string,
  field: string,
  value: Told['value'],
  connection: string,
  mapping: Mapping,
  schema: Schema<JsonObject>,
  record: object,
): Delivery {
  const parsed = schema.safeParse(record);
  if (!parsed.success) return unknown(field, value, parsed.error.issues);
  const mapped = applyMapping(mapping, connection, parsed.data);
  return mapped.ok
    ? { deliveryId, change: mapped.change }
    : { deliveryId, rejection: { ...mapped.rejection, record: value } };
}

/** Kept as it was delivered, under a name that the same change always has. */
function unknown(
  field: string,
  value: Told['value'],
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): Delivery {
  const digest = createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
  const [issue] = issues;
  const reason = `a change of ${field}: ${issue?.path.join('.') || 'value'}: ${issue?.message ?? 'unreadable'}`;
  return { deliveryId: `meta:${digest}`, rejection: { code: 'meta/unknown-delivery', reason, record: value } };
}

function readBody(sent: Uint8Array): z.infer<typeof body> {
  const parsed = body.safeParse(jsonOf(sent));
  if (parsed.success) return parsed.data;
  const says = `a webhook delivery could not be read: expected object and entry, a list of up to ${MOST_CHANGES} updates`;
  throw new TributaryError('rejected', 'meta/unreadable-delivery', says);
}
