import { grantedFrom, NEVER_GRANTED } from './consent.ts';
import { isAddress } from './identifier.ts';
import type { Json, JsonObject } from './json.ts';
import { consentOf, identifiersOf, type Profile } from './profile.ts';
import { type Entry, mergeEntries } from './segment/entries.ts';
import type { PersonView } from './segment/view.ts';
import { type EffectiveTrait, nestTraits } from './survivorship.ts';

/** What the segment evaluator sees of a profile. */
export function viewOf(profile: Profile, traits: ReadonlyMap<string, EffectiveTrait>): PersonView {
  const statements = consentOf(profile);
  const addresses = identifiersOf(profile)
    .filter(({ type }) => isAddress(type))
    .map(({ value }) => value);
  const grantedAtAny = (topic: string) =>
    addresses.reduce((from, address) => Math.min(from, grantedFrom(statements, address, topic)), NEVER_GRANTED);
  return {
    id: profile.id,
    trait: traitsByPath(traits),
    since: (path) => traits.get(path)?.at,
    entries: entriesOf(profile),
    consent: grantedAtAny,
    subscribed: grantedAtAny,
  };
}

/** Effective traits by dotted path; a path above some gives an object of them. */
export function traitsByPath(traits: ReadonlyMap<string, EffectiveTrait>): PersonView['trait'] {
  let nested: JsonObject | undefined;
  return function trait(path) {
    const exact = traits.get(path);
    if (exact !== undefined) return exact.value;
    nested ??= nestTraits(traits);
    let value: Json | undefined = nested;
    for (const step of path.split('.')) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
      value = Object.hasOwn(value, step) ? (value as JsonObject)[step] : undefined;
    }
    return value;
  };
}

/** What activities left for a leaf, merged over the records of a person. */
export function entriesOf(profile: Pick<Profile, 'fragments'>): (leafKey: string) => readonly Entry[] {
  const fragments = Object.values(profile.fragments);
  return function entries(leafKey) {
    let entries: readonly Entry[] | undefined;
    for (const fragment of fragments) {
      const held = fragment.did[leafKey];
      if (held !== undefined) entries = entries === undefined ? held : mergeEntries(entries, held);
    }
    return entries ?? [];
  };
}
