import type { FragmentId } from '../../domain/change.ts';
import type { Compiled } from '../../domain/decide.ts';
import {
  evidenceOf,
  formerAddresses,
  sameEvidence,
  sameFormerAddresses,
  spokenAddresses,
} from '../../domain/evidence.ts';
import { emptyFragment, type FoldRules, type Fragment, foldFragment } from '../../domain/fragment.ts';
import {
  deriveProfileId,
  type IdentityKey,
  identifierKey,
  identifierOfKey,
  indexKey,
} from '../../domain/identifier.ts';
import type { MergedProfile, Profile } from '../../domain/profile.ts';
import { mostTogether, type Regrouped, regroup } from '../../domain/region.ts';
import { sameConsent } from '../../domain/told-consent.ts';
import type { Claim, IdentityIndex, LookedUp, Move, ProfileStore } from '../ports.ts';
import { type Component, type Followed, followIds, fragmentKey, isMerged } from './gather.ts';

/** A component after folding: what its profiles become, and what the index must learn first or with them. */
export interface Folded {
  readonly component: Component;
  /** The profiles after folding; an untouched one is the very object that was read. */
  readonly profiles: readonly Profile[];
  readonly merged: readonly MergedProfile[];
  readonly claims: readonly Claim[];
  readonly moves: readonly Move[];
  /** The living profile behind each `from` of the moves. */
  readonly givers: ReadonlyMap<string, string>;
  /** Keys that lead to the right person over a merged id, and may be led there directly in the same write. */
  readonly shortcuts: readonly Move[];
  /**
   * Living profiles that must stand as they were read, and are written again so that they do: one that an identifier is
   * moved away from, and all of a region whose evidence moved, because what one of them states decides about the others.
   */
  readonly witnesses: ReadonlySet<string>;
  /** Profiles that belong to the region and were not read: look again, with them, before any write. */
  readonly strangers: ReadonlySet<string>;
  /** A fragment was read in two profiles, because it moved between the reads: look again. */
  readonly torn: boolean;
  /** More profiles state what these state than are grouped together. */
  readonly crowded: boolean;
}

/** Folds every component in memory, then asks the index once more where identifiers change hands. */
export async function foldAll(
  components: readonly Component[],
  compiled: Compiled,
  rules: FoldRules,
  deps: { readonly identities: IdentityIndex; readonly profiles: ProfileStore; readonly key: IdentityKey },
  round: number,
): Promise<readonly Folded[]> {
  const folded = components.map((component) => foldComponent(component, compiled, rules, deps.key, round));
  // Who lost a write may have met an id that its person had before it was merged away.
  const steps = round === 0 ? folded : await reviveMerged(folded, deps.profiles);
  const unknown = new Set(
    steps.flatMap(({ homes, asked }) => [
      ...asked,
      ...[...homes].filter(([, { certain }]) => !certain).map(([key]) => key),
    ]),
  );
  const again = unknown.size === 0 ? undefined : await deps.identities.lookUp([...unknown]);
  const more = again?.owners ?? new Map<string, string>();
  const living = new Set(components.flatMap(({ profiles }) => profiles.map(({ id }) => id)));
  const strangers = new Set([...more.values()].filter((id) => !living.has(id)));
  const followed = await followIds(deps.profiles, strangers);
  const placed = steps.map((step) => ({ ...step, ...placeIdentifiers(step, more, followed) }));
  return placed.map((item) => ({
    ...item,
    claims: item.claims.map((one) => claimAsFound(one, item.component, again)),
  }));
}

/** A key that the index knows of, and that leads to nobody, is claimed as such. */
function claimAsFound(claim: Claim, { vacant }: Component, again: LookedUp | undefined): Claim {
  const known = vacant.has(claim.key) || again?.vacant.has(claim.key) === true;
  return known ? { ...claim, vacant: true } : claim;
}

/** Where the index must lead a key, and whether what was looked up about it before the profiles were read still holds. */
interface Home {
  readonly profile: string;
  /** Profiles where the key may stay as well: nobody holds it, and their records state it or speak of it. */
  readonly orAt: ReadonlySet<string>;
  readonly certain: boolean;
  /** Nobody's record states the address any more; some speak of it. A tombstone to which it leads stays. */
  readonly spoken: boolean;
}

interface Step {
  readonly component: Component;
  readonly profiles: readonly Profile[];
  readonly merged: readonly MergedProfile[];
  readonly homes: ReadonlyMap<string, Home>;
  /** Keys whose owners must be read too. */
  readonly asked: ReadonlySet<string>;
  readonly torn: boolean;
  /** What a record states moved, or who belongs together did. */
  readonly moved: boolean;
  readonly missing: ReadonlySet<string>;
  readonly crowded: boolean;
}

function foldComponent(
  component: Component,
  compiled: Compiled,
  rules: FoldRules,
  key: IdentityKey,
  round: number,
): Step {
  const before = new Map<FragmentId, Fragment>();
  for (const { fragments } of component.profiles) for (const id in fragments) before.set(id, fragments[id] as Fragment);
  const torn = before.size < component.profiles.reduce((sum, { fragments }) => sum + Object.keys(fragments).length, 0);
  const after = new Map(before);
  let moved = false;
  let told = false;
  for (const [id, changes] of component.byFragment) {
    const held = before.get(id);
    let fragment = held ?? emptyFragment;
    for (const change of changes) fragment = foldFragment(fragment, change, rules);
    after.set(id, fragment);
    if (held === undefined || !sameEvidence(held, fragment) || !sameFormerAddresses(held, fragment)) moved = true;
    told ||= held !== undefined && !sameConsent(held, fragment);
  }
  const nothing = { merged: [], homes: new Map(), asked: NOBODY, missing: NOBODY, crowded: false };
  const step = { component, ...nothing, torn, moved };
  const known = !moved && areKnownKin(component);
  // Whoever hears from a record must be read when what it tells of consent moves, although nobody's home does.
  const around = known && !told ? undefined : surroundings(component);
  if (around !== undefined && around.missing.size > 0)
    return { ...step, profiles: component.profiles, missing: around.missing };
  // Of too many, at least whoever holds the addresses.
  const many = told && around !== undefined && around.unread.size + around.unheard.size > 0;
  const asked = many ? ownAddresses(component, after, key) : NOBODY;
  if (known || around === undefined) return { ...step, asked, profiles: keepTogether(component, before, after) };
  const { read, unread, unheard, crowded } = around;
  // Ids of erased people are nobody's any more.
  const used = new Set([...read, ...[...component.graves.values()].flatMap((grave) => grave.profile ?? [])]);
  const former = new Set(component.profiles.flatMap((profile) => profile.former ?? []));
  const regrouped = regroup(component.profiles, after, {
    rules: compiled.definitions.identity,
    leftOut: unread,
    unheard,
    deriveId(strongest, own) {
      // A derived id that turned out to belong to somebody else is never free: later rounds try the next.
      let salt = Math.max(0, round - 2);
      // Who is taken apart again has the id that they had, whatever names them by now.
      const again = former.size === 0 || salt > 0 ? [] : own.map((one) => deriveProfileId(one, key));
      let id = again.find((one) => former.has(one) && !used.has(one)) ?? deriveProfileId(strongest, key, salt);
      for (; used.has(id); id = deriveProfileId(strongest, key, salt)) salt += 1;
      used.add(id);
      return id;
    },
  });
  const profiles = regrouped.profiles.map((profile) => sameObject(component.profiles, profile));
  const changed = moved || regrouped.merged.length > 0 || profiles.some((one) => !component.profiles.includes(one));
  const homes = homesOf(component, regrouped, key);
  return { ...step, profiles, merged: regrouped.merged, homes, asked, crowded, moved: changed };
}

/** Keys of the addresses that the records of a batch stated, now or before, and tell of. */
function ownAddresses(
  { byFragment }: Component,
  after: ReadonlyMap<FragmentId, Fragment>,
  key: IdentityKey,
): ReadonlySet<string> {
  const fragments = [...byFragment.keys()].map((id) => after.get(id) as Fragment);
  return new Set(fragments.flatMap(spokenAddresses).map((address) => indexKey(address, key)));
}

/** Who else there is around the profiles of a component. */
interface Surroundings {
  readonly read: ReadonlySet<string>;
  /** Kin that were not read. */
  readonly unread: ReadonlySet<string>;
  /** Profiles in earshot that were not read. */
  readonly unheard: ReadonlySet<string>;
  /** More than are grouped together: kin that were not read are left out. */
  readonly crowded: boolean;
  /** Those that must be read first. */
  readonly missing: ReadonlySet<string>;
}

function surroundings(component: Component): Surroundings {
  const { profiles } = component;
  const read = new Set(profiles.map(({ id }) => id));
  const isUnread = (id: string): boolean => !read.has(leadOf(component, id));
  const unread = new Set(profiles.flatMap(({ kin }) => kin.filter(isUnread)));
  const unheard = new Set(profiles.flatMap(({ earshot = [] }) => earshot.filter(isUnread)));
  const crowded = read.size + unread.size > mostTogether;
  const all = new Set([...unread, ...unheard]);
  const missing = crowded ? NOBODY : read.size + all.size > mostTogether ? unread : all;
  return { read, unread, unheard, crowded, missing };
}

/**
 * Gives people who are taken apart again the ids that they had: a pointer under a new id becomes a profile again. Whoever
 * it led to must be read and written with it: another writer may be following the pointer just now. A pointer to an erased
 * person stays: the id is in the receipt, and what is found under it is taken away.
 */
async function reviveMerged(steps: readonly Step[], store: ProfileStore): Promise<readonly Step[]> {
  const ids = steps.flatMap(({ profiles }) => profiles.filter(({ version }) => version === 0).map(({ id }) => id));
  if (ids.length === 0) return steps;
  const stored = [...(await store.read(ids)).values()].filter(isMerged);
  const { leads, erased } = await followIds(store, new Set(stored.map(({ mergedInto }) => mergedInto)));
  const leadOfPointer = ({ mergedInto }: MergedProfile): string => leads.get(mergedInto) ?? mergedInto;
  const pointers = new Map(stored.filter((one) => !erased.has(leadOfPointer(one))).map((one) => [one.id, one]));
  const revive = (profile: Profile): Profile => {
    const pointer = profile.version === 0 ? pointers.get(profile.id) : undefined;
    return pointer === undefined ? profile : { ...profile, version: pointer.version, outbox: pointer.outbox };
  };
  return steps.map((step) => {
    const revived = step.profiles.flatMap((one) => (one.version === 0 ? (pointers.get(one.id) ?? []) : []));
    const living = revived.map(leadOfPointer);
    const unread = living.filter((id) => step.component.profiles.every((one) => one.id !== id));
    return { ...step, profiles: step.profiles.map(revive), missing: new Set([...step.missing, ...unread]) };
  });
}

/** One person, or people who are known to share evidence and were grouped with each other already. */
function areKnownKin(component: Component): boolean {
  const { profiles } = component;
  if (profiles.length <= 1) return profiles.length === 1;
  const ids = new Set(profiles.map(({ id }) => id));
  return profiles.every(({ kin, earshot = [] }) => [...kin, ...earshot].some((id) => ids.has(leadOf(component, id))));
}

function leadOf(component: Component, id: string): string {
  return component.leads.get(id) ?? id;
}

/** The evidence did not move: everybody stays, and a profile that learned nothing stays the same object. */
function keepTogether(
  component: Component,
  before: ReadonlyMap<FragmentId, Fragment>,
  after: ReadonlyMap<FragmentId, Fragment>,
): readonly Profile[] {
  const changed = [...component.byFragment.keys()].filter((id) => before.get(id) !== after.get(id));
  if (changed.length === 0) return component.profiles;
  return component.profiles.map((profile) => {
    const own = changed.filter((id) => id in profile.fragments);
    const news = Object.fromEntries(own.map((id) => [id, after.get(id) as Fragment]));
    return own.length === 0 ? profile : { ...profile, fragments: { ...profile.fragments, ...news } };
  });
}

function sameObject(before: readonly Profile[], after: Profile): Profile {
  const held = before.find(({ id }) => id === after.id);
  if (held === undefined) return after;
  const ids = Object.keys(after.fragments);
  const same =
    ids.length === Object.keys(held.fragments).length && ids.every((id) => held.fragments[id] === after.fragments[id]);
  return same && held.version > 0 && sameGrouping(held, after) ? held : after;
}

/** Whether two states of a profile say the same of its evidence and of whom it shares it with. */
export function sameGrouping(a: Profile, b: Profile): boolean {
  return (
    a.refused.join('\n') === b.refused.join('\n') &&
    a.kin.join('\n') === b.kin.join('\n') &&
    a.earshot?.join('\n') === b.earshot?.join('\n') &&
    a.former?.join('\n') === b.former?.join('\n') &&
    a.crowd?.shared.join('\n') === b.crowd?.shared.join('\n')
  );
}

/**
 * Where the index must lead: every key of a fragment that is new or that changed hands, and of all fragments where several
 * people share evidence. A key that somebody holds leads there, one that nobody holds to anybody who states it, and an
 * address that nobody states to anybody who stated it before and speaks of its consent. The index was looked up before the
 * profiles were read, and a key may have moved between the two. It cannot have where the profile that it named was read
 * with that very evidence, because whoever gives evidence away is written with the move; nor where nobody had it, because
 * a claim is conditional. All others are looked up again.
 */
function homesOf(component: Component, regrouped: Regrouped, key: IdentityKey): Map<string, Home> {
  const homes = new Map<string, Home>();
  const held = new Map<FragmentId, string>();
  const evidence = new Set<string>();
  for (const { id, fragments } of component.profiles) {
    for (const fragment in fragments) {
      held.set(fragment, id);
      const one = fragments[fragment] as Fragment;
      for (const identifier of [...evidenceOf(one).map((stated) => stated.identifier), ...formerAddresses(one)])
        evidence.add(`${id}\n${identifierKey(identifier)}`);
    }
  }
  const put = (index: string, home: Omit<Home, 'certain'>, isHeld: (owner: string) => boolean): void => {
    const owner = component.owners.get(index);
    const lead = owner === undefined ? undefined : leadOf(component, owner);
    // The index named a merged id that is somebody's again now: the key may have been led past it since.
    const revived = owner !== lead && owner !== undefined && (owner === home.profile || home.orAt.has(owner));
    const certain = lead === undefined ? component.owners.has(index) : isHeld(lead) && !revived;
    homes.set(index, { ...home, certain });
  };
  const alone = component.profiles.length <= 1 && regrouped.groups.length === 1;
  const holders = new Map<string, string>();
  const staters = new Map<string, Set<string>>();
  const speakers = new Map<string, Set<string>>();
  for (const { id, group, profile } of regrouped.groups) {
    const isFresh = (one: FragmentId): boolean => !alone || held.get(one) !== id || component.byFragment.has(one);
    for (const fragment of group.fragments) {
      if (!isFresh(fragment)) continue;
      const home = { profile: id, orAt: NOBODY, spoken: false };
      put(fragmentKey(fragment, key), home, (owner) => held.get(fragment) === owner);
      for (const address of formerAddresses(profile.fragments[fragment] as Fragment)) {
        const text = identifierKey(address);
        // Whoever is alone and stated the address before is found by it already.
        if (!alone || !evidence.has(`${id}\n${text}`)) speakers.set(text, (speakers.get(text) ?? new Set()).add(id));
      }
    }
    for (const { fragment, identifier, state } of group.edges) {
      if (!isFresh(fragment)) continue;
      const text = identifierKey(identifier);
      if (state === 'joined') holders.set(text, id);
      staters.set(text, (staters.get(text) ?? new Set()).add(id));
    }
  }
  for (const text of new Set([...staters.keys(), ...speakers.keys()])) {
    const holder = holders.get(text);
    const ids = new Set([...(staters.get(text) ?? []), ...(speakers.get(text) ?? [])]);
    const [first = ''] = ids;
    const home = { profile: holder ?? first, orAt: holder === undefined ? ids : NOBODY, spoken: !staters.has(text) };
    put(indexKey(identifierOfKey(text), key), home, (owner) => evidence.has(`${owner}\n${text}`));
  }
  return homes;
}

const NOBODY: ReadonlySet<string> = new Set();

function placeIdentifiers(
  step: Step,
  more: ReadonlyMap<string, string>,
  followed: Followed,
): Pick<Folded, 'claims' | 'moves' | 'givers' | 'shortcuts' | 'strangers' | 'witnesses'> {
  // What was followed last counts: a pointer may have become a profile again since the first reading.
  const leadsTo = (id: string): string => followed.leads.get(id) ?? step.component.leads.get(id) ?? id;
  const intoWinner = new Map(step.merged.map(({ id, mergedInto }) => [id, mergedInto]));
  const read = new Set(step.component.profiles.map(({ id }) => id));
  const strangers = new Set(step.missing);
  const claims: Claim[] = [];
  const moves: Move[] = [];
  const shortcuts: Move[] = [];
  for (const [key, { profile, orAt, certain, spoken }] of step.homes) {
    if (spoken && step.component.graves.has(key)) continue;
    const owner = certain ? step.component.owners.get(key) : more.get(key);
    if (owner === profile || (owner !== undefined && orAt.has(owner))) continue;
    if (owner === undefined) {
      claims.push({ key, profile });
      continue;
    }
    const lead = leadsTo(owner);
    const erased = followed.erased.get(lead);
    if (erased !== undefined && spoken) continue;
    if (erased !== undefined) {
      // An erased person held it, and a record of this one stated it all along.
      claims.push({ key, profile, over: owner, erased });
      continue;
    }
    if (!read.has(lead)) strangers.add(lead);
    const living = intoWinner.get(lead) ?? lead;
    const right = living === profile || orAt.has(living);
    if (right) shortcuts.push({ key, from: owner, to: living });
    else moves.push({ key, from: owner, to: profile });
  }
  const several = step.component.profiles.length > 1 || step.profiles.length > 1;
  const region = step.moved && several ? read : NOBODY;
  for (const key of step.asked) {
    const lead = leadsTo(more.get(key) ?? '');
    if (more.has(key) && !followed.erased.has(lead) && !read.has(lead)) strangers.add(lead);
  }
  const givers = new Map(moves.map(({ from }) => [from, leadsTo(from)]));
  return { claims, moves, givers, shortcuts, strangers, witnesses: new Set([...region, ...givers.values()]) };
}
