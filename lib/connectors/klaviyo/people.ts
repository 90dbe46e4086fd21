import type { Identifier } from '../../domain/change.ts';
import type { Member } from '../contract.ts';
import type { Contact } from './answers.ts';
import type { ContactKey, KlaviyoApi } from './client.ts';
import { ANY_OF } from './manifest.ts';
import { profileId } from './profile.ts';

/** The profiles that each member is in this account, by member id, those of ids first; nobody = no entry. */
export async function peopleOf(
  api: KlaviyoApi,
  members: readonly Member[],
): Promise<ReadonlyMap<string, readonly Contact[]>> {
  const byId = new Map<string, Contact>();
  const byEmail = new Map<string, Contact>();
  // An id that is not there any more would fail a whole batch, so ids are looked up like addresses.
  for (const one of await readContacts(
    api,
    'id',
    members.flatMap(({ keys }) => idsIn(keys)),
  ))
    byId.set(one.id, one);
  const unknown = members.filter(({ keys }) => !idsIn(keys).some((id) => byId.has(id)));
  for (const one of await readContacts(
    api,
    'email',
    unknown.flatMap(({ keys }) => addressesIn(keys)),
  )) {
    if (one.email !== undefined) byEmail.set(one.email, one);
  }
  const found = new Map<string, readonly Contact[]>();
  for (const { memberId, keys } of members) {
    const ids = idsIn(keys).flatMap((id) => byId.get(id) ?? []);
    const own = ids.length > 0 ? ids : addressesIn(keys).flatMap((address) => byEmail.get(address) ?? []);
    if (own.length > 0) found.set(memberId, [...new Map(own.map((one) => [one.id, one])).values()]);
  }
  return found;
}

/** Profiles that are there now; the others are left out. */
export async function readContacts(
  api: KlaviyoApi,
  key: ContactKey,
  values: readonly string[],
): Promise<readonly Contact[]> {
  return inParts([...new Set(values)], async (part) => (await api.findContacts(key, part)).records);
}

/** Which of these people are on a list, by id. A list can be asked by address and by number only. */
export async function onList(
  api: KlaviyoApi,
  listId: string,
  people: readonly Contact[],
): Promise<ReadonlySet<string>> {
  const emails = [...new Set(people.flatMap(({ email }) => email ?? []))];
  const phones = [...new Set(people.flatMap(({ email, phone }) => (email === undefined ? (phone ?? []) : [])))];
  const there = [
    ...(await inParts(emails, async (part) => (await api.findOnList(listId, 'email', part)).records)),
    ...(await inParts(phones, async (part) => (await api.findOnList(listId, 'phone_number', part)).records)),
  ];
  return new Set(there.map(({ id }) => id));
}

export function idsIn(keys: readonly Identifier[]): string[] {
  return keys
    .filter(({ type, value }) => type === 'klaviyo.profile_id' && profileId.safeParse(value).success)
    .map(({ value }) => value);
}

export function addressesIn(keys: readonly Identifier[]): string[] {
  return keys.filter(({ type }) => type === 'email').map(({ value }) => value.trim().toLowerCase());
}

async function inParts<T>(values: readonly string[], ask: (part: readonly string[]) => Promise<readonly T[]>) {
  const found: T[] = [];
  for (let start = 0; start < values.length; start += ANY_OF) {
    found.push(...(await ask(values.slice(start, start + ANY_OF))));
  }
  return found;
}
