import type { FragmentId } from '../../domain/change.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { everyIndexKey, type IdentityKey } from '../../domain/identifier.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import type { IdentityIndex, LookedUp, MembershipStore, ProfileStore } from '../ports.ts';
import { followIds } from '../resolve/gather.ts';

export interface PauseDeps {
  readonly identities: Pick<IdentityIndex, 'lookUp' | 'note'>;
  readonly profiles: Pick<ProfileStore, 'read'>;
  readonly memberships: Pick<MembershipStore, 'readAudienceRows'>;
  readonly definitions: () => Promise<Pick<Definitions, 'audiences'>>;
  readonly key: IdentityKey;
  /** Asks for a push of realtime audiences. */
  readonly touch: (audiences: ReadonlySet<string>) => Promise<void>;
}

/** Longer than reading again may take, and an end for hints that nobody could follow. */
const PAUSED_MS = 24 * 3_600_000;

/**
 * Notes on records that a tool hinted at `at` that consent may be withdrawn, or that they were read again after a hint of
 * `at`. Nobody is added anywhere who has a record whose latest hint is newer than its reading; removals go on. The notes are
 * on the records, so that they hold whoever these belong to, before and after a merge, and whether or not there is a row. Each is
 * the latest instant of its kind, so that messages may come late, twice and in any order.
 */
export function pauseMembers({ identities, profiles, memberships, definitions, key, touch }: PauseDeps) {
  return async function pause(
    fragments: readonly FragmentId[],
    does: 'pause' | 'resume',
    at: Milliseconds,
  ): Promise<void> {
    const keys = recordKeys([...new Set(fragments)], key);
    if (keys.length === 0) return;
    await identities.note(does === 'pause' ? 'hinted' : 'reread', keys, at);
    if (does === 'pause') return;
    // A push that found them paused left them for the next: a realtime audience has none before somebody asks.
    const { owners } = await identities.lookUp(keys);
    const { leads } = await followIds(profiles, new Set(owners.values()));
    const people = [...new Set(leads.values())];
    const waiting = new Set<string>();
    for (const { audience } of (await definitions()).audiences.filter(({ when }) => when === 'realtime')) {
      const rows = await memberships.readAudienceRows(audience, people);
      if ([...rows.values()].some(({ pending }) => pending)) waiting.add(audience);
    }
    await touch(waiting);
  };
}

/** Every key under which the index may have notes on records. */
export function recordKeys(records: readonly FragmentId[], key: IdentityKey): readonly string[] {
  return records.flatMap((value) => everyIndexKey({ type: 'fragment', value }, key));
}

/** Until when somebody with these records is not added, by what the index knows of their keys. Undefined: nothing hints at it. */
export function pausedUntil(keys: readonly string[], { hinted }: Pick<LookedUp, 'hinted'>): Milliseconds | undefined {
  const hints = keys.flatMap((one) => hinted.get(one) ?? []);
  return hints.length === 0 ? undefined : Math.max(...hints) + PAUSED_MS;
}
