import { createHash } from 'node:crypto';

/** How we name somebody whom HubSpot tells of by an e-mail address only: ids are in keys and logs, an address is not. */
export function addressIdOf(address: string): string {
  return createHash('sha256').update(address.trim().toLowerCase()).digest('hex').slice(0, 32);
}
