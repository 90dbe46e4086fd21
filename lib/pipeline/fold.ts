import type { FragmentId } from '../domain/change.ts';
import type { Compiled } from '../domain/decide.ts';
import {
  emptyFragment,
  evidenceOf,
  type FoldRules,
  type Fragment,
  foldFragment,
  sameEvidence,
} from '../domain/fragment.ts';
import { deriveProfileId, type IdentityKey, identifierKey, indexKey } from '../domain/identifier.ts';
import type { MergedProfile, Profile } from '../domain/profile.ts';
import { type Regrouped, regroup } from '../domain/region.ts';
import { type Component, followIds, fragmentKey } from './gather.ts';
import type { IdentityIndex, Move, ProfileStore } from './ports.ts';

/** A component after folding: what its profiles become, and what the index must learn first or with them. */
export interface Folded {
  readonly component: Component;
  /** The profiles after folding; an untouched one is the very object that was read. */
  readonly profiles: readonly Profile[];
  readonly merged: readonly MergedProfile[];
  readonly claims: readonly { readonly key: string; readonly profile: string }[];
  readonly moves: readonly Move[];
  /** Keys that lead to the right person over a merged id, and may be led there directly in the same write. */
  readonly shortcuts: readonly Move[];
  /** Living profiles that an identifier is moved away from. */
  readonly givers: ReadonlySet<string>;
  /** Profiles that identifiers turned out to lead to and that were not read: look again, with them, before any write. */
  readonly strangers: ReadonlySet<string>;
  /** A fragment was read in two profiles, because it moved between the reads: look again. */
  readonly torn: boolean;
}

/** Folds every component in memory, then asks the index once more where identifiers change hands. */
export async function foldAll(
  components: readonly Component[],
  compiled: Compiled,
  rules: FoldRules,
  deps: { readonly identities: IdentityIndex; readonly profiles: ProfileStore; readonly key: IdentityKey },
  round: number,
): Promise<readonly Folded[]> {
  const steps = components.map((component) => foldComponent(component, compiled, rules, deps.key, round));
  const unknown = new Set(
    steps.flatMap(({ places }) => [...places].filter(([, { certain }]) => !certain).map(([key]) => key)),
  );
  const more = unknown.size === 0 ? new Map<string, string>() : await deps.identities.lookUp([...unknown]);
  const living = new Set(components.flatMap(({ profiles }) => profiles.map(({ id }) => id)));
  const strangers = new Set([...more.values()].filter((id) => !living.has(id)));
  const leads = await followIds(deps.profiles, strangers);
  return steps.map((step) => ({ ...step, ...placeIdentifiers(step, more, leads) }));
}

/** Where the index must lead a key, and whether what was looked up about it before the profiles were read still holds. */
interface Place {
  readonly profile: string;
  readonly certain: boolean;
}

interface Step {
  readonly component: Component;
  readonly profiles: readonly Profile[];
  readonly merged: readonly MergedProfile[];
  readonly places: ReadonlyMap<string, Place>;
  readonly torn: boolean;
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
  let evidenceMoved = component.profiles.length !== 1;
  for (const [id, changes] of component.byFragment) {
    const held = before.get(id);
    let fragment = held ?? emptyFragment;
    for (const change of changes) fragment = foldFragment(fragment, change, rules);
    after.set(id, fragment);
    if (held === undefined || !sameEvidence(held, fragment)) evidenceMoved = true;
  }
  if (!evidenceMoved)
    return { component, ...keepTogether(component, before, after), merged: [], places: new Map(), torn };
  const { identity } = compiled.definitions;
  const taken = new Set(component.profiles.map(({ id }) => id));
  const regrouped = regroup(component.profiles, after, identity, (strongest) => {
    // A derived id that turned out to belong to somebody else is never free: later rounds try the next.
    let salt = Math.max(0, round - 2);
    while (taken.has(deriveProfileId(strongest, key, salt))) salt += 1;
    const id = deriveProfileId(strongest, key, salt);
    taken.add(id);
    return id;
  });
  const profiles = regrouped.profiles.map((profile) => sameObject(component.profiles, profile));
  return { component, profiles, merged: regrouped.merged, places: placesOf(component, regrouped, key), torn };
}

/** The evidence did not move: everybody stays, and a profile that learned nothing stays the same object. */
function keepTogether(
  component: Component,
  before: ReadonlyMap<FragmentId, Fragment>,
  after: ReadonlyMap<FragmentId, Fragment>,
): { readonly profiles: readonly Profile[] } {
  const changed = [...component.byFragment.keys()].filter((id) => before.get(id) !== after.get(id));
  if (changed.length === 0) return { profiles: component.profiles };
  const news = Object.fromEntries(changed.map((id) => [id, after.get(id) as Fragment]));
  return {
    profiles: component.profiles.map((profile) => ({ ...profile, fragments: { ...profile.fragments, ...news } })),
  };
}

function sameObject(before: readonly Profile[], after: Profile): Profile {
  const held = before.find(({ id }) => id === after.id);
  if (held === undefined) return after;
  const ids = Object.keys(after.fragments);
  const same =
    ids.length === Object.keys(held.fragments).length && ids.every((id) => held.fragments[id] === after.fragments[id]);
  return same && held.version > 0 && held.refused.join('\n') === after.refused.join('\n') ? held : after;
}

/**
 * Where the index must lead: every key of a fragment that is new or that changed hands. The index was looked up before
 * the profiles were read, and a key may have moved between the two. It cannot have where the profile that it named was
 * read with that very evidence, because whoever gives evidence away is written with the move; nor where nobody had it,
 * because a claim is conditional. All others are looked up again.
 */
function placesOf(component: Component, regrouped: Regrouped, key: IdentityKey): Map<string, Place> {
  const places = new Map<string, Place>();
  const held = new Map<FragmentId, string>();
  const evidence = new Set<string>();
  for (const { id, fragments } of component.profiles) {
    for (const fragment in fragments) {
      held.set(fragment, id);
      for (const { identifier } of evidenceOf(fragments[fragment] as Fragment))
        evidence.add(`${id}\n${identifierKey(identifier)}`);
    }
  }
  const put = (index: string, profile: string, isHeld: (owner: string) => boolean): void => {
    const owner = component.owners.get(index);
    const certain = owner === undefined ? component.owners.has(index) : isHeld(component.leads.get(owner) ?? owner);
    places.set(index, { profile, certain });
  };
  for (const { id, group } of regrouped.groups) {
    const fresh = new Set(group.fragments.filter((one) => held.get(one) !== id || component.byFragment.has(one)));
    for (const fragment of fresh) put(fragmentKey(fragment, key), id, (owner) => held.get(fragment) === owner);
    for (const { fragment, identifier, state } of group.edges) {
      if (state !== 'joined' || !fresh.has(fragment)) continue;
      put(indexKey(identifier, key), id, (owner) => evidence.has(`${owner}\n${identifierKey(identifier)}`));
    }
  }
  return places;
}

function placeIdentifiers(
  step: Step,
  more: ReadonlyMap<string, string>,
  followed: ReadonlyMap<string, string>,
): Pick<Folded, 'claims' | 'moves' | 'shortcuts' | 'strangers' | 'givers'> {
  const leadOf = (id: string): string => step.component.leads.get(id) ?? followed.get(id) ?? id;
  const intoWinner = new Map(step.merged.map(({ id, mergedInto }) => [id, mergedInto]));
  const read = new Set(step.component.profiles.map(({ id }) => id));
  const strangers = new Set<string>();
  const claims: { key: string; profile: string }[] = [];
  const moves: Move[] = [];
  const shortcuts: Move[] = [];
  for (const [key, { profile, certain }] of step.places) {
    const owner = certain ? step.component.owners.get(key) : more.get(key);
    if (owner === profile) continue;
    if (owner === undefined) {
      claims.push({ key, profile });
      continue;
    }
    const leadsTo = leadOf(owner);
    if (!read.has(leadsTo)) strangers.add(leadsTo);
    const right = (intoWinner.get(leadsTo) ?? leadsTo) === profile;
    (right ? shortcuts : moves).push({ key, from: owner, to: profile });
  }
  const givers = new Set(moves.map(({ from }) => leadOf(from)));
  return { claims, moves, shortcuts, strangers, givers };
}
