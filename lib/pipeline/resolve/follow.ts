import { isErased } from '../../domain/erasure.ts';
import type { Follow, MergedProfile, Profile, Wanted } from '../../domain/profile.ts';
import type { FollowRow, HistoryStore, MembershipStore, ProfileStore, StoredProfile } from '../ports.ts';
import { isMerged } from './gather.ts';

export interface FollowStores {
  readonly profiles: ProfileStore;
  readonly memberships: MembershipStore;
  readonly history: HistoryStore;
  /** Told which audiences got rows, before the outboxes that name them are emptied. */
  readonly touch?: (audiences: ReadonlySet<string>) => Promise<void>;
}

/**
 * Writes the rows that profiles' outboxes name, then empties the outboxes. Rows say what the profile says now and carry
 * its version, so that repeating or reordering does no harm; a crash before the end leaves the outbox for the sweep.
 */
export async function writeFollowers(
  stores: FollowStores,
  written: readonly StoredProfile[],
  caused: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const living = written.filter((one): one is Profile | MergedProfile => !isErased(one));
  const owing = living.filter(({ outbox }) => outbox.length > 0);
  if (owing.length === 0) return;
  const rows = owing.flatMap((profile) => rowsOf(profile, caused.get(profile.id)));
  const lines = owing.flatMap((profile) =>
    profile.outbox.filter(isSegment).map(({ row: _, ...line }) => ({
      profile: profile.id,
      ...(isMerged(profile) ? {} : { definitions: profile.definitions }),
      ...line,
    })),
  );
  await Promise.all([stores.memberships.writeRows(rows), stores.history.put(lines)]);
  await stores.touch?.(new Set(rows.flatMap((row) => (row.row === 'audience' ? [row.audience] : []))));
  await stores.profiles.clearOutboxes(owing);
}

function rowsOf(profile: Profile | MergedProfile, cause: string | undefined): FollowRow[] {
  const rows = new Map<string, FollowRow>();
  const { id, version } = profile;
  for (const follow of profile.outbox) {
    if (follow.row === 'segment') {
      const since = isMerged(profile) ? undefined : profile.memberships[follow.segment];
      const row = {
        row: 'segment',
        segment: follow.segment,
        profile: id,
        version,
        member: since !== undefined,
      } as const;
      rows.set(`s${follow.segment}`, { ...row, at: since ?? follow.at });
    } else if (follow.row === 'account') {
      const linked = !isMerged(profile) && profile.accounts[follow.account] !== undefined;
      rows.set(`c${follow.account}`, { row: 'account', account: follow.account, profile: id, version, linked });
    } else {
      const wanted = isMerged(profile) ? GONE : (profile.wanted[follow.audience] ?? GONE);
      const row = { row: 'audience', audience: follow.audience, profile: id, version, wanted } as const;
      rows.set(`a${follow.audience}`, cause === undefined ? row : { ...row, cause });
    }
  }
  return [...rows.values()];
}

const GONE: Wanted = { in: false, reason: 'not-in-segment' };

function isSegment(follow: Follow): follow is Extract<Follow, { row: 'segment' }> {
  return follow.row === 'segment';
}
