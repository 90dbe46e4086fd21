import type { FragmentId } from '../../domain/change.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { everyIndexKey, type IdentityKey } from '../../domain/identifier.ts';
import type { Clock, IdentityIndex, MembershipStore, ProfileStore } from '../ports.ts';
import { followIds } from '../resolve/gather.ts';

export interface PauseDeps {
  readonly identities: IdentityIndex;
  readonly profiles: ProfileStore;
  readonly memberships: MembershipStore;
  readonly definitions: () => Promise<Pick<Definitions, 'audiences'>>;
  readonly key: IdentityKey;
  readonly clock: Clock;
}

/** Longer than reading again may take, and an end for hints that nobody could follow. */
const PAUSED_MS = 24 * 3_600_000;

/**
 * Pauses the people of some records in every audience, because a tool hinted that they may have withdrawn consent, or
 * lets them go on, because their records were read again. Nobody is added while paused; removals go on.
 */
export function pauseMembers(deps: PauseDeps) {
  return async function pause(fragments: readonly FragmentId[], does: 'pause' | 'resume'): Promise<void> {
    if (fragments.length === 0) return;
    const records = [...new Set(fragments)].map((value) => ({ type: 'fragment', value }));
    const keys = records.flatMap((record) => everyIndexKey(record, deps.key));
    const { owners } = await deps.identities.lookUp(keys);
    const { leads } = await followIds(deps.profiles, new Set(owners.values()));
    const people = [...new Set([...owners.values()].map((id) => leads.get(id) ?? id))];
    const { audiences } = await deps.definitions();
    const until = does === 'pause' ? deps.clock.now().getTime() + PAUSED_MS : undefined;
    await deps.memberships.pause(
      people,
      audiences.map(({ audience }) => audience),
      until,
    );
  };
}
