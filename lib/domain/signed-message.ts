import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export type MacAlgorithm = 'sha1' | 'sha256';
export type MacEncoding = 'hex' | 'base64';

/** A webhook's message as the Standard Webhooks specification signs it. `timestamp`: seconds since 1970, as text. */
export interface StandardMessage {
  readonly id: string;
  readonly timestamp: string;
  readonly body: Uint8Array | string;
}

/** Older or younger messages are refused, whatever their signature (Standard Webhooks, "Verifying webhook authenticity"). */
export const STANDARD_TOLERANCE_MS = 5 * 60_000;

const PREFIX = 'whsec_';
const LEAST_KEY_BYTES = 24;
const MOST_KEY_BYTES = 64;

/** An HMAC over parts as if they were one text. */
export function macOf(
  how: { readonly algorithm: MacAlgorithm; readonly encoding: MacEncoding },
  key: Uint8Array | string,
  parts: readonly (Uint8Array | string)[],
): string {
  const mac = createHmac(how.algorithm, key);
  for (const part of parts) mac.update(part);
  return mac.digest(how.encoding);
}

/** The key of a Standard Webhooks secret (`whsec_` and base64); undefined when it is none of 24 to 64 bytes. */
export function standardKey(secret: string): Uint8Array | undefined {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const key = Buffer.from(text, 'base64');
  return key.length < LEAST_KEY_BYTES || key.length > MOST_KEY_BYTES ? undefined : key;
}

/** The signature of a message under one key, as it stands in `webhook-signature`. */
export function standardSignature(key: Uint8Array, { id, timestamp, body }: StandardMessage): string {
  return `v1,${macOf({ algorithm: 'sha256', encoding: 'base64' }, key, [`${id}.${timestamp}.`, body])}`;
}

/** Whether two texts are the same, in a time that tells nothing of where they differ. */
export function sameText(given: string, wanted: string): boolean {
  const [one, other] = [given, wanted].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}
