import type { Identifier } from '../../domain/change.ts';
import { isErased } from '../../domain/erasure.ts';
import { statedEver } from '../../domain/evidence.ts';
import { everyIndexKey, type IdentityKey, identifierOfKey } from '../../domain/identifier.ts';
import type { Profile } from '../../domain/profile.ts';
import type { IdentityIndex, ProfileStore } from '../ports.ts';
import { followIds } from '../resolve/gather.ts';

export interface TheirsDeps {
  readonly identities: IdentityIndex;
  readonly profiles: ProfileStore;
}

/**
 * Every id that is the person's, the present one first. Not one that is somebody else's again, which profiles may still
 * name that were written before it was taken out of them.
 */
export async function idsOfPerson(
  profiles: ProfileStore,
  { id, former = [] }: Pick<Profile, 'id' | 'former'>,
): Promise<readonly string[]> {
  const { leads } = await followIds(profiles, new Set(former));
  return [id, ...former.filter((one) => leads.get(one) === id)];
}

/**
 * Index keys of a person's records and of every identifier they ever stated, under every generation. Not of those that are
 * somebody else's: that a limit refused, that many people share, or that a record of theirs gave up and another has.
 */
export async function keysOfPerson(
  { identities, profiles }: TheirsDeps,
  profile: Profile,
  key: IdentityKey,
): Promise<readonly string[]> {
  const records = Object.keys(profile.fragments).map((value): Identifier => ({ type: 'fragment', value }));
  const stated = statedEver(profile.fragments).filter((text) => !profile.refused.includes(text));
  const all = [...records, ...stated.map(identifierOfKey)];
  const ownerOf = await openOwners(identities, all, key);
  const owners = new Set(all.flatMap((one) => ownerOf(one) ?? []));
  const { leads, erased } = await followIds(profiles, owners);
  const isTheirs = (one: Identifier): boolean => {
    const lead = leads.get(ownerOf(one) ?? '');
    return lead === undefined || lead === profile.id || erased.has(lead);
  };
  return all
    .filter(isTheirs)
    .flatMap((one) => everyIndexKey(one, key))
    .sort();
}

/** Whom the index leads to by an identifier: the newest generation that it knows it under speaks. Undefined = to nobody. */
export async function openOwners(
  identities: IdentityIndex,
  asked: readonly Identifier[],
  key: IdentityKey,
): Promise<(one: Identifier) => string | undefined> {
  const { owners } = await identities.lookUp([...new Set(asked.flatMap((one) => everyIndexKey(one, key)))]);
  return (one) => {
    const known = everyIndexKey(one, key).find((each) => owners.has(each));
    return known === undefined ? undefined : owners.get(known);
  };
}

/** Whether one of these index keys leads to somebody who is known. */
export async function areSomebodys({ identities, profiles }: TheirsDeps, keys: readonly string[]): Promise<boolean> {
  const { owners } = await identities.lookUp(keys);
  const { leads } = await followIds(profiles, new Set(owners.values()));
  const ids = [...new Set(leads.values())];
  return ids.length > 0 && [...(await profiles.read(ids)).values()].some((one) => !isErased(one));
}
