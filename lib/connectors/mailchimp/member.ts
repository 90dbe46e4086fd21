import { createHash } from 'node:crypto';

/** Mailchimp's id of a member: the MD5 of the lower-cased address. It changes when the address does. */
export function memberIdOf(address: string): string {
  return createHash('md5').update(address.toLowerCase()).digest('hex');
}
