import { createHash } from 'node:crypto';
import type { JsonObject } from '../../domain/json.ts';
import type { Delivery, RawRequest, WebhookSource } from '../contract-deliveries.ts';
import { RESPONSE } from '../response-mapping.ts';
import { readBody } from './body.ts';
import type { Config, Secret } from './config.ts';
import { mapResponse } from './map-response.ts';
import { presets } from './presets.ts';
import { prove } from './proof.ts';

/** The delivery is the data: what a response says of the person, and that it was given. Nothing can be read again. */
export const webhook: WebhookSource<Config, Secret> = {
  proof: 'hmac',
  tells: [RESPONSE],
  verify: prove,
  parse,
};

function parse(request: RawRequest, connection: string, config: Config): readonly Delivery[] {
  const body = readBody(request);
  const told = presets[config.preset].read(body, request, config);
  if (told.is === 'other') return [];
  if (told.is === 'unknown') return [refused(body, 'forms/unknown-delivery', told.reason)];
  const mapped = mapResponse(config, connection, told.record);
  if (!mapped.ok) return [refused(body, mapped.rejection.code, mapped.rejection.reason)];
  return mapped.changes.map((change) => {
    const id = change.kind === 'activity' ? change.id : change.kind === 'account' ? change.account : change.fragment;
    return { deliveryId: `forms:${change.kind}:${id}`, change };
  });
}

/** Kept as it was delivered, under a name that the same body always has. */
function refused(body: JsonObject, code: string, reason: string): Delivery {
  const digest = createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 32);
  return { deliveryId: `forms:${digest}`, rejection: { code, reason, record: body } };
}
