import { createHash, verify as verifySignature } from 'node:crypto';
import * as z from 'zod';
import type { Change } from '../../domain/change.ts';
import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { applyMapping } from '../../domain/mapping.ts';
import type { Delivery, RawRequest, Verification, WebhookSource } from '../contract-deliveries.ts';
import { jsonOf } from '../delivered-json.ts';
import { type Config, publicKeyOf, type Secret } from './config.ts';
import { eventMapping, eventRecord, RECIPIENT, recipientMapping, withGroups } from './recipient.ts';

/**
 * SendGrid tries for 24 hours, and does not say whether it signs anew. Younger deliveries that somebody repeats change
 * nothing: each event has an id of its own.
 */
const MOST_AGE_MS = 25 * 3_600_000;
/** Deliveries were seen of some thousand events; no document limits them. */
const MOST_EVENTS = 20_000;

/** Events that are not about a person's doing: on its way, not yet through, and of the account itself. */
const PASSED_OVER: ReadonlySet<unknown> = new Set(['processed', 'deferred', 'account_status_change']);

const body = z.array(z.unknown()).max(MOST_EVENTS);

/** The Event Webhook, signed. Each event is the act itself; some say how the person stands from then on. */
export const webhook: WebhookSource<Config, Secret> = { proof: 'public-key', tells: [RECIPIENT], verify, parse };

function verify(request: RawRequest, _config: Config, secret: Secret, now: Date): Verification {
  const signature = request.headers['x-twilio-email-event-webhook-signature'];
  const timestamp = request.headers['x-twilio-email-event-webhook-timestamp'];
  const key = secret.webhook_public_key;
  if (!signature || !timestamp || key === undefined) return { ok: false, reason: 'missing-proof' };
  // ECDSA over P-256 and SHA-256, of the time as the header writes it and the raw body ("Event Webhook Security Features").
  const signed = Buffer.concat([Buffer.from(timestamp, 'utf8'), request.body]);
  if (!verifySignature('sha256', signed, publicKeyOf(key), Buffer.from(signature, 'base64'))) {
    return { ok: false, reason: 'bad-proof' };
  }
  const age = Math.abs(now.getTime() - Number(timestamp) * 1_000);
  // A time that is no number has no age, and no comparison with that is true.
  return age <= MOST_AGE_MS ? { ok: true } : { ok: false, reason: 'stale' };
}

function parse(request: RawRequest, connection: string, config: Config): readonly Delivery[] {
  const events = readEvents(request.body);
  if (events === undefined) {
    throw new TributaryError(
      'rejected',
      'sendgrid/unreadable-delivery',
      `a webhook delivery could not be read: expected a list of at most ${MOST_EVENTS} events`,
    );
  }
  const mapping = withGroups(recipientMapping, config);
  const deliveries = new Map<string, Delivery>();
  for (const event of events) {
    if (isJsonObject(event) && PASSED_OVER.has(event.event)) continue;
    for (const one of deliveriesOf(event, connection, mapping)) deliveries.set(one.deliveryId, one);
  }
  return [...deliveries.values()];
}

function deliveriesOf(event: unknown, connection: string, mapping: typeof recipientMapping): readonly Delivery[] {
  const parsed = eventRecord.safeParse(event);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const reason = issue === undefined ? 'unreadable' : `${issue.path.join('.') || 'event'}: ${issue.message}`;
    return [refused(event, 'sendgrid/bad-event', reason)];
  }
  const act = applyMapping(eventMapping, connection, parsed.data);
  if (!act.ok) return [refused(event, act.rejection.code, act.rejection.reason)];
  const deliveryId = `sendgrid:${String(parsed.data.sg_event_id)}`;
  const stands = standing(parsed.data, connection, mapping);
  return [
    { deliveryId, change: act.change },
    ...(stands === undefined ? [] : [{ deliveryId: `${deliveryId}:standing`, change: stands }]),
  ];
}

/** What an event says of consent; most say nothing. */
function standing(event: JsonObject, connection: string, mapping: typeof recipientMapping): Change | undefined {
  // An event that does not change how somebody stands must not take away what an earlier one said.
  const { state, ...rest } = event;
  const mapped = applyMapping(mapping, connection, state === null ? rest : event);
  if (!mapped.ok || mapped.change.kind !== 'profile') return undefined;
  return (mapped.change.consent ?? []).length === 0 ? undefined : mapped.change;
}

function readEvents(sent: Uint8Array): readonly unknown[] | undefined {
  return body.safeParse(jsonOf(sent)).data;
}

/** Kept as it was delivered, under a name that the same event always has. The digest names nobody. */
function refused(event: unknown, code: string, reason: string): Delivery {
  const digest = createHash('sha256').update(JSON.stringify(event)).digest('hex').slice(0, 32);
  return { deliveryId: `sendgrid:${digest}`, rejection: { code, reason, record: event } };
}
