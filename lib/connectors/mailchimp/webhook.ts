import { createHash, timingSafeEqual } from 'node:crypto';
import { TributaryError } from '../../domain/errors.ts';
import type { Delivery, RawRequest, Verification, WebhookSource } from '../contract-deliveries.ts';
import type { Config, Secret } from './config.ts';
import { memberIdOf } from './member.ts';

/** Which fields of a delivery name members by their address. A type that is not here is about no member. */
const ADDRESS_FIELDS: Readonly<Record<string, readonly string[]>> = {
  subscribe: ['data[email]'],
  unsubscribe: ['data[email]'],
  profile: ['data[email]'],
  cleaned: ['data[email]'],
  upemail: ['data[old_email]', 'data[new_email]'],
  campaign: [],
};

/** Types after which the member must not be added anywhere before they are read again. */
const WITHDRAWALS: ReadonlySet<string> = new Set(['unsubscribe', 'cleaned']);

/**
 * Mailchimp does not sign its webhooks: the proof is a secret in the URL, and what a delivery says is only a hint to
 * read the member again (Mailchimp developer guide "Sync audience data with webhooks").
 */
export const webhook: WebhookSource<Config, Secret> = {
  proof: 'url-secret',
  verify(request, _config, secret) {
    return verifySecret(request, secret);
  },
  handshake(request, _config, secret) {
    if (request.method !== 'GET' && !(request.method === 'POST' && request.body.length === 0)) return undefined;
    const known = verifySecret(request, secret).ok;
    return { status: known ? 200 : 401, body: known ? 'tributary' : '', contentType: 'text/plain' };
  },
  parse,
};

function verifySecret(request: RawRequest, secret: Secret): Verification {
  const given = request.query.secret;
  if (given === undefined || given === '' || secret.webhook_secret === undefined)
    return { ok: false, reason: 'missing-proof' };
  // Digests have one length, so the comparison takes the same time for every guess.
  const same = timingSafeEqual(digest(given), digest(secret.webhook_secret));
  return same ? { ok: true } : { ok: false, reason: 'bad-proof' };
}

function parse(request: RawRequest, connection: string): readonly Delivery[] {
  const form = new URLSearchParams(new TextDecoder().decode(request.body));
  const type = form.get('type');
  const fields = type === null || !Object.hasOwn(ADDRESS_FIELDS, type) ? undefined : ADDRESS_FIELDS[type];
  if (fields === undefined) throw unreadable('a type that Mailchimp documents');
  const addresses = fields.map((field) => form.get(field) ?? '');
  if (addresses.includes('')) throw unreadable(`${fields.join(' and ')} for the type ${type}`);
  if (addresses.length === 0) return [];
  const ids = [...new Set(addresses.map(memberIdOf))];
  const withdraws = WITHDRAWALS.has(type ?? '') ? { withdraws: ids.map((id) => `${connection}:member:${id}`) } : {};
  return [{ deliveryId: deliveryIdOf(form), hint: { stream: 'members', ids, ...withdraws } }];
}

/** Deliveries carry no id. A retry repeats type, time and data; a digest of them names nobody. */
function deliveryIdOf(form: URLSearchParams): string {
  const pairs = [...form].map((pair) => JSON.stringify(pair)).sort();
  return `mailchimp:${digest(pairs.join('\n')).toString('hex').slice(0, 32)}`;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function unreadable(wanted: string): TributaryError {
  return new TributaryError(
    'rejected',
    'mailchimp/unreadable-delivery',
    `a webhook delivery could not be read: expected form fields with ${wanted}`,
  );
}
