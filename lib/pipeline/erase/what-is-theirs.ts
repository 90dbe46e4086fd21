import type { Profile } from '../../domain/profile.ts';
import type { ProfileStore } from '../ports.ts';
import { followIds } from '../resolve/gather.ts';

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
