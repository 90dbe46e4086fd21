import { canonicalText } from '../../domain/canonical.ts';
import type { ActivityChange, ConsentStatement, FragmentId } from '../../domain/change.ts';
import { type Compiled, decide, OUTBOX_GRACE_MS } from '../../domain/decide.ts';
import { evidenceOf, spokenAddresses, statedEver } from '../../domain/evidence.ts';
import type { FoldRules, Fragment } from '../../domain/fragment.ts';
import { isAddress } from '../../domain/identifier.ts';
import { accountIdsOf, type Follow, type Profile } from '../../domain/profile.ts';
import { wholeEntries } from '../../domain/segment/document.ts';
import { standingConsent } from '../../domain/told-consent.ts';
import { isVoided } from '../../domain/voided.ts';
import { tellMovements } from '../../domain/why-moved.ts';
import type { Account, AccountStore, ActivityStore } from '../ports.ts';
import { type Folded, sameGrouping } from './fold.ts';
import type { Component } from './gather.ts';
import { everythingDone, refillFragment, remembersTooLittle, type Versions, voidFragment } from './refill.ts';

/** A component with its decisions taken. */
export interface Decided extends Folded {
  /** Profiles that must be written. */
  readonly news: readonly Profile[];
  /** Activities that a full replay found void: deleted when the profiles are written. */
  readonly gone: readonly ActivityChange[];
  /** Profiles that need no write but whose rows were left unwritten by a crash. */
  readonly owing: readonly Profile[];
}

interface DecideStores {
  readonly accounts: AccountStore;
  readonly activities: ActivityStore;
  readonly versions: Versions;
}

interface Deciding {
  readonly compiled: Compiled;
  readonly rules: FoldRules;
  readonly refill: boolean;
}

/** Decides everybody whom a batch touched: fills what segments need, copies account traits, evaluates at `now`. */
export async function decidePeople(
  stores: DecideStores,
  folded: readonly Folded[],
  given: Deciding,
  now: number,
): Promise<readonly Decided[]> {
  const filled = await Promise.all(
    (await refill(stores, folded, given, now)).map((item) => voidActivities(stores, item, given, now)),
  );
  const accounts = await readAccounts(stores.accounts, filled);
  return Promise.all(filled.map((item) => decideComponent(item, given.compiled, { accounts, now, stores })));
}

/**
 * Fills what segments now need of activities from history, in records that a profile remembered for other definitions.
 * A record brings its memory along when it moves to another profile, so it is the profile that held it that tells.
 */
async function refill(
  stores: DecideStores,
  folded: readonly Folded[],
  given: Deciding,
  now: number,
): Promise<readonly Folded[]> {
  const how = { rules: given.rules, oldest: now - given.compiled.definitions.privacy.activitiesKeptMs };
  return Promise.all(
    folded.map(async (item) => {
      const outdated = await outdatedIn(item, given, stores.versions);
      if (outdated.size === 0) return item;
      const profiles = item.profiles.map(async (profile): Promise<Profile> => {
        const ids = Object.keys(profile.fragments).filter((id) => outdated.has(id));
        if (ids.length === 0) return profile;
        const filled = await Promise.all(
          ids.map(async (id) => {
            const { fragment } = await refillFragment(stores.activities, id, profile.fragments[id] as Fragment, how);
            return [id, fragment] as const;
          }),
        );
        return { ...profile, fragments: { ...profile.fragments, ...Object.fromEntries(filled) } };
      });
      return { ...item, profiles: await Promise.all(profiles) };
    }),
  );
}

/** Takes what was voided in this batch out of the memory of its records. */
async function voidActivities(
  stores: DecideStores,
  item: Folded,
  given: Deciding,
  now: number,
): Promise<Folded & Pick<Decided, 'gone'>> {
  const { byFragment } = item.component;
  const voided = [...byFragment].filter(([, changes]) => changes.some(({ kind }) => kind === 'voided'));
  if (voided.length === 0) return { ...item, gone: [] };
  const how = { rules: given.rules, oldest: now - given.compiled.definitions.privacy.activitiesKeptMs };
  const gone: ActivityChange[] = [];
  const profiles = item.profiles.map(async (profile): Promise<Profile> => {
    let { fragments } = profile;
    for (const [id, changes] of voided) {
      const held = fragments[id];
      if (held === undefined) continue;
      const left = await voidFragment(stores.activities, id, held, { ...how, changes });
      gone.push(...left.gone);
      if (left.fragment !== held) fragments = { ...fragments, [id]: left.fragment };
    }
    return fragments === profile.fragments ? profile : { ...profile, fragments };
  });
  return { ...item, profiles: await Promise.all(profiles), gone };
}

async function outdatedIn(item: Folded, given: Deciding, versions: Versions): Promise<ReadonlySet<FragmentId>> {
  const outdated = new Set<FragmentId>();
  for (const profile of item.component.profiles) {
    if (profile.version === 0) continue;
    if (!given.refill && !(await remembersTooLittle(profile, given.compiled, versions))) continue;
    for (const id of Object.keys(profile.fragments)) outdated.add(id);
  }
  return outdated;
}

async function decideComponent(
  item: Folded & Pick<Decided, 'gone'>,
  compiled: Compiled,
  given: { readonly accounts: ReadonlyMap<string, Account>; readonly now: number; readonly stores: DecideStores },
): Promise<Decided> {
  const { accounts, now, stores } = given;
  const news: Profile[] = [];
  const owing: Profile[] = [];
  for (const regrouped of item.profiles) {
    const profile = suppress(hear(regrouped, item), item.component);
    const before = item.component.profiles.find(({ id }) => id === profile.id);
    const folded = before !== profile || profile.version === 0;
    const stale = profile.definitions !== compiled.definitions.version || profile.needs !== compiled.needs;
    if (!folded && !stale && !item.component.asked.includes(profile.id)) {
      // A message that came before and died between the profile and its rows: it brings nothing new, and owes them.
      if (before.outbox.length > 0) owing.push(before);
      continue;
    }
    const linked = linkAccounts(profile, accounts);
    const kept = decide(linked, compiled, now);
    const decided =
      kept.overflowed.length === 0
        ? kept.profile
        : decide(linked, compiled, now, await wholeHistory(stores.activities, linked, item, compiled)).profile;
    if (stale || before === undefined || before.version === 0 || !sameDecision(before, decided)) {
      news.push(await explained(stores, before, decided, { compiled, now }));
    } else if (before.outbox.length > 0) owing.push(before);
  }
  const merged = item.merged.map((one) => ({
    ...one,
    outbox: one.outbox.map((follow) => leftByMerge(follow, now)),
    dueAt: one.outbox.length > 0 ? now + OUTBOX_GRACE_MS : null,
  }));
  return { ...item, merged, news, owing };
}

/**
 * An address keeps its consent wherever the records that state it are: what other people's records tell of a person's
 * addresses is written down with the person, so that neither a merge nor an unmerge nor a limit changes what an address
 * said. A record is heard about addresses that it stated as its own, now or before: whoever has one of them is kin or in
 * earshot, and both are decided together when either moves. Whoever is alone hears nothing new.
 */
function hear(profile: Profile, { profiles, component, merged }: Folded): Profile {
  if (profiles.length + merged.length < 2) return profile;
  const addresses = listenedTo(Object.values(profile.fragments));
  const heard = new Map<FragmentId, readonly ConsentStatement[]>();
  const listen = (fragment: FragmentId, statements: readonly ConsentStatement[]): void => {
    const about = statements.filter(({ address }) => addresses.has(address));
    if (about.length > 0 && profile.fragments[fragment] === undefined) heard.set(fragment, about);
  };
  const here = new Set(profiles.flatMap(({ fragments }) => Object.keys(fragments)));
  for (const { heard: before = {} } of [...component.profiles, profile]) {
    // Of records that are not at hand stands what was heard before; of the others, what they tell now.
    for (const [fragment, statements] of Object.entries(before)) if (!here.has(fragment)) listen(fragment, statements);
  }
  for (const { fragments } of profiles) {
    for (const [fragment, folded] of Object.entries(fragments)) {
      const own = addressesOf([folded]);
      listen(
        fragment,
        standingConsent(folded).filter(({ address }) => own.has(address)),
      );
    }
  }
  const next = Object.fromEntries(heard);
  return canonicalText(next) === canonicalText(profile.heard ?? {}) ? profile : { ...profile, heard: next };
}

/**
 * What is known of suppression goes with the identifiers: whoever has a record that ever stated one is marked, after any
 * merge or unmerge. What the index says now stands above what was known.
 */
function suppress(profile: Profile, { profiles, marks }: Component): Profile {
  const known = new Set(profiles.flatMap(({ suppressed = [] }) => suppressed));
  for (const [text, on] of marks) {
    if (on) known.add(text);
    else known.delete(text);
  }
  const { suppressed = [] } = profile;
  if (known.size + suppressed.length === 0) return profile;
  const next = statedEver(profile.fragments).filter((text) => known.has(text));
  if (canonicalText(next) === canonicalText(suppressed)) return profile;
  const { suppressed: _, ...rest } = profile;
  return next.length === 0 ? rest : { ...rest, suppressed: next };
}

/**
 * The addresses about which a person hears others: those of its records, and those that they gave up and still speak of.
 * What is said of any other that they once had does not reach them, whoever says it: it would stay as it was last heard.
 */
function listenedTo(fragments: readonly Fragment[]): ReadonlySet<string> {
  const stated = fragments.flatMap((fragment) => [
    ...evidenceOf(fragment).map(({ identifier }) => identifier),
    ...spokenAddresses(fragment),
  ]);
  return new Set(stated.flatMap(({ type, value }) => (isAddress(type) ? [value] : [])));
}

function addressesOf(fragments: readonly Fragment[]): ReadonlySet<string> {
  const types = fragments.flatMap(({ identifiers }) => [identifiers.email, identifiers.phone]);
  return new Set(types.flatMap((values) => Object.keys(values ?? {})));
}

/** The rows of a merged person are taken back now, and the segments' history says so. */
function leftByMerge(follow: Follow, now: number): Follow {
  return follow.row === 'segment' && follow.at === 0 ? { ...follow, at: now, why: { moved: 'merge' } } : follow;
}

/** With the reasons for which segments were entered or left. */
async function explained(
  { versions }: DecideStores,
  before: Profile | undefined,
  after: Profile,
  { compiled, now }: { readonly compiled: Compiled; readonly now: number },
): Promise<Profile> {
  if (!after.outbox.some((follow) => follow.row === 'segment' && follow.why === undefined)) return after;
  const same = before?.definitions === compiled.definitions.version;
  const former = same ? compiled : before === undefined ? undefined : await versions(before.definitions);
  return tellMovements({ before, after, former, current: compiled, now });
}

/** All that the person ever did: what is stored, and what this batch brings and is stored after the profile. */
async function wholeHistory(activities: ActivityStore, profile: Profile, item: Folded, compiled: Compiled) {
  const done = await everythingDone(activities, profile);
  for (const [id, { voided }] of Object.entries(profile.fragments)) {
    for (const change of item.component.byFragment.get(id) ?? [])
      if (change.kind === 'activity' && !isVoided(voided, change)) done.push(change);
  }
  return wholeEntries(compiled.program, done);
}

/** Whether a profile that was looked at again, or told what it knew, would be stored as it is. */
function sameDecision(before: Profile, after: Profile): boolean {
  const segments = Object.keys(after.memberships);
  return (
    sameFragments(before.fragments, after.fragments) &&
    before.accounts === after.accounts &&
    before.heard === after.heard &&
    before.suppressed === after.suppressed &&
    sameGrouping(before, after) &&
    before.outbox.length === after.outbox.length &&
    before.flipsAt === after.flipsAt &&
    segments.length === Object.keys(before.memberships).length
  );
}

/** An activity that no segment needs any more leaves nothing behind: it was remembered and cut again. */
function sameFragments(before: Profile['fragments'], after: Profile['fragments']): boolean {
  if (before === after) return true;
  const ids = Object.keys(after);
  if (ids.length !== Object.keys(before).length) return false;
  return ids.every((id) => {
    const [a, b] = [before[id], after[id]];
    if (a === b) return true;
    if (a === undefined || b === undefined) return false;
    const { did: didBefore, ...restBefore } = a;
    const { did: didAfter, ...restAfter } = b;
    const names = Object.keys(restAfter) as (keyof typeof restAfter)[];
    const same =
      names.length === Object.keys(restBefore).length && names.every((name) => restBefore[name] === restAfter[name]);
    return same && canonicalText(didBefore) === canonicalText(didAfter);
  });
}

/** Copies the traits of the accounts that a person belongs to, and names the links that were made or ended. */
function linkAccounts(profile: Profile, accounts: ReadonlyMap<string, Account>): Profile {
  const ids = accountIdsOf(profile);
  const held = Object.keys(profile.accounts);
  const links = [...ids.filter((id) => !held.includes(id)), ...held.filter((id) => !ids.includes(id))];
  const traitsOf = (id: string) => liveTraits(accounts.get(id));
  const same = links.length === 0 && ids.every((id) => sameLeaves(profile.accounts[id] ?? {}, traitsOf(id)));
  if (same) return profile;
  return {
    ...profile,
    accounts: Object.fromEntries(ids.map((id) => [id, traitsOf(id)])),
    outbox: [...profile.outbox, ...links.map((account) => ({ row: 'account', account }) as const)],
  };
}

function liveTraits(account: Account | undefined): Account['traits'] {
  if (account === undefined) return {};
  const { gone } = account;
  if (gone === undefined) return account.traits;
  return Object.fromEntries(Object.entries(account.traits).filter(([, leaf]) => leaf[1] > gone));
}

/** Values are compared too: of two values with one time the fold may later find the other the winner. */
function sameLeaves(a: Account['traits'], b: Account['traits']): boolean {
  const paths = Object.keys(b);
  return (
    paths.length === Object.keys(a).length &&
    paths.every((path) => {
      const [x, y] = [a[path], b[path]];
      return x?.[1] === y?.[1] && x?.[2] === y?.[2] && canonicalText(x?.[0]) === canonicalText(y?.[0]);
    })
  );
}

async function readAccounts(store: AccountStore, folded: readonly Folded[]): Promise<ReadonlyMap<string, Account>> {
  const ids = new Set(folded.flatMap(({ profiles }) => profiles.flatMap((profile) => accountIdsOf(profile))));
  return ids.size === 0 ? new Map() : store.read([...ids]);
}
