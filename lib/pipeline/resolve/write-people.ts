import { newProfile, type Profile } from '../../domain/profile.ts';
import { mostTogether } from '../../domain/region.ts';
import {
  type Claim,
  type IdentityIndex,
  type Move,
  mostAsOne,
  type ProfileStore,
  type StoredProfile,
  type WriteOutcome,
} from '../ports.ts';
import type { Decided } from './decide-people.ts';

interface WriteDeps {
  readonly identities: IdentityIndex;
  readonly profiles: ProfileStore;
}

/** Claims identifiers before the profile that holds them is written. Returns the components that must look again. */
export async function claimIdentifiers(deps: WriteDeps, items: readonly Decided[]): Promise<Set<Decided>> {
  const lost = new Set<Decided>();
  const claims = new Map<string, Claim>();
  const writers = new Map<string, Decided>();
  for (const item of items) {
    const ids = [...item.news, ...item.merged].map(({ id }) => id);
    // An id or a key that two components of one batch came to is for the first: one request takes an item only once.
    const taken = ids.some((id) => writers.has(id)) || item.claims.some(({ key }) => claims.has(key));
    if (item.torn || item.strangers.size > 0 || taken) {
      lost.add(item);
      continue;
    }
    for (const id of ids) writers.set(id, item);
    for (const one of item.claims) {
      const grave = item.component.graves.get(one.key);
      const { over, erased } = grave ?? {};
      claims.set(one.key, {
        ...one,
        ...(over === undefined ? {} : { over }),
        ...(erased === undefined ? {} : { erased }),
      });
    }
  }
  const refused = claims.size === 0 ? new Set() : await deps.identities.claim([...claims.values()]);
  for (const item of items) if (item.claims.some(({ key }) => refused.has(key))) lost.add(item);
  return lost;
}

/**
 * Writes one profile by one conditional write, several of one region together. Adds whoever lost to `lost` and whoever
 * would be over the budget of an item to `full`.
 */
export async function writePeople(
  deps: WriteDeps,
  items: readonly Decided[],
  lost: Set<Decided>,
  full: Set<Decided>,
): Promise<StoredProfile[]> {
  const written: StoredProfile[] = [];
  const conclude = (item: Decided, outcome: WriteOutcome | undefined, profiles: readonly StoredProfile[]): void => {
    if (outcome === 'written') written.push(...profiles.map(bump));
    else (outcome === 'too-large' ? full : lost).add(item);
  };
  const alone: { readonly item: Decided; readonly profile: Profile }[] = [];
  for (const item of items) {
    if (lost.has(item) || item.news.length + item.merged.length + item.moves.length === 0) continue;
    const [only] = item.news;
    const witnesses = witnessesOf(item);
    const others = item.merged.length + item.moves.length + item.shortcuts.length + witnesses.length;
    if (only !== undefined && item.news.length === 1 && others === 0) {
      alone.push({ item, profile: only });
      continue;
    }
    const together = [...item.news, ...item.merged, ...witnesses];
    if (together.length + item.moves.length > mostAsOne && item.moves.length > 0) {
      // Lost or not, the item goes round again: what is left to move is less by then.
      await deps.profiles.writeTogether(...firstMoves(item), []);
      lost.add(item);
      continue;
    }
    conclude(item, await deps.profiles.writeTogether(together, item.moves, item.shortcuts), together);
  }
  const outcomes = await deps.profiles.write(alone.map(({ profile }) => profile));
  for (const { item, profile } of alone) conclude(item, outcomes.get(profile.id), [profile]);
  return written;
}

/** Profiles that are written as they were read, so that a writer who read them before must read again. */
function witnessesOf(item: Decided): readonly Profile[] {
  const covered = new Set([...item.news, ...item.merged].map(({ id }) => id));
  return item.component.profiles.filter(({ id, version }) => item.witnesses.has(id) && !covered.has(id) && version > 0);
}

/**
 * As many moves of identifiers as one write takes, before the records follow them. Those who give and those who receive
 * are written as kin, otherwise as they were read: whoever comes by a moved identifier meanwhile reads both, and goes on.
 */
function firstMoves({ component, profiles, moves, givers }: Decided): [profiles: Profile[], moves: readonly Move[]] {
  const read = new Map(component.profiles.map((profile) => [profile.id, profile]));
  const links = new Map<string, Set<string>>();
  const link = (id: string, other: string): void => void links.set(id, (links.get(id) ?? new Set()).add(other));
  const first = moves.slice(0, mostAsOne - 2 * mostTogether);
  for (const move of first) {
    const giver = givers.get(move.from) ?? move.from;
    link(giver, move.to);
    link(move.to, giver);
  }
  const linked = [...links].map(([id, others]): Profile => {
    const { version = 0, definitions = '', needs = '' } = profiles.find((one) => one.id === id) ?? {};
    const profile = read.get(id) ?? { ...newProfile(id), version, definitions, needs };
    return { ...profile, kin: [...new Set([...others, ...profile.kin])].slice(0, mostTogether - 1) };
  });
  return [linked, first];
}

function bump(profile: StoredProfile): StoredProfile {
  return { ...profile, version: profile.version + 1 };
}
