import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import { valueAt } from '../../domain/mapping.ts';
import type { Delivery, RawRequest, Verification, WebhookSource } from '../contract-deliveries.ts';
import { jsonOf } from '../delivered-json.ts';
import type { Config, Secret } from './config.ts';
import { profileId } from './profile.ts';

/**
 * Klaviyo does not say whether a delivery that it sends again has a new time. Older ones are refused; younger ones that
 * somebody repeats make a profile be read once more, and no worse.
 */
const MOST_AGE_MS = 60 * 60_000;
const MOST_EVENTS = 1_000;

/** Topics by which somebody takes back what they had agreed to. Their full names are listed by each account only. */
const WITHDRAWAL = /unsubscrib|spam|opt_?out|suppress|revok/i;

const body = z.object({
  data: z
    .array(
      z.looseObject({
        topic: z.string().min(1),
        external_id: z.coerce.string().optional(),
        payload: z.looseObject({}),
      }),
    )
    .min(1)
    .max(MOST_EVENTS),
});

type Event = z.infer<typeof body>['data'][number];

/**
 * System webhooks, which Klaviyo signs. Their payloads depend on the topic and are known from examples only, so they only
 * say whose profile to read again; who unsubscribed is added nowhere until that is done.
 */
export const webhook: WebhookSource<Config, Secret> = { proof: 'hmac', verify, parse };

function verify(request: RawRequest, _config: Config, secret: Secret, now: Date): Verification {
  const signature = request.headers['klaviyo-signature'];
  const timestamp = request.headers['klaviyo-timestamp'];
  const key = secret.webhook_secret;
  if (!signature || !timestamp || key === undefined) return { ok: false, reason: 'missing-proof' };
  if (!sameText(signature.toLowerCase(), signatureOf(key, request.body, timestamp))) {
    return { ok: false, reason: 'bad-proof' };
  }
  const at = instantOf(timestamp);
  return at !== undefined && Math.abs(now.getTime() - at) <= MOST_AGE_MS
    ? { ok: true }
    : { ok: false, reason: 'stale' };
}

/** hex(HMAC-SHA256(secret key, body + time)), over the time as the header writes it (Klaviyo, "Working with system webhooks"). */
function signatureOf(key: string, sent: Uint8Array, timestamp: string): string {
  return createHmac('sha256', key).update(sent).update(timestamp).digest('hex');
}

/** Seen as HTTP date and as ISO 8601; a bare number can only be seconds or milliseconds. */
function instantOf(timestamp: string): number | undefined {
  const number = Number(timestamp);
  if (Number.isFinite(number)) return number < 1e11 ? number * 1_000 : number;
  const at = Date.parse(timestamp);
  return Number.isNaN(at) ? undefined : at;
}

function parse(request: RawRequest, connection: string): readonly Delivery[] {
  const events = readEvents(request.body);
  if (events === undefined) {
    throw new TributaryError(
      'rejected',
      'klaviyo/unreadable-delivery',
      `a webhook delivery could not be read: expected data, a list of 1 to ${MOST_EVENTS} events`,
    );
  }
  const deliveries = new Map<string, Delivery>();
  for (const event of events) {
    const ids = profilesIn(event);
    // A topic that tells of nobody gives nothing to read again.
    if (ids.length === 0) continue;
    const hint = { stream: 'profiles', ids };
    const withdraws = ids.map((id) => `${connection}:profile:${id}`);
    const deliveryId = deliveryIdOf(event);
    deliveries.set(deliveryId, {
      deliveryId,
      hint: WITHDRAWAL.test(event.topic) ? { ...hint, withdraws } : hint,
    });
  }
  return [...deliveries.values()];
}

/** The profile that an event belongs to, wherever the payload names it: as a relationship, or beside the event. */
function profilesIn({ payload }: Event): string[] {
  const { included } = payload;
  const beside = (Array.isArray(included) ? included : []).filter((one) => valueAt(one, 'type') === 'profile');
  const told = [
    valueAt(payload, 'data.relationships.profile.data.id'),
    ...(valueAt(payload, 'data.type') === 'profile' ? [valueAt(payload, 'data.id')] : []),
    ...beside.map((one) => valueAt(one, 'id')),
  ];
  return [...new Set(told.flatMap((id) => profileId.safeParse(id).data ?? []))];
}

function readEvents(sent: Uint8Array): readonly Event[] | undefined {
  return body.safeParse(jsonOf(sent)).data?.data;
}

/** What happened names itself, whatever `external_id` turns out to be. The digest names nobody. */
function deliveryIdOf({ topic, external_id, payload }: Event): string {
  const parts = [topic, external_id, payload];
  return `klaviyo:${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`;
}

/** Compares in a time that tells nothing of where two texts differ. */
function sameText(given: string, wanted: string): boolean {
  const [one, other] = [given, wanted].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}
