import { createHash } from 'node:crypto';
import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { macOf, sameText } from '../../domain/signed-message.ts';
import type { Delivery, RawRequest, Verification, WebhookAnswer, WebhookSource } from '../contract-deliveries.ts';
import { jsonOf } from '../delivered-json.ts';
import { surveyId } from './answers.ts';
import type { Config, Secret } from './config.ts';

/** Events of which the response is read again: it is completed, changed, or not there any more. */
const TOLD: ReadonlySet<string> = new Set(['response_completed', 'response_updated', 'response_deleted']);

const event = z.looseObject({
  event_type: z.string().min(1),
  event_id: z.string().min(1),
  object_type: z.literal('response'),
  object_id: surveyId,
  resources: z.looseObject({ survey_id: surveyId }),
});

/** A callback names a response and holds none of its answers. Signed with the id and the secret of the app. */
export const webhook: WebhookSource<Config, Secret> = { proof: 'hmac', verify, handshake, parse };

function verify({ method, headers, body }: RawRequest, _config: Config, secret: Secret): Verification {
  // The check of the address shows nothing, and is told nothing.
  if (method === 'HEAD') return { ok: true };
  const given = headers['sm-signature'];
  if (!given || secret.client_id === undefined || secret.client_secret === undefined) {
    return { ok: false, reason: 'missing-proof' };
  }
  const key = `${secret.client_id}&${secret.client_secret}`;
  const wanted = macOf({ algorithm: 'sha1', encoding: 'base64' }, key, [body]);
  return sameText(given, wanted) ? { ok: true } : { ok: false, reason: 'bad-proof' };
}

/** Before a webhook is made there, its address must answer HEAD with 200. */
function handshake({ method }: RawRequest): WebhookAnswer | undefined {
  return method === 'HEAD' ? { status: 200, body: '' } : undefined;
}

function parse({ body: sent }: RawRequest, _connection: string, config: Config): readonly Delivery[] {
  const body = readBody(sent);
  // Of collectors and surveys other events come to one address; they are no responses.
  if (typeof body.event_type === 'string' && body.event_type !== '' && !TOLD.has(body.event_type)) return [];
  const parsed = event.safeParse(body);
  if (!parsed.success) return [unknown(body, parsed.error.issues)];
  const { event_type, event_id, object_id, resources } = parsed.data;
  if (resources.survey_id !== config.survey) return [];
  return [
    {
      deliveryId: `surveymonkey:${event_type}:${event_id}:${object_id}`,
      hint: { stream: 'responses', ids: [object_id] },
    },
  ];
}

/** Its content type is one of the vendor's own, so the body is read whatever that says. */
function readBody(sent: Uint8Array): JsonObject {
  const parsed = jsonOf(sent);
  if (isJsonObject(parsed)) return parsed;
  const says = 'a webhook delivery could not be read: expected an event as a JSON object';
  throw new TributaryError('rejected', 'surveymonkey/unreadable-delivery', says);
}

/** Kept as it was delivered, under a name that the same body always has. */
function unknown(
  body: JsonObject,
  [issue]: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): Delivery {
  const digest = createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 32);
  const reason = `${issue?.path.map(String).join('.') || 'body'}: ${issue?.message ?? 'unreadable'}`;
  const rejection = { code: 'surveymonkey/unknown-delivery', reason, record: body };
  return { deliveryId: `surveymonkey:${digest}`, rejection };
}
