import { createHash } from 'node:crypto';
import type { Json } from '../../domain/json.ts';
import type { Member } from '../contract.ts';

/** Domains of which Google takes dots and `+…` of the name away before it compares. */
const GMAIL: ReadonlySet<string> = new Set(['gmail.com', 'googlemail.com']);

/**
 * A member as Google compares people: SHA-256 in hex of the normalised address or number, all that we were told of at once.
 * https://developers.google.com/data-manager/api/devguides/concepts/formatting, and the official formatter
 * (googleads/data-manager-node), read on 2026-11-26. E-mail and phone come in the one form that we keep: trimmed and in
 * lower case, E.164 with its plus.
 */
export function audienceMemberOf({ keys }: Member): Json {
  const userIdentifiers = keys.map(({ type, value }) =>
    type === 'phone' ? { phoneNumber: hashed(value) } : { emailAddress: hashed(emailOf(value)) },
  );
  return { userData: { userIdentifiers } };
}

/** The address that Google hashes; a name that would be empty without its dots stays as it is. */
export function emailOf(address: string): string {
  const lower = address.trim().toLowerCase();
  const at = lower.lastIndexOf('@');
  const domain = lower.slice(at + 1);
  if (!GMAIL.has(domain)) return lower;
  const [name = ''] = lower.slice(0, at).split('+');
  const plain = name.replaceAll('.', '');
  return plain === '' ? lower : `${plain}@${domain}`;
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
