import type { AccountChange, Change, FragmentId, Identifier } from './change.ts';
import type { IdentityRules } from './definitions.ts';
import { asTold, type ReadTrait } from './facet/read-trait.ts';
import { emptyFragment, type FoldRules, type Fragment, foldFragment } from './fragment.ts';
import { type EdgeState, edgeId, type Group, groupFragments } from './group.ts';
import { deriveProfileId, type IdentityKey, identifierKey } from './identifier.ts';
import { formatInstant, type Milliseconds, parseInstant } from './instant.ts';
import type { JsonObject } from './json.ts';
import { accountIdsOf, identifiersOf, newProfile, type Profile } from './profile.ts';
import { refusedOf } from './region.ts';
import { type ObservedActivity, type Observing, observe } from './segment/entries.ts';
import { effectiveTraits, nestTraits } from './survivorship.ts';
import { flattenTraits, type TraitValue, writeTraits } from './trait-value.ts';
import { type UnusableLine, unusableOf } from './unusable.ts';

/** One person as `tributary resolve` prints it: what identity resolution makes of the changes, and on what evidence. */
export interface ResolvedPerson {
  readonly id: string;
  readonly identifiers: readonly Identifier[];
  readonly traits: JsonObject;
  readonly fragments: readonly FragmentId[];
  /** In evidence order: (source time, type, fragment, value). `at` is RFC 3339. */
  readonly edges: readonly {
    readonly id: string;
    readonly fragment: FragmentId;
    readonly identifier: Identifier;
    readonly at: string;
    /** `suppressed` is what a refused piece of evidence has always been called in this output. */
    readonly state: Exclude<EdgeState, 'refused'> | 'suppressed';
  }[];
  /** Different activity ids, counted in each fragment. */
  readonly activities: number;
  /** What records told as identifiers and is none, with the reason. Absent: nothing. */
  readonly unusable?: readonly UnusableLine[];
}

/** Takes changes in any order, then tells who is who. */
export interface OfflineResolver {
  add(change: Change): void;
  /** Everybody, sorted by id; each person is made when it is asked for. The same changes give the same people. */
  people(): Iterable<ResolvedPerson>;
  /** The same people as they would be stored, before anything is decided about them. */
  profiles(): Iterable<Profile>;
  /** Everything that a person did, in no order; nothing without `observing`. */
  doneBy(profile: Profile): readonly ObservedActivity[];
}

/** Ids of offline people are the same on every machine; a deployment derives its own from its secret key. */
const OFFLINE_KEY: IdentityKey = { secret: 'tributary resolve works offline', generation: 1 };

interface Account {
  traits: Readonly<Record<string, TraitValue>>;
  gone: Milliseconds;
}

/**
 * Identity resolution without a stage: the fold and the grouping of the deployed functions, over everything at once.
 * `read` brings traits to their common form; `observing` says what profiles keep of activities, for whoever decides about them.
 */
export function openOfflineResolver(
  identity: IdentityRules,
  read: ReadTrait = asTold,
  observing?: Observing,
): OfflineResolver {
  const rules: FoldRules = {
    blocked: new Set(identity.blocked),
    country: (connection) => identity.countries[connection],
    observe: observing === undefined ? () => [] : (activity) => observe(observing, activity),
  };
  const fragments = new Map<FragmentId, Fragment>();
  const accounts = new Map<string, Account>();
  const activities = new Map<FragmentId, Map<string, ObservedActivity | undefined>>();

  function add(change: Change): void {
    if (change.kind === 'account') {
      addAccount(accounts, change);
      return;
    }
    const { fragment } = change;
    fragments.set(fragment, foldFragment(fragments.get(fragment) ?? emptyFragment, change, rules));
    if (change.kind !== 'activity') return;
    const known = activities.get(fragment) ?? new Map<string, ObservedActivity | undefined>();
    activities.set(fragment, known.set(change.id, observing === undefined ? undefined : change));
  }

  function* groups(): Iterable<{ id: string; group: Group }> {
    const found: { id: string; group: Group }[] = [];
    for (const region of regionsOf(fragments)) {
      for (const group of groupFragments(region, identity)) found.push({ id: idOf(group), group });
    }
    yield* found.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  }

  function profileOf(id: string, group: Group): Profile {
    const held = Object.fromEntries(group.fragments.map((key) => [key, fragments.get(key) ?? emptyFragment]));
    const accountCopies = accountTraits(held, accounts);
    return { ...newProfile(id), fragments: held, accounts: accountCopies, refused: refusedOf(group) };
  }

  function describe(id: string, group: Group): ResolvedPerson {
    const profile = profileOf(id, group);
    const unusable = unusableOf(profile.fragments);
    return {
      id,
      identifiers: identifiersOf(profile),
      traits: nestTraits(effectiveTraits(profile, identity.priorities, read)),
      fragments: group.fragments,
      edges: group.edges.map(({ fragment, identifier, at, state }) => ({
        id: edgeId(fragment, identifier),
        fragment,
        identifier,
        at: formatInstant(at),
        state: state === 'refused' ? 'suppressed' : state,
      })),
      activities: group.fragments.reduce((sum, fragment) => sum + (activities.get(fragment)?.size ?? 0), 0),
      ...(unusable.length === 0 ? {} : { unusable }),
    };
  }

  return {
    add,
    *people() {
      for (const { id, group } of groups()) yield describe(id, group);
    },
    *profiles() {
      for (const { id, group } of groups()) yield profileOf(id, group);
    },
    doneBy: ({ fragments: held }) =>
      Object.keys(held).flatMap((id) => [...(activities.get(id)?.values() ?? [])].filter((one) => one !== undefined)),
  };
}

/**
 * Parts of the fragments that share no identifier value with each other. Grouping each alone gives what grouping all
 * together gives, in a fraction of the memory.
 */
function* regionsOf(fragments: ReadonlyMap<FragmentId, Fragment>): Iterable<ReadonlyMap<FragmentId, Fragment>> {
  const holder = new Map<string, number>();
  const above: number[] = [];
  const topOf = (start: number): number => {
    let at = start;
    for (let up = above[at] ?? at; up !== at; up = above[at] ?? at) {
      above[at] = above[up] ?? up;
      at = up;
    }
    return at;
  };
  let index = 0;
  for (const { identifiers } of fragments.values()) {
    above.push(index);
    for (const type in identifiers) {
      for (const value in identifiers[type]) {
        if (value === '') continue;
        const key = identifierKey({ type, value });
        const first = holder.get(key);
        if (first === undefined) holder.set(key, index);
        else above[topOf(index)] = topOf(first);
      }
    }
    index += 1;
  }
  holder.clear();
  const regions = new Map<number, Map<FragmentId, Fragment>>();
  index = 0;
  for (const [id, fragment] of fragments) {
    const top = topOf(index);
    const region = regions.get(top);
    if (region === undefined) regions.set(top, new Map([[id, fragment]]));
    else region.set(id, fragment);
    index += 1;
  }
  yield* regions.values();
}

/** A person's id comes from the evidence that was there first; without any, from the only fragment. */
function idOf(group: Group): string {
  const first = group.edges.find(({ state }) => state === 'joined');
  return deriveProfileId(first?.identifier ?? { type: 'fragment', value: group.fragments[0] ?? '' }, OFFLINE_KEY);
}

function addAccount(accounts: Map<string, Account>, change: AccountChange): void {
  const at = parseInstant(change.at) ?? 0;
  const account = accounts.get(change.account) ?? { traits: {}, gone: Number.NEGATIVE_INFINITY };
  if (change.gone === true) account.gone = Math.max(account.gone, at);
  else account.traits = writeTraits(account.traits, flattenTraits(change.traits ?? {}), at, change.mapping ?? 1);
  accounts.set(change.account, account);
}

function accountTraits(
  fragments: Profile['fragments'],
  accounts: ReadonlyMap<string, Account>,
): Record<string, Readonly<Record<string, TraitValue>>> {
  const linked = accountIdsOf({ fragments }).map((id) => {
    const { traits, gone } = accounts.get(id) ?? { traits: {}, gone: Number.NEGATIVE_INFINITY };
    return [id, Object.fromEntries(Object.entries(traits).filter(([, value]) => value[1] > gone))] as const;
  });
  return Object.fromEntries(linked);
}
