import type { Member } from '../contract.ts';
import type { HubspotApi } from './client.ts';
import { BATCH } from './manifest.ts';

/** A contact as far as a list needs it. */
export interface Found {
  readonly id: string;
  readonly email: string | undefined;
}

/**
 * The contacts that each member is in this account, by member id, best key first; nobody = no entry. Ids that we were
 * given are taken as they are; addresses are looked up for members without an id.
 */
export async function contactsOf(
  api: HubspotApi,
  members: readonly Member[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  const searched = new Map<string, readonly string[]>();
  for (const { memberId, keys } of members) {
    const ids = keys.filter(({ type, value }) => type === 'hubspot.contact_id' && /^\d+$/.test(value));
    if (ids.length > 0) found.set(memberId, [...new Set(ids.map(({ value }) => value))]);
    else searched.set(memberId, addressesOf(keys));
  }
  const byAddress = new Map<string, string>();
  for (const { id, email } of await readContacts(api, [...new Set([...searched.values()].flat())], 'email')) {
    if (email !== undefined) byAddress.set(email, id);
  }
  for (const [memberId, addresses] of searched) {
    const ids = addresses.flatMap((address) => byAddress.get(address) ?? []);
    if (ids.length > 0) found.set(memberId, [...new Set(ids)]);
  }
  return found;
}

/** Contacts that are there now, by id or by address; the others are left out. */
export async function readContacts(api: HubspotApi, ids: readonly string[], by?: 'email'): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (let start = 0; start < ids.length; start += BATCH) {
    const part = ids.slice(start, start + BATCH);
    const { records } = await api.readBatch('contacts', {
      ids: part,
      properties: ['email'],
      ...(by === undefined ? {} : { by }),
    });
    for (const { id, properties } of records) {
      found.push({ id, email: typeof properties.email === 'string' ? properties.email.toLowerCase() : undefined });
    }
  }
  return found;
}

export function addressesOf(keys: Member['keys']): string[] {
  return keys.filter(({ type }) => type === 'email').map(({ value }) => value.trim().toLowerCase());
}
