import { createHmac } from 'node:crypto';
import type { Compiled } from '../../domain/decide.ts';
import { blockKeys, mostInBlock } from '../../domain/duplicate/blocks.ts';
import { type Comparable, comparableOf } from '../../domain/duplicate/comparable.ts';
import { isErased } from '../../domain/erasure.ts';
import { apartFrom } from '../../domain/evidence.ts';
import type { IdentityKey } from '../../domain/identifier.ts';
import { traitsByPath } from '../../domain/person-view.ts';
import { identifiersOf, type Profile } from '../../domain/profile.ts';
import { effectiveTraits } from '../../domain/survivorship.ts';
import type { BlockStore, ProfileStore } from '../ports.ts';
import { isMerged } from './gather.ts';

/** Profiles are large, what is compared of them is not: only so many are held at a time. */
const READ_AT_ONCE = 500;

/** People as they are compared now, or, `lagging`, a moment ago; merged and unknown ids are left out. */
export async function readComparables(
  profiles: ProfileStore,
  compiled: Compiled,
  ids: readonly string[],
  options: { readonly lagging?: boolean } = {},
): Promise<readonly Comparable[]> {
  const people: Comparable[] = [];
  for (let at = 0; at < ids.length; at += READ_AT_ONCE) {
    const stored = await profiles.read(ids.slice(at, at + READ_AT_ONCE), options);
    for (const profile of stored.values()) {
      if (isMerged(profile) || isErased(profile) || Object.keys(profile.fragments).length === 0) continue;
      people.push(readComparable(profile, compiled));
    }
  }
  return people;
}

export function readComparable(profile: Profile, { definitions, read }: Compiled): Comparable {
  const trait = traitsByPath(effectiveTraits(profile, definitions.identity.priorities, read));
  return comparableOf({
    id: profile.id,
    fragments: Object.keys(profile.fragments),
    identifiers: identifiersOf(profile),
    trait,
    numbers: definitions.identity.duplicates?.numbers ?? [],
    apart: Object.values(profile.fragments).flatMap(apartFrom),
  });
}

/**
 * Pairs of some people with everybody who shares a block with them, from the side of each. A block that holds too many has
 * nothing in common but a frequent name. `others` counts who was read besides.
 */
export async function meet(
  deps: { readonly blocks: BlockStore; readonly profiles: ProfileStore },
  compiled: Compiled,
  people: readonly Comparable[],
  key: IdentityKey,
): Promise<{ readonly meetings: readonly (readonly [Comparable, Comparable])[]; readonly others: number }> {
  const keysOf = new Map(people.map((person) => [person, blocksOf(person, key)]));
  const all = await deps.blocks.members([...new Set([...keysOf.values()].flat())]);
  const met = new Map([...all].filter(([, members]) => members.length <= mostInBlock));
  const known = new Map(people.map((person) => [person.id, person]));
  const unread = [...new Set([...met.values()].flat())].filter((id) => !known.has(id));
  // Whoever changes just now is compared from their own side later, and finds these people in their blocks.
  for (const other of await readComparables(deps.profiles, compiled, unread, { lagging: true })) {
    known.set(other.id, other);
  }
  const meetings = people.flatMap((a) => {
    const ids = new Set((keysOf.get(a) ?? []).flatMap((block) => met.get(block) ?? []));
    ids.delete(a.id);
    return [...ids].sort().flatMap((id) => {
      const b = known.get(id);
      return b === undefined ? [] : [[a, b] as const];
    });
  });
  return { meetings, others: unread.length };
}

/** A person's block keys without what they were made of. */
export function blocksOf(person: Comparable, key: IdentityKey): readonly string[] {
  return blockKeys(person).map((text) =>
    createHmac('sha256', key.secret).update(`block\n${text}`).digest('base64url').slice(0, 22),
  );
}
