import type { Identifier } from '../../domain/change.ts';
import type { Member } from '../contract.ts';
import type { Contact } from './answers.ts';
import type { SendgridApi } from './client.ts';
import { contactId } from './contact.ts';
import { isRequestRefused } from './errors.ts';
import { LOOK_UP } from './manifest.ts';

/** The contacts that members are in this account. */
export interface People {
  /** By member id, those of ids first; nobody = no entry. */
  readonly contacts: ReadonlyMap<string, readonly Contact[]>;
  /** Members whose address SendGrid takes for none. */
  readonly unaddressable: ReadonlySet<string>;
}

export async function peopleOf(api: SendgridApi, members: readonly Member[]): Promise<People> {
  const ids = members.flatMap(({ keys }) => idsIn(keys));
  const byId = new Map((await contactsById(api, ids)).map((one) => [one.id, one]));
  const unknown = members.filter(({ keys }) => !idsIn(keys).some((id) => byId.has(id)));
  const asked = await contactsByAddress(
    api,
    unknown.flatMap(({ keys }) => addressesIn(keys)),
  );
  const contacts = new Map<string, readonly Contact[]>();
  const unaddressable = new Set<string>();
  for (const { memberId, keys } of members) {
    const known = idsIn(keys).flatMap((id) => byId.get(id) ?? []);
    const own = known.length > 0 ? known : addressesIn(keys).flatMap((address) => asked.contacts.get(address) ?? []);
    if (own.length > 0) contacts.set(memberId, [...new Map(own.map((one) => [one.id, one])).values()]);
    else if (addressesIn(keys).some((address) => asked.refused.has(address))) unaddressable.add(memberId);
  }
  return { contacts, unaddressable };
}

/** Contacts that are there now; the others are left out. */
export async function contactsById(api: SendgridApi, ids: readonly string[]): Promise<readonly Contact[]> {
  return inParts([...new Set(ids)], (part) => api.contactsOf(part));
}

/**
 * Contacts by address, their own or another of theirs. One text that is no address to SendGrid fails a whole look-up, so
 * that is cut in halves until the others are answered.
 */
export async function contactsByAddress(
  api: SendgridApi,
  addresses: readonly string[],
): Promise<{ readonly contacts: ReadonlyMap<string, Contact>; readonly refused: ReadonlySet<string> }> {
  const refused = new Set<string>();
  const ask = async (part: readonly string[]): Promise<Awaited<ReturnType<SendgridApi['contactsByEmail']>>> => {
    try {
      return await api.contactsByEmail(part);
    } catch (thrown) {
      if (!isRequestRefused(thrown)) throw thrown;
      if (part.length === 1) {
        for (const address of part) refused.add(address);
        return [];
      }
      const middle = Math.ceil(part.length / 2);
      return [...(await ask(part.slice(0, middle))), ...(await ask(part.slice(middle)))];
    }
  };
  const found = await inParts([...new Set(addresses)], ask);
  return { contacts: new Map(found.map(({ address, contact }) => [address, contact])), refused };
}

export function idsIn(keys: readonly Identifier[]): string[] {
  return keys
    .filter(({ type, value }) => type === 'sendgrid.contact_id' && contactId.safeParse(value).success)
    .map(({ value }) => value);
}

export function addressesIn(keys: readonly Identifier[]): string[] {
  return keys.filter(({ type }) => type === 'email').map(({ value }) => value.trim().toLowerCase());
}

async function inParts<T>(values: readonly string[], ask: (part: readonly string[]) => Promise<readonly T[]>) {
  const found: T[] = [];
  for (let start = 0; start < values.length; start += LOOK_UP) {
    found.push(...(await ask(values.slice(start, start + LOOK_UP))));
  }
  return found;
}
