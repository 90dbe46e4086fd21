import { TributaryError } from '../../domain/errors.ts';
import { macOf, STANDARD_TOLERANCE_MS, sameText, standardKey, standardSignature } from '../../domain/signed-message.ts';
import type { RawRequest, Verification } from '../contract-deliveries.ts';
import type { Config, Secret, Signature } from './config.ts';

const missing = { ok: false, reason: 'missing-proof' } as const;
const SECOND = 1_000;

/** Signatures of the tools that are known by name: over the raw body, with a secret of the webhook's own. */
const known: Readonly<Record<'typeform' | 'tally', Signature>> = {
  // https://www.typeform.com/developers/webhooks/secure-your-webhooks/, read on 2026-08-22.
  typeform: plain('typeform-signature', 'sha256='),
  // Tally's developer documentation, webhooks, read on 2026-08-22.
  tally: plain('tally-signature', ''),
};

/** Whether a delivery comes from whom the connection says, and not from long ago. */
export function prove(request: RawRequest, config: Config, secret: Secret, now: Date): Verification {
  const secrets = [secret.signing_secret, secret.former_signing_secret].filter((one) => one !== undefined);
  if (config.preset === 'standard-webhooks') return proveStandard(request, secrets, now);
  const how = config.preset === 'hmac' ? config.signature : known[config.preset];
  return how === undefined ? missing : proveMac(request, how, secrets, now);
}

function proveMac(request: RawRequest, how: Signature, secrets: readonly string[], now: Date): Verification {
  const given = request.headers[how.header];
  const timestamp = request.headers[how.timestamp_header ?? ''] ?? '';
  const id = request.headers[how.id_header ?? ''] ?? '';
  const signs = (word: string) => how.content.includes(word);
  if (!given || (signs('{timestamp}') && timestamp === '') || (signs('{id}') && id === '')) return missing;
  const before = [...(signs('{id}') ? [id, '.'] : []), ...(signs('{timestamp}') ? [timestamp, '.'] : [])];
  const genuine = secrets.some((text) => {
    const key = how.secret_encoding === 'base64' ? Buffer.from(text, 'base64') : text;
    return sameText(given, how.prefix + macOf(how, key, [...before, request.body]));
  });
  if (!genuine) return { ok: false, reason: 'bad-proof' };
  // A time that is not signed proves nothing.
  if (!signs('{timestamp}')) return { ok: true };
  return isNear(timestamp, how.tolerance_seconds * SECOND, now) ? { ok: true } : { ok: false, reason: 'stale' };
}

/** Standard Webhooks: a list of signatures, of which one of ours must be there; other versions are passed over. */
function proveStandard(request: RawRequest, secrets: readonly string[], now: Date): Verification {
  const id = request.headers['webhook-id'];
  const timestamp = request.headers['webhook-timestamp'];
  const signatures = request.headers['webhook-signature'];
  if (!id || !timestamp || !signatures) return missing;
  const wanted = secrets.map((text) => standardSignature(keyOf(text), { id, timestamp, body: request.body }));
  const genuine = signatures.split(' ').some((given) => wanted.some((one) => sameText(given, one)));
  if (!genuine) return { ok: false, reason: 'bad-proof' };
  return isNear(timestamp, STANDARD_TOLERANCE_MS, now) ? { ok: true } : { ok: false, reason: 'stale' };
}

function keyOf(secret: string): Uint8Array {
  const key = standardKey(secret);
  if (key !== undefined) return key;
  const says = 'the signing secret is none of Standard Webhooks: expected whsec_ and 24 to 64 bytes in base64';
  throw new TributaryError('config', 'forms/bad-signing-secret', says);
}

/** Whether seconds since 1970 are within the tolerance, before or after. What is no number is long ago. */
function isNear(timestamp: string, toleranceMs: number, now: Date): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(now.getTime() - Number(timestamp) * SECOND) <= toleranceMs;
}

function plain(header: string, prefix: string): Signature {
  const how = { algorithm: 'sha256', encoding: 'base64', secret_encoding: 'utf8', content: '{body}' } as const;
  return { header, prefix, ...how, tolerance_seconds: 300 };
}
