import type { FragmentId, Identifier } from './change.ts';
import type { IdentityRules } from './definitions.ts';
import { evidenceOf, formerAddresses, statedEver } from './evidence.ts';
import type { Fragment } from './fragment.ts';
import { type Group, groupFragments } from './group.ts';
import { compareTypes, identifierKey, identifierOfKey } from './identifier.ts';
import { type Exposure, type MergedProfile, newProfile, type Profile } from './profile.ts';

/** A regrouped region: who stays under which id, and who was merged into whom. */
export interface Regrouped {
  readonly profiles: readonly Profile[];
  readonly merged: readonly MergedProfile[];
  readonly groups: readonly { readonly id: string; readonly group: Group; readonly profile: Profile }[];
}

/** How many profiles are grouped together: more of them state one identifier than any person has. */
export const mostTogether = 20;

/** What a region is grouped by. */
export interface Regrouping {
  readonly rules: Pick<IdentityRules, 'limits' | 'sharedAt'>;
  /**
   * Makes an id for a group nobody had yet, from its strongest identifier. `own`: what its records ever stated and no others
   * of the region did; the id of somebody who was merged away was made of one of them.
   */
  readonly deriveId: (strongest: Identifier, own: readonly Identifier[]) => string;
  /** Kin that were not read, because the region would have more than `mostTogether` profiles. */
  readonly leftOut: ReadonlySet<string>;
  /** Profiles in earshot that were not read, for the same reason. */
  readonly unheard: ReadonlySet<string>;
}

/**
 * Regroups the fragments of some profiles by the evidence. Ids stay where the profile's oldest evidence goes; a profile
 * whose evidence all went to another becomes a pointer to it; a group that no id leads to gets a derived one.
 *
 * @param profiles the profiles of the region as they were read; a version of 0 is an id claimed but never written
 * @param fragments all fragments of the region after folding, with those that are new
 */
export function regroup(
  profiles: readonly Profile[],
  fragments: ReadonlyMap<FragmentId, Fragment>,
  { rules, deriveId, leftOut, unheard }: Regrouping,
): Regrouped {
  const known = leftOut.size === 0 ? [] : profiles.flatMap(({ crowd }) => crowd?.shared ?? []);
  const groups = groupFragments(fragments, rules, new Set(known));
  const groupOf = new Map<FragmentId, Group>();
  for (const group of groups) for (const id of group.fragments) groupOf.set(id, group);
  const idOf = assignIds(profiles, groups, groupOf);
  const heldIn = (group: Group): Profile['fragments'] =>
    Object.fromEntries(group.fragments.map((id) => [id, fragments.get(id) as Fragment]));
  const ownWords = (group: Group): readonly Identifier[] => {
    const others = new Set(groups.flatMap((other) => (other === group ? [] : statedEver(heldIn(other)))));
    return statedEver(heldIn(group)).flatMap((text) => (others.has(text) ? [] : identifierOfKey(text)));
  };
  for (const group of groups) if (!idOf.has(group)) idOf.set(group, deriveId(strongestOf(group), ownWords(group)));

  const before = new Map(profiles.map((profile) => [profile.id, profile]));
  const staters = findStaters(groups, idOf);
  const kinOf = findKin(staters);
  const earshotOf = findEarshot(groups, idOf, fragments, staters);
  const formerly = (group: Group): readonly Profile[] =>
    profiles.filter(({ fragments: own }) => group.fragments.some((one) => one in own));
  const othersOf = (id: string, found: Links, unread: readonly string[]): readonly string[] =>
    [...new Set([...(found.get(id) ?? []), ...unread])].filter((one) => one !== id).sort();
  const next = groups.map((group): { id: string; group: Group; profile: Profile } => {
    const id = idOf.get(group) ?? '';
    const { crowd: _, earshot: __, ...profile } = withExposures(before.get(id) ?? newProfile(id), group, profiles);
    const former = formerly(group);
    const kin = othersOf(
      id,
      kinOf,
      former.flatMap((one) => one.kin.filter((other) => leftOut.has(other))),
    );
    const near = former.flatMap((one) => (one.earshot ?? []).filter((other) => unheard.has(other)));
    const earshot = othersOf(id, earshotOf, near).slice(0, mostTogether);
    return {
      id,
      group,
      profile: {
        ...profile,
        fragments: heldIn(group),
        refused: refusedOf(group),
        kin: kin.slice(0, mostTogether),
        ...(earshot.length === 0 ? {} : { earshot }),
        ...(kin.length >= mostTogether ? { crowd: { shared: sharedIn(groups) } } : {}),
      },
    };
  });
  const kept = new Set(next.map(({ id }) => id));
  const merged = profiles.filter(({ id }) => !kept.has(id)).map((loser) => mergeInto(loser, groupOf, idOf, groups));
  return { profiles: next.map(({ profile }) => withFormer(profile, profiles, merged, kept)), merged, groups: next };
}

/**
 * The ids of those who were merged into a profile, with the ids that they had before. Whoever was taken apart again is
 * somebody of their own.
 */
function withFormer(
  { former: held = [], ...profile }: Profile,
  before: readonly Profile[],
  merged: readonly MergedProfile[],
  living: ReadonlySet<string>,
): Profile {
  const losers = merged.filter(({ mergedInto }) => mergedInto === profile.id).map(({ id }) => id);
  const theirs = before.filter(({ id }) => losers.includes(id)).flatMap(({ former }) => former ?? []);
  const former = [...new Set([...held, ...losers, ...theirs])].filter((id) => !living.has(id)).sort();
  return former.length === 0 ? profile : { ...profile, former };
}

/**
 * Who survives a merge keeps the side of every holdout that they were exposed to; of the others they take what those were
 * exposed to and they were not, the earliest first. An experiment never sees one person on both sides.
 */
function withExposures(survivor: Profile, group: Group, profiles: readonly Profile[]): Profile {
  const exposed: Record<string, Exposure> = { ...survivor.exposed };
  for (const { id, fragments, exposed: theirs = {} } of profiles) {
    if (id === survivor.id || !group.fragments.some((key) => Object.hasOwn(fragments, key))) continue;
    for (const [experiment, side] of Object.entries(theirs)) {
      const held = exposed[experiment];
      if (survivor.exposed?.[experiment] === undefined && (held === undefined || side.at < held.at))
        exposed[experiment] = side;
    }
  }
  return Object.keys(exposed).length === Object.keys(survivor.exposed ?? {}).length
    ? survivor
    : { ...survivor, exposed };
}

/** Identifiers that records of the group state and none of them may hold, sorted. */
export function refusedOf(group: Group): readonly string[] {
  const joined = new Set(
    group.edges.filter(({ state }) => state === 'joined').map((edge) => identifierKey(edge.identifier)),
  );
  const stated = new Set(group.edges.map((edge) => identifierKey(edge.identifier)));
  return [...stated].filter((key) => !joined.has(key)).sort();
}

/** The identifier that names a group: strongest type, then oldest, then smallest. */
function strongestOf(group: Group): Identifier {
  let best: Group['edges'][number] | undefined;
  for (const edge of group.edges) {
    if (edge.state !== 'joined') continue;
    const order = best === undefined ? -1 : compareTypes(edge.identifier.type, best.identifier.type);
    if (best === undefined || order < 0) best = edge;
  }
  return best?.identifier ?? { type: 'fragment', value: group.fragments[0] ?? '' };
}

/** Profile → others. */
type Links = ReadonlyMap<string, ReadonlySet<string>>;

function openLinks() {
  const links = new Map<string, Set<string>>();
  const link = (from: string, to: string): void => {
    links.set(from, (links.get(from) ?? new Set()).add(to));
  };
  return { links, link };
}

/** Identifier (as `identifierKey`) → the profiles that state it. */
function findStaters(groups: readonly Group[], idOf: ReadonlyMap<Group, string>): Links {
  const { links, link } = openLinks();
  for (const group of groups)
    for (const { identifier } of group.edges) link(identifierKey(identifier), idOf.get(group) ?? '');
  return links;
}

/** Profiles that state a common identifier and are not one person, for each of them. */
function findKin(staters: Links): Links {
  const { links, link } = openLinks();
  for (const ids of staters.values()) {
    if (ids.size > 1) for (const id of ids) for (const other of ids) link(id, other);
  }
  return links;
}

/** Profiles of which one speaks of an address that it stated before and the other states it, or does the same. */
function findEarshot(
  groups: readonly Group[],
  idOf: ReadonlyMap<Group, string>,
  fragments: ReadonlyMap<FragmentId, Fragment>,
  staters: Links,
): Links {
  const speakers = openLinks();
  for (const group of groups) {
    for (const one of group.fragments)
      for (const address of formerAddresses(fragments.get(one) as Fragment))
        speakers.link(identifierKey(address), idOf.get(group) ?? '');
  }
  const { links, link } = openLinks();
  for (const [address, ids] of speakers.links) {
    for (const id of ids) {
      for (const other of [...ids, ...(staters.get(address) ?? [])]) {
        link(id, other);
        link(other, id);
      }
    }
  }
  return links;
}

function sharedIn(groups: readonly Group[]): readonly string[] {
  const edges = groups.flatMap((group) => group.edges.filter(({ state }) => state === 'void'));
  return [...new Set(edges.map(({ identifier }) => identifierKey(identifier)))].sort();
}

function assignIds(
  profiles: readonly Profile[],
  groups: readonly Group[],
  groupOf: ReadonlyMap<FragmentId, Group>,
): Map<Group, string> {
  const idOf = new Map<Group, string>();
  const order = [...profiles].sort(bySeniority);
  const homeless: Profile[] = [];
  for (const profile of order) {
    const anchor = anchorOf(profile);
    const group = anchor === undefined ? undefined : groupOf.get(anchor.fragment);
    if (group !== undefined && !idOf.has(group)) idOf.set(group, profile.id);
    else homeless.push(profile);
  }
  for (const profile of homeless) {
    const own = Object.keys(profile.fragments);
    const free = groups.find((group) => !idOf.has(group) && group.fragments.some((id) => own.includes(id)));
    // An id that was claimed and never written belongs to whoever came for it: the first group without an id.
    const adopted = free ?? (own.length === 0 ? groups.find((group) => !idOf.has(group)) : undefined);
    if (adopted !== undefined) idOf.set(adopted, profile.id);
  }
  return idOf;
}

function mergeInto(
  loser: Profile,
  groupOf: ReadonlyMap<FragmentId, Group>,
  idOf: ReadonlyMap<Group, string>,
  groups: readonly Group[],
): MergedProfile {
  const anchor = anchorOf(loser);
  const group = (anchor === undefined ? undefined : groupOf.get(anchor.fragment)) ?? groups[0];
  return {
    id: loser.id,
    version: loser.version,
    mergedInto: (group && idOf.get(group)) ?? loser.id,
    dueAt: null,
    outbox: [
      // Rows that the loser still owed stay owed: a segment it left just before still has its row.
      ...loser.outbox,
      ...Object.keys(loser.accounts).map((account) => ({ row: 'account', account }) as const),
      ...Object.keys(loser.memberships).map((segment) => ({ row: 'segment', segment, member: false, at: 0 }) as const),
      ...Object.keys(loser.wanted).map((audience) => ({ row: 'audience', audience }) as const),
    ],
  };
}

function bySeniority(a: Profile, b: Profile): number {
  if ((a.version === 0) !== (b.version === 0)) return a.version === 0 ? 1 : -1;
  const first = anchorOf(a);
  const second = anchorOf(b);
  const byTime = (first?.at ?? Number.POSITIVE_INFINITY) - (second?.at ?? Number.POSITIVE_INFINITY);
  return (Number.isNaN(byTime) ? 0 : byTime) || (a.id < b.id ? -1 : 1);
}

/** The fragment with the profile's oldest evidence: the profile's id stays with it. */
function anchorOf(profile: Profile): { readonly fragment: FragmentId; readonly at: number } | undefined {
  let anchor: { fragment: FragmentId; at: number } | undefined;
  for (const fragment of Object.keys(profile.fragments).sort()) {
    const evidence = evidenceOf(profile.fragments[fragment] as Fragment);
    const at = evidence.reduce((least, { first }) => Math.min(least, first), Number.MAX_SAFE_INTEGER);
    if (anchor === undefined || at < anchor.at) anchor = { fragment, at };
  }
  return anchor;
}
