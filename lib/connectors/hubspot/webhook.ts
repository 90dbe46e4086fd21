import { createHash, createHmac } from 'node:crypto';
import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import { sameText } from '../../domain/signed-message.ts';
import type { Delivery, RawRequest, Verification, WebhookSource } from '../contract-deliveries.ts';
import { jsonOf } from '../delivered-json.ts';
import type { Config, Secret } from './config.ts';

/** Older requests are refused, whatever their signature (developer documentation, "Validating requests", 2026-08). */
const MOST_AGE_MS = 5 * 60_000;
/** "Up to 100 events" in one request; some more would do no harm. */
const MOST_EVENTS = 1_000;

/** Streams by what HubSpot calls their records: in types of events, in ids of types, and in kinds of associations. */
const streams: Readonly<Record<string, string>> = {
  contact: 'contacts',
  company: 'companies',
  deal: 'deals',
  '0-1': 'contacts',
  '0-2': 'companies',
  '0-3': 'deals',
};

/** A contact's word that nothing more is wanted: of everything, or of one kind of mail. */
const OPT_OUT = /^hs_email_optout(?:_\d+)?$/;

const recordNumber = z.coerce.string().regex(/^\d+$/);

const event = z.looseObject({
  subscriptionType: z.string().optional(),
  eventType: z.string().optional(),
  subscriptionId: z.coerce.string().optional(),
  objectTypeId: z.string().optional(),
  objectId: recordNumber.optional(),
  occurredAt: z.number().optional(),
  propertyName: z.string().optional(),
  propertyValue: z.unknown().optional(),
  primaryObjectId: recordNumber.optional(),
  newObjectId: recordNumber.optional(),
  mergedObjectIds: z.array(recordNumber).optional(),
  associationType: z.string().optional(),
  fromObjectId: recordNumber.optional(),
  toObjectId: recordNumber.optional(),
});

type Event = z.infer<typeof event>;

/**
 * Signed by HubSpot (version 3). Events come unordered, more than once, and tell one property each, so they only say which
 * records to read again; who opted out or was deleted by law is added nowhere until that is done.
 */
export const webhook: WebhookSource<Config, Secret> = { proof: 'hmac', verify, parse };

function verify(request: RawRequest, config: Config, secret: Secret, now: Date): Verification {
  const signature = request.headers['x-hubspot-signature-v3'];
  const timestamp = request.headers['x-hubspot-request-timestamp'];
  const key = secret.client_secret;
  if (!signature || !timestamp || key === undefined) return { ok: false, reason: 'missing-proof' };
  const genuine = urlsOf(request, config).some((url) =>
    sameText(signature, signatureOf(key, request.method, url, request.body, timestamp)),
  );
  if (!genuine) return { ok: false, reason: 'bad-proof' };
  const age = Math.abs(now.getTime() - Number(timestamp));
  return age <= MOST_AGE_MS ? { ok: true } : { ok: false, reason: 'stale' };
}

/** base64(HMAC-SHA256(client secret, method + URL + body + timestamp)). */
export function signatureOf(key: string, method: string, url: string, body: Uint8Array, timestamp: string): string {
  return createHmac('sha256', key)
    .update(method + url)
    .update(body)
    .update(timestamp)
    .digest('base64');
}

/**
 * The URLs that HubSpot may have signed: as the connection says, else as the request came. Only a client of ours that
 * listens without TLS, the stage, is called by http; trying both costs nothing, for each needs the secret.
 */
function urlsOf(request: RawRequest, { webhook_url }: Config): readonly string[] {
  if (webhook_url !== undefined) return [webhook_url];
  const query = Object.entries(request.query).map(([name, value]) => `${name}=${value}`);
  const rest = `${request.headers.host ?? ''}${request.path}${query.length === 0 ? '' : `?${query.join('&')}`}`;
  return [`https://${rest}`, `http://${rest}`];
}

function parse(request: RawRequest, connection: string): readonly Delivery[] {
  const events = readEvents(request.body);
  if (events === undefined) {
    throw new TributaryError(
      'rejected',
      'hubspot/unreadable-delivery',
      `a webhook delivery could not be read: expected a JSON list of 1 to ${MOST_EVENTS} events`,
    );
  }
  const deliveries = new Map<string, Delivery>();
  for (const one of events) {
    const hint = hintOf(one, connection);
    // An app may subscribe to more than we read; there is nothing to read again then.
    if (hint === undefined) continue;
    const deliveryId = deliveryIdOf(one);
    deliveries.set(deliveryId, { deliveryId, hint });
  }
  return [...deliveries.values()];
}

function hintOf(one: Event, connection: string): Extract<Delivery, { hint: unknown }>['hint'] | undefined {
  const [object = '', what = ''] = (one.subscriptionType ?? one.eventType ?? '').split('.');
  if (what === 'associationChange') return associationOf(one);
  const stream = streamOf(object === 'object' ? one.objectTypeId : object);
  if (stream === undefined) return undefined;
  // A merge leaves one record, sometimes under a new id; what was under the others' ids is gone.
  const told = [one.objectId, one.primaryObjectId, one.newObjectId, ...(one.mergedObjectIds ?? [])];
  const ids = [...new Set(told.filter((id) => id !== undefined))];
  if (ids.length === 0) return undefined;
  if (stream !== 'contacts' || !withdraws(what, one)) return { stream, ids };
  return { stream, ids, withdraws: ids.map((id) => `${connection}:contact:${id}`) };
}

/** `CONTACT_TO_COMPANY` from a contact to a company; each event comes in both directions. */
function associationOf(one: Event): { readonly stream: string; readonly ids: readonly string[] } | undefined {
  const [from, to] = (one.associationType ?? '').toLowerCase().split('_to_');
  const pairs = [
    [from, to, one.fromObjectId],
    [to, from, one.toObjectId],
  ] as const;
  for (const [own, other, id] of pairs) {
    const belongs = (own === 'contact' && other === 'company') || (own === 'deal' && other === 'contact');
    const stream = streamOf(own);
    if (belongs && id !== undefined && stream !== undefined) return { stream, ids: [id] };
  }
  return undefined;
}

/** Own names only: an event could be called like what every object inherits. */
function streamOf(record = ''): string | undefined {
  return Object.hasOwn(streams, record) ? streams[record] : undefined;
}

function withdraws(what: string, { propertyName, propertyValue }: Event): boolean {
  if (what === 'privacyDeletion') return true;
  return what === 'propertyChange' && OPT_OUT.test(propertyName ?? '') && String(propertyValue) === 'true';
}

function readEvents(body: Uint8Array): readonly Event[] | undefined {
  return z.array(event).min(1).max(MOST_EVENTS).safeParse(jsonOf(body)).data;
}

/** `eventId` is not unique, so what happened names itself. The digest names nobody. */
function deliveryIdOf(one: Event): string {
  const parts = [
    one.subscriptionType ?? one.eventType,
    one.subscriptionId,
    one.objectId,
    one.occurredAt,
    one.propertyName,
    one.propertyValue,
    one.primaryObjectId,
    one.mergedObjectIds,
    one.fromObjectId,
    one.toObjectId,
  ];
  return `hubspot:${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`;
}
