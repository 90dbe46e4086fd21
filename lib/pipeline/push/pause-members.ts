import type { FragmentId } from '../../domain/change.ts';
import type { Definitions } from '../../domain/definitions.ts';
import { everyIndexKey, type IdentityKey } from '../../domain/identifier.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import type { IdentityIndex, MembershipStore, ProfileStore } from '../ports.ts';
import { followIds } from '../resolve/gather.ts';

export interface PauseDeps {
  readonly identities: IdentityIndex;
  readonly profiles: ProfileStore;
  readonly memberships: MembershipStore;
  readonly definitions: () => Promise<Pick<Definitions, 'audiences'>>;
  readonly key: IdentityKey;
  /** Asks for a push of realtime audiences. */
  readonly touch: (audiences: ReadonlySet<string>) => Promise<void>;
}

/** Longer than reading again may take, and an end for hints that nobody could follow. */
const PAUSED_MS = 24 * 3_600_000;

/**
 * Pauses the people of some records in every audience, because a tool hinted at `at` that they may have withdrawn consent,
 * or lets them go on, because their records were read again after a hint that came at `at`. Nobody is added while paused;
 * removals go on. A hint that comes late, or once more, pauses nobody whose record was read again since: the identifier
 * index remembers.
 */
export function pauseMembers(deps: PauseDeps) {
  const keysOf = (record: FragmentId): readonly string[] =>
    everyIndexKey({ type: 'fragment', value: record }, deps.key);

  const lookUp = async (records: readonly FragmentId[]) => {
    const { owners, reread } = await deps.identities.lookUp(records.flatMap(keysOf));
    const { leads } = await followIds(deps.profiles, new Set(owners.values()));
    return records.flatMap((record) =>
      keysOf(record).flatMap((key) => {
        const owner = owners.get(key);
        return owner === undefined
          ? []
          : [{ record, key, person: leads.get(owner) ?? owner, reread: reread.get(key) ?? 0 }];
      }),
    );
  };

  return async function pause(
    fragments: readonly FragmentId[],
    does: 'pause' | 'resume',
    at: Milliseconds,
  ): Promise<void> {
    if (fragments.length === 0) return;
    const found = await lookUp([...new Set(fragments)]);
    const defined = (await deps.definitions()).audiences;
    const audiences = defined.map(({ audience }) => audience);
    /** A push that found them paused left them for the next: a realtime audience has none before somebody asks. */
    const letGoOn = async (people: readonly string[]): Promise<void> => {
      await deps.memberships.resume(people, audiences, at + PAUSED_MS);
      const waiting = new Set<string>();
      for (const { audience } of defined.filter(({ when }) => when === 'realtime')) {
        const rows = await deps.memberships.readAudienceRows(audience, people);
        if ([...rows.values()].some(({ pending }) => pending)) waiting.add(audience);
      }
      await deps.touch(waiting);
    };
    const peopleOf = (some: typeof found) => [...new Set(some.map(({ person }) => person))];
    if (does === 'resume') {
      // Noted first: a hint that is being handled at this moment looks for the note after it has paused.
      await deps.identities.noteReread(
        found.map(({ key }) => key),
        at,
      );
      await letGoOn(peopleOf(found));
      return;
    }
    const unread = found.filter(({ reread }) => reread < at);
    if (unread.length === 0) return;
    await deps.memberships.pause(peopleOf(unread), audiences, at + PAUSED_MS);
    const again = [...new Set(unread.map(({ record }) => record))];
    const since = (await lookUp(again)).filter(({ reread }) => reread >= at);
    await letGoOn(peopleOf(since));
  };
}
