import { canonicalText } from '../../domain/canonical.ts';
import type { ActivityChange, PersonChange } from '../../domain/change.ts';
import type { Compiled } from '../../domain/decide.ts';
import { type FoldRules, type Fragment, foldFragment } from '../../domain/fragment.ts';
import { parseInstant } from '../../domain/instant.ts';
import type { Profile } from '../../domain/profile.ts';
import { observe } from '../../domain/segment/entries.ts';
import { unmetNeeds } from '../../domain/segment/need.ts';
import { isVoided, noteVoided, type Voided, voidMemory } from '../../domain/voided.ts';
import type { ActivityStore } from '../ports.ts';

/** Any version of the definitions, compiled; undefined when it is not known any more. */
export type Versions = (version: string) => Promise<Compiled | undefined>;

/** How folding goes under some definitions. */
export function foldRules(compiled: Compiled): FoldRules {
  const { identity } = compiled.definitions;
  return {
    blocked: new Set(identity.blocked),
    country: (connection) => identity.countries[connection],
    observe: (activity) => observe(compiled.program, activity),
  };
}

/**
 * Whether a profile remembers too little of activities for some definitions to be decided by it. Whose memory is of
 * definitions that nobody knows any more remembers too little.
 */
export async function remembersTooLittle(profile: Profile, compiled: Compiled, versions: Versions): Promise<boolean> {
  if (profile.needs === compiled.needs) return false;
  const former = await versions(profile.definitions);
  if (former === undefined || former.needs !== profile.needs) return true;
  return unmetNeeds(former.program.needs, compiled.program.needs).length > 0;
}

/** Fills what segments need of activities into one record, from everything stored about it. */
export async function refillFragment(
  activities: ActivityStore,
  id: string,
  fragment: Fragment,
  { rules, oldest }: { readonly rules: FoldRules; readonly oldest: number },
): Promise<{ readonly fragment: Fragment; readonly read: number }> {
  let filled = fragment;
  let read = 0;
  for await (const page of activities.all(id)) {
    read += page.length;
    for (const activity of page) {
      if ((parseInstant(activity.at) ?? 0) > oldest) filled = foldFragment(filled, activity, rules);
    }
  }
  return { fragment: filled, read };
}

/**
 * Takes what a full replay found void out of one record's memory, by everything stored about it and what is being folded with
 * it. The void rows are deleted after the profile is written: whoever dies in between finds them again.
 */
export async function voidFragment(
  activities: ActivityStore,
  id: string,
  fragment: Fragment,
  given: { readonly rules: FoldRules; readonly oldest: number; readonly changes: readonly PersonChange[] },
): Promise<{ readonly fragment: Fragment; readonly gone: readonly ActivityChange[] }> {
  const { rules, oldest } = given;
  const told = given.changes.filter((change) => change.kind === 'activity' && !isVoided(fragment.voided, change));
  const standing = [...told] as ActivityChange[];
  const gone: ActivityChange[] = [];
  for await (const page of activities.all(id)) {
    for (const one of page) (isVoided(fragment.voided, one) ? gone : standing).push(one);
  }
  const held = fragment.did;
  const did = voidMemory({ held, standing, gone, oldest, observe: rules.observe });
  return { fragment: canonicalText(did) === canonicalText(held) ? fragment : { ...fragment, did }, gone };
}

/**
 * What must be folded with a replay's word that a record is void: of the activities that stand one, and those which state
 * an identifier first and last. They are told again, and come after that word.
 */
export async function tellStanding(
  activities: ActivityStore,
  id: string,
  changes: readonly PersonChange[],
): Promise<readonly PersonChange[]> {
  const words = changes.filter((change) => change.kind === 'voided');
  if (!words.some(({ record }) => record === true)) return changes;
  let voided: Voided | undefined;
  for (const word of words) voided = noteVoided(voided, word);
  let any: ActivityChange | undefined;
  const ends = new Map<string, { first: ActivityChange; last: ActivityChange }>();
  for await (const page of activities.all(id)) {
    for (const one of page) {
      if (isVoided(voided, one)) continue;
      any ??= one;
      for (const stated of one.identifiers ?? []) {
        const key = canonicalText(stated);
        const { first, last } = ends.get(key) ?? { first: one, last: one };
        ends.set(key, { first: one.at < first.at ? one : first, last: one.at > last.at ? one : last });
      }
    }
  }
  const standing = new Set([
    ...(any === undefined ? [] : [any]),
    ...[...ends.values()].flatMap((end) => [end.first, end.last]),
  ]);
  return [...words, ...standing, ...changes.filter(({ kind }) => kind !== 'voided')];
}

/** All that is stored of what a person ever did, without what a full replay found void and nobody deleted yet. */
export async function everythingDone(activities: ActivityStore, profile: Profile): Promise<ActivityChange[]> {
  const done: ActivityChange[] = [];
  for (const [id, { voided }] of Object.entries(profile.fragments)) {
    for await (const page of activities.all(id)) done.push(...page.filter((one) => !isVoided(voided, one)));
  }
  return done;
}
