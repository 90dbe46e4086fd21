import { canonicalText } from './canonical.ts';
import { connectionOf } from './change.ts';
import { compareText } from './compare-text.ts';
import type { IdentityRules } from './definitions.ts';
import { asTold, type ReadTrait } from './facet/read-trait.ts';
import { isLive } from './fragment.ts';
import type { Milliseconds } from './instant.ts';
import type { Json, JsonObject } from './json.ts';
import { accountIdsOf, type Profile } from './profile.ts';
import { older, type TraitValue } from './trait-value.ts';
import { traitsOf } from './unusable.ts';
import { lastSeen, mergeVisits, sessionValues, type Visits } from './visits.ts';
import { keepsEarliest } from './whole-traits.ts';

/** One trait as it stands, with where it comes from and who else said something. */
export interface EffectiveTrait {
  readonly value: Json;
  /** What the source told, where it is written otherwise: `Germany` for the country `DE`. */
  readonly told?: Json;
  readonly at: Milliseconds;
  readonly source: string;
  /** What a computed trait was made of, in words. */
  readonly because?: string;
  readonly losers: readonly { readonly value: Json; readonly at: Milliseconds; readonly source: string }[];
}

/** Traits about a company: here the company's own record knows better than what a record of a person says of it. */
const COMPANY = 'company.';

/**
 * Survivorship: per trait path the value of the best source by the workspace's priorities; then under `company` the
 * account before records of the person, elsewhere the person's records before the account; then the newest, then the
 * newer mapping, then value order, then the source's name. A source that removed its value does not compete.
 * `read` brings the value that won to its common form; which one wins is decided on what was told.
 */
export function effectiveTraits(
  profile: Pick<Profile, 'fragments' | 'accounts'>,
  priorities: IdentityRules['priorities'],
  read: ReadTrait = asTold,
): Map<string, EffectiveTrait> {
  const candidates = new Map<string, { value: TraitValue; from: string }[]>();
  const offer = (path: string, value: TraitValue, from: string): void => {
    if (value[0] === null) return;
    const list = candidates.get(path);
    if (list === undefined) candidates.set(path, [{ value, from }]);
    else list.push({ value, from });
  };
  for (const [id, fragment] of Object.entries(profile.fragments)) {
    const told = Object.entries(traitsOf(fragment));
    const removed = told.filter(([, value]) => value[0] === null);
    for (const [path, value] of told) {
      // Who removes `address` removes `address.city` with it.
      const gone = removed.some(([above, { 1: at }]) => at > value[1] && path.startsWith(`${above}.`));
      if (!gone && isLive(fragment, value[1])) offer(path, value, id);
    }
  }
  for (const id of accountIdsOf(profile)) {
    for (const [path, value] of Object.entries(profile.accounts[id] ?? {})) offer(path, value, id);
  }
  for (const { path, value, from } of sessionTraits(profile)) offer(path, value, from);
  const traits = new Map<string, EffectiveTrait>();
  for (const path of [...candidates.keys()].sort()) {
    const list = candidates.get(path) ?? [];
    if (list.length > 1) {
      // A trait may be called like something that every object has: `constructor`.
      const own = Object.hasOwn(priorities, path) ? priorities[path] : undefined;
      const sources = own ?? priorities['*'] ?? [];
      list.sort(keepsEarliest(path) ? byEarliest : bySurvivorship(path, sources, profile.fragments));
    }
    const [best, ...others] = list;
    if (best === undefined) continue;
    const losers = others.map(({ value: [value, at], from }) => ({ value, at, source: from }));
    const [told, at] = best.value;
    const beside = profile.fragments[best.from]?.traits ?? profile.accounts[best.from] ?? {};
    const value = read(path, told, best.from, beside);
    const trait = { value, at, source: best.from, losers };
    traits.set(path, value === told ? trait : { ...trait, told });
  }
  return traits;
}

/** Everything the person visited with, as one: what two records saw in one half-hour is of one session. */
export function visitsOf({ fragments }: Pick<Profile, 'fragments'>): Visits | undefined {
  let all: Visits | undefined;
  for (const { visits } of Object.values(fragments)) if (visits !== undefined) all = mergeVisits(all, visits);
  return all;
}

/** Sessions over everything the person visited with, under the record that was seen last. */
function sessionTraits(
  profile: Pick<Profile, 'fragments'>,
): { readonly path: string; readonly value: TraitValue; readonly from: string }[] {
  const all = visitsOf(profile);
  let seen: { readonly at: Milliseconds; readonly from: string } | undefined;
  for (const from of Object.keys(profile.fragments).sort()) {
    const visits = profile.fragments[from]?.visits;
    if (visits === undefined) continue;
    if (seen === undefined || lastSeen(visits) > seen.at) seen = { at: lastSeen(visits), from };
  }
  if (all === undefined || seen === undefined) return [];
  const { from } = seen;
  return sessionValues(all).map(([path, value, at]) => ({ path, value: [value, at, 1], from }));
}

/**
 * Effective traits as one nested object. Where one source calls `a` a text and another `a.b` a number, the text keeps its
 * place and the deeper one its dotted name.
 */
export function nestTraits(traits: ReadonlyMap<string, { readonly value: Json }>): JsonObject {
  const nested: Record<string, Json> = {};
  // Only objects made here are written into: a trait's own value may be an object too, and stays what it is.
  const made = new Set<Json>();
  for (const [path, { value }] of traits) {
    const steps = path.split('.');
    const last = steps.pop() ?? path;
    const parent = descend(nested, steps, made);
    if (parent === undefined || Object.hasOwn(parent, last)) nested[path] = value;
    else parent[last] = value;
  }
  return nested;
}

function descend(
  from: Record<string, Json>,
  steps: readonly string[],
  made: Set<Json>,
): Record<string, Json> | undefined {
  let at = from;
  for (const step of steps) {
    const held = Object.hasOwn(at, step) ? (at[step] ?? null) : null;
    if (held !== null && !made.has(held)) return undefined;
    const inner = held ?? {};
    made.add(inner);
    at[step] = inner;
    at = inner as Record<string, Json>;
  }
  return at;
}

function byEarliest(a: { value: TraitValue }, b: { value: TraitValue }): number {
  return older(a.value, b.value) === a.value ? -1 : 1;
}

function bySurvivorship(path: string, sources: readonly string[], fragments: Profile['fragments']) {
  const companyFirst = path.startsWith(COMPANY);
  const distance = (from: string): number => (Object.hasOwn(fragments, from) === companyFirst ? 1 : 0);
  const rank = (from: string): number => {
    const index = sources.indexOf(connectionOf(from));
    return index < 0 ? sources.length : index;
  };
  return (a: { value: TraitValue; from: string }, b: { value: TraitValue; from: string }): number =>
    rank(a.from) - rank(b.from) ||
    distance(a.from) - distance(b.from) ||
    b.value[1] - a.value[1] ||
    b.value[2] - a.value[2] ||
    compareText(canonicalText(b.value[0]), canonicalText(a.value[0])) ||
    // Both say the same at the same time: which record is named must not depend on which came first.
    compareText(a.from, b.from);
}
