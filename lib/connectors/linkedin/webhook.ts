import { createHash } from 'node:crypto';
import * as z from 'zod';
import { TributaryError } from '../../domain/errors.ts';
import { applyMapping } from '../../domain/mapping.ts';
import { macOf, sameText } from '../../domain/signed-message.ts';
import type { Delivery, RawRequest, Verification, WebhookAnswer, WebhookSource } from '../contract-deliveries.ts';
import { jsonOf } from '../delivered-json.ts';
import { epochMs } from '../epoch.ts';
import type { Config, Secret } from './config.ts';
import { formIn, LEAD } from './lead.ts';
import { isSomebodys, socialAction, socialActionMapping } from './social-action.ts';

/** LinkedIn sends ten at once; more than this is not its doing. */
const MOST_NOTIFICATIONS = 100;

const missing = { ok: false, reason: 'missing-proof' } as const;
const wrong = { ok: false, reason: 'bad-proof' } as const;

const leadAction = z.looseObject({
  type: z.literal('LEAD_ACTION'),
  leadGenFormResponse: z.string().regex(/^urn:li:leadGenFormResponse:[\w-]{1,100}$/, 'expected the URN of a lead'),
  leadGenForm: z.string().nullish(),
  owner: z.looseObject({ sponsoredAccount: z.string().nullish() }).nullish(),
  leadAction: z.enum(['CREATED', 'DELETED']),
  occurredAt: epochMs,
});

const notifications = z.looseObject({
  type: z.literal('ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS'),
  notifications: z
    .array(z.looseObject({ notificationId: z.union([z.int(), z.string().min(1)]) }))
    .max(MOST_NOTIFICATIONS),
});

/**
 * What people did with posts, told whole, and leads by their ids, which are read again. Signed with the app's secret over
 * the raw body and a prefix that stands in no header.
 */
export const webhook: WebhookSource<Config, Secret> = { proof: 'hmac', verify, handshake, parse };

function verify({ method, query, headers, body }: RawRequest, config: Config, secret: Secret): Verification {
  if (secret.client_secret === undefined) return missing;
  // A check of the URL proves nothing about who asks: the answer proves to LinkedIn who we are.
  if (method === 'GET') return query.challengeCode ? { ok: true } : missing;
  const signature = headers['x-li-signature'];
  if (!signature) return config.unsigned_lead_notifications && isLeadAction(body) ? { ok: true } : missing;
  return sameText(signature, signed(secret.client_secret, ['hmacsha256=', body])) ? { ok: true } : wrong;
}

/** Reports differ on whether notifications of leads are signed. They only name a lead, which is then read from LinkedIn. */
function isLeadAction(body: Uint8Array): boolean {
  return leadAction.safeParse(jsonOf(body)).success;
}

/**
 * Whoever asks gets what they name signed with the secret that proves deliveries: so nothing is signed but a UUID, which no
 * delivery can look like.
 */
function handshake({ method, query }: RawRequest, _config: Config, secret: Secret): WebhookAnswer | undefined {
  if (method !== 'GET') return undefined;
  const { challengeCode = '' } = query;
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(challengeCode) || secret.client_secret === undefined) {
    return { status: 400, body: 'expected challengeCode, a UUID', contentType: 'text/plain' };
  }
  const challengeResponse = signed(secret.client_secret, [challengeCode]);
  return { status: 200, body: JSON.stringify({ challengeCode, challengeResponse }), contentType: 'application/json' };
}

function signed(secret: string, parts: readonly (Uint8Array | string)[]): string {
  return macOf({ algorithm: 'sha256', encoding: 'hex' }, secret, parts);
}

function parse({ body, headers }: RawRequest, connection: string, config: Config): readonly Delivery[] {
  const told = jsonOf(body);
  const lead = leadAction.safeParse(told);
  if (lead.success) return readLead(lead.data, connection, config, headers['x-li-signature'] !== undefined);
  const social = notifications.safeParse(told);
  if (!social.success) throw unreadable();
  const mine = `urn:li:organization:${config.organization}`;
  // One address takes the notifications of all pages of an app: those of others are theirs.
  const own = social.data.notifications.filter((one) => one.organizationalEntity === mine && isSomebodys(one));
  const deliveries = own.map((one) => readSocialAction(one, connection));
  return [...new Map(deliveries.map((one) => [one.deliveryId, one])).values()];
}

function readLead(
  told: z.infer<typeof leadAction>,
  connection: string,
  { ad_account, forms }: Config,
  isProven: boolean,
): readonly Delivery[] {
  const { leadGenFormResponse, leadGenForm, owner, occurredAt } = told;
  const form = formIn(leadGenForm);
  if (owner?.sponsoredAccount !== `urn:li:sponsoredAccount:${ad_account}`) return [];
  if (forms !== undefined && form !== undefined && !forms.includes(form)) return [];
  const id = leadGenFormResponse.slice('urn:li:leadGenFormResponse:'.length);
  const isGone = told.leadAction === 'DELETED';
  // Until it is seen whether the lead is still there, nobody is added anywhere because of it.
  const withdraws = isGone && isProven ? { withdraws: [`${connection}:${LEAD}:${id}`] } : {};
  const deliveryId = `linkedin:lead:${id}:${told.leadAction.toLowerCase()}:${occurredAt}`;
  return [{ deliveryId, hint: { stream: 'leads', ids: [id], ...withdraws } }];
}

function readSocialAction(told: { readonly notificationId: number | string }, connection: string): Delivery {
  const deliveryId = `linkedin:action:${told.notificationId}`;
  const parsed = socialAction.safeParse(told);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const reason = `a social action: ${issue?.path.join('.') || 'notification'}: ${issue?.message ?? 'unreadable'}`;
    const digest = createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 32);
    return {
      deliveryId: `linkedin:${digest}`,
      rejection: { code: 'linkedin/unknown-delivery', reason, record: told },
    };
  }
  const mapped = applyMapping(socialActionMapping, connection, parsed.data);
  return mapped.ok
    ? { deliveryId, change: mapped.change }
    : { deliveryId, rejection: { ...mapped.rejection, record: told } };
}

function unreadable(): TributaryError {
  const says = `a webhook delivery could not be read: expected LEAD_ACTION, or up to ${MOST_NOTIFICATIONS} social actions with ids`;
  return new TributaryError('rejected', 'linkedin/unreadable-delivery', says);
}
