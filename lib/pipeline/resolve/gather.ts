import type { FragmentId, PersonChange } from '../../domain/change.ts';
import { isErased } from '../../domain/erasure.ts';
import { statedEver } from '../../domain/evidence.ts';
import type { FoldRules } from '../../domain/fragment.ts';
import {
  formerIndexKeys,
  type IdentityKey,
  identifierKey,
  identifierOfKey,
  indexKey,
} from '../../domain/identifier.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import { type MergedProfile, newProfile, type Profile } from '../../domain/profile.ts';
import type { Claim, Clock, IdentityIndex, LookedUp, ProfileStore, StoredProfile } from '../ports.ts';
import {
  everyGeneration,
  type Grave,
  gravesAt,
  type KeySet,
  keysOf,
  placesIn,
  statedBy,
  withoutErased,
} from './key-places.ts';

/** Changes and profiles that hang together by identifiers: decided and written as one. */
export interface Component {
  /** The living profiles as they were read; version 0 = an id claimed but never written. */
  readonly profiles: readonly Profile[];
  readonly byFragment: ReadonlyMap<FragmentId, readonly PersonChange[]>;
  readonly changes: readonly PersonChange[];
  /** Profiles that were asked for by id: due, or to be decided again. */
  readonly asked: readonly string[];
  /** Index key → profile id as the index holds it, before pointers are followed; undefined = looked up, nobody's. */
  readonly owners: ReadonlyMap<string, string | undefined>;
  /** Keys that led to an erased person: to claim one is to take it over. */
  readonly graves: ReadonlyMap<string, Grave>;
  /** Identifier (as `identifierKey`) → whether the index says that it is suppressed; only those that were looked up. */
  readonly marks: ReadonlyMap<string, boolean>;
  /** Keys that the index knows and that lead to nobody. */
  readonly vacant: ReadonlySet<string>;
  /** Any id that was met → the id of the living profile it leads to. */
  readonly leads: ReadonlyMap<string, string>;
}

export interface Gathered {
  /** Changes that tell of an erased person and are dropped. */
  readonly erased: number;
  /** Keys of records that are an erased person's. */
  readonly buried: readonly Claim[];
  readonly components: readonly Component[];
  /** Merged profiles whose rows must still be taken back. */
  readonly leftovers: readonly MergedProfile[];
}

interface GatherDeps {
  readonly identities: IdentityIndex;
  readonly profiles: ProfileStore;
  readonly key: IdentityKey;
  readonly clock: Pick<Clock, 'now'>;
}

/** What a batch still has to do. */
export interface Pending {
  readonly changes: ReadonlyMap<FragmentId, readonly PersonChange[]>;
  readonly profiles: ReadonlySet<string>;
  /** Fragment → profiles that must be read with it, because an earlier round found that its evidence leads to them. */
  readonly reach: ReadonlyMap<FragmentId, ReadonlySet<string>>;
  /** Index keys whose mark of suppression changed: the profiles that are asked for look at it anew. */
  readonly marked: ReadonlySet<string>;
}

/**
 * One round of look-ups and one of reads for a whole batch, then components by shared keys and profiles. What tells of
 * erased people is left out here, before anything is folded.
 */
export async function gather(deps: GatherDeps, pending: Pending, rules: FoldRules): Promise<Gathered> {
  const { profiles: asked, reach } = pending;
  const keys = new Map([...pending.changes].map(([id, list]) => [id, keysOf(id, list, rules, deps.key)]));
  const found = await deps.identities.lookUp([
    ...new Set([...[...keys.values()].flatMap(everyGeneration), ...pending.marked]),
  ]);
  const { vacant } = found;
  const named = new Set([...found.owners.values(), ...asked, ...[...reach.values()].flatMap((ids) => [...ids])]);
  const stored = await readFollowing(deps.profiles, named);
  const leads = followAll(stored, named);
  const places = placesIn(keys, found, stored, leads);
  const { changes, erased, buried } = withoutErased(pending.changes, keys, places, stored, {
    rules,
    now: deps.clock.now().getTime(),
  });

  const suppressed = await suppressedIn(deps, found, [...stored.values()].filter(isLiving), pending.marked);

  const links = openLinks();
  for (const fragment of changes.keys()) {
    links.link(`f${fragment}`, `f${fragment}`);
    for (const { key } of statedBy(fragment, changes, keys, rules)) {
      links.link(`f${fragment}`, `k${key}`);
      const lead = places.get(key)?.lead;
      if (lead !== undefined) links.link(`k${key}`, `p${lead}`);
    }
    for (const id of reach.get(fragment) ?? []) {
      const lead = leads.get(id) ?? id;
      if (!isErased(stored.get(lead))) links.link(`f${fragment}`, `p${lead}`);
    }
  }
  const meant = new Set([...asked].map((id) => leads.get(id) ?? id).filter((id) => !isErased(stored.get(id))));
  for (const id of meant) links.link(`p${id}`, `p${id}`);
  const leftovers = [...stored.values()].filter(isMerged).filter(({ outbox }) => outbox.length > 0);
  const components = links.sets().map((nodes): Component => {
    const fragments = nodes.filter((node) => node.startsWith('f')).map((node) => node.slice(1));
    const ids = nodes.filter((node) => node.startsWith('p')).map((node) => node.slice(1));
    const byFragment = new Map(fragments.map((fragment) => [fragment, changes.get(fragment) ?? []]));
    const sets = fragments.flatMap((fragment) => statedBy(fragment, changes, keys, rules));
    const own = sets.map(({ key }) => key);
    const profiles = ids.map((id) => withoutErasedKin(living(stored.get(id)) ?? newProfile(id), stored, leads));
    const again = pending.marked.size === 0 ? [] : markedSets(profiles, pending.marked, deps.key);
    return {
      profiles,
      marks: marksIn([...sets, ...again], suppressed),
      vacant,
      byFragment,
      changes: [...byFragment.values()].flat(),
      asked: ids.filter((id) => meant.has(id)),
      owners: new Map(own.map((key) => [key, places.get(key)?.owner])),
      graves: new Map(own.flatMap((key) => gravesAt(key, places))),
      leads,
    };
  });
  return { components: components.filter(isWork), leftovers, erased, buried };
}

function marksIn(sets: readonly KeySet[], suppressed: ReadonlySet<string>): ReadonlyMap<string, boolean> {
  return new Map(
    sets.flatMap(({ key, former, identifier }) =>
      identifier === undefined
        ? []
        : [[identifierKey(identifier), [key, ...former].some((one) => suppressed.has(one))] as const],
    ),
  );
}

/** Suppressed keys among those that were looked up, and under every generation of what people stated and a mark is of. */
async function suppressedIn(
  { identities, key }: GatherDeps,
  { suppressed }: LookedUp,
  profiles: readonly Profile[],
  marked: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const former = (key.former ?? []).length > 0;
  const again = former && marked.size > 0 ? everyGeneration(markedSets(profiles, marked, key)) : [];
  if (again.length === 0) return suppressed;
  const { suppressed: more } = await identities.lookUp([...new Set(again)]);
  return new Set([...suppressed, ...more]);
}

/** Identifiers that people ever stated and whose mark was asked for. */
function markedSets(profiles: readonly Profile[], marked: ReadonlySet<string>, key: IdentityKey): readonly KeySet[] {
  return profiles.flatMap(({ fragments }) =>
    statedEver(fragments)
      .map((text): KeySet => {
        const identifier = identifierOfKey(text);
        return { key: indexKey(identifier, key), former: formerIndexKeys(identifier, key), identifier };
      })
      .filter((set) => [set.key, ...set.former].some((one) => marked.has(one))),
  );
}

/** The index key under which a fragment itself is found. */
export function fragmentKey(fragment: FragmentId, key: IdentityKey): string {
  return indexKey({ type: 'fragment', value: fragment }, key);
}

/** Where ids lead: to themselves, or to the profile that they were merged into; and which of those are erased, since when. */
export interface Followed {
  readonly leads: ReadonlyMap<string, string>;
  readonly erased: ReadonlyMap<string, Milliseconds>;
}

export async function followIds(profiles: Pick<ProfileStore, 'read'>, ids: ReadonlySet<string>): Promise<Followed> {
  const stored = ids.size === 0 ? new Map<string, StoredProfile>() : await readFollowing(profiles, ids);
  const erased = [...stored.values()].filter(isErased).map((one) => [one.id, one.erased] as const);
  return { leads: followAll(stored, ids), erased: new Map(erased) };
}

/** The living people that ids lead to, by these ids; nobody for an id that is unknown, or of somebody who was erased. */
export async function readPeople(
  profiles: Pick<ProfileStore, 'read'>,
  ids: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Profile>> {
  const stored = await readFollowing(profiles, ids);
  const people = [...followAll(stored, ids)].map(([id, lead]) => [id, living(stored.get(lead))] as const);
  return new Map(people.filter((one): one is readonly [string, Profile] => one[1] !== undefined));
}

/** Reads profiles and whatever they were merged into, until nothing leads further. */
async function readFollowing(
  profiles: Pick<ProfileStore, 'read'>,
  ids: ReadonlySet<string>,
): Promise<Map<string, StoredProfile>> {
  const stored = new Map<string, StoredProfile>();
  let unread = new Set(ids);
  while (unread.size > 0) {
    const found = await profiles.read([...unread]);
    unread = new Set();
    for (const [id, profile] of found) {
      stored.set(id, profile);
      if (isMerged(profile) && !stored.has(profile.mergedInto) && !found.has(profile.mergedInto))
        unread.add(profile.mergedInto);
    }
  }
  return stored;
}

function followAll(stored: ReadonlyMap<string, StoredProfile>, ids: ReadonlySet<string>): Map<string, string> {
  const leads = new Map<string, string>();
  for (const id of ids) {
    let at = id;
    for (let next = stored.get(at); next !== undefined && isMerged(next); next = stored.get(at)) at = next.mergedInto;
    leads.set(id, at);
  }
  return leads;
}

/** Somebody asked for an id that nobody has: no work. */
function isWork(component: Component): boolean {
  return component.byFragment.size > 0 || component.profiles.some(({ version }) => version > 0);
}

function living(stored: StoredProfile | undefined): Profile | undefined {
  return stored === undefined || isMerged(stored) || isErased(stored) ? undefined : stored;
}

/** Whoever shared evidence with an erased person shares it no more. */
function withoutErasedKin(
  profile: Profile,
  stored: ReadonlyMap<string, StoredProfile>,
  leads: ReadonlyMap<string, string>,
): Profile {
  const known = (id: string): boolean => !isErased(stored.get(leads.get(id) ?? id));
  const { earshot, ...rest } = profile;
  if (profile.kin.every(known) && (earshot === undefined || earshot.every(known))) return profile;
  const near = (earshot ?? []).filter(known);
  return { ...rest, kin: profile.kin.filter(known), ...(near.length === 0 ? {} : { earshot: near }) };
}

/** Whether somebody is behind a stored profile: neither merged away nor erased. */
export function isLiving(stored: StoredProfile): stored is Profile {
  return 'fragments' in stored;
}

export function isMerged(stored: StoredProfile): stored is MergedProfile {
  return 'mergedInto' in stored;
}

/** Union-find over names; `sets` lists what hangs together, in the order first met. */
function openLinks() {
  const parent = new Map<string, string>();
  const root = (node: string): string => {
    let at = node;
    for (let up = parent.get(at); up !== undefined && up !== at; up = parent.get(at)) at = up;
    if (!parent.has(node)) parent.set(node, node);
    return at;
  };
  return {
    link(a: string, b: string): void {
      const [first, second] = [root(a), root(b)];
      if (first !== second) parent.set(second, first);
    },
    sets(): string[][] {
      const sets = new Map<string, string[]>();
      for (const node of parent.keys()) {
        const top = root(node);
        const set = sets.get(top);
        if (set === undefined) sets.set(top, [node]);
        else set.push(node);
      }
      return [...sets.values()];
    },
  };
}
