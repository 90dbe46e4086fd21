import type { Json, JsonObject } from '../lib/domain/json.ts';
import type { Program } from '../lib/domain/segment/compile.ts';
import { type Entry, mergeEntries, observe } from '../lib/domain/segment/entries.ts';
import type { PersonView } from '../lib/domain/segment/view.ts';
import type { RulePerson } from './segment-rules.ts';

const none: readonly Entry[] = [];

/** What a profile keeps of a person: traits by path, and entries as folding leaves them. */
export function viewOf(program: Program, { id, traits, did }: RulePerson): PersonView {
  const lists: Record<string, readonly Entry[]> = {};
  for (const [name, instants] of Object.entries(did)) {
    for (const [n, at] of instants.entries()) {
      const activity = { id: `${name} ${n}`, name, at: new Date(at).toISOString() };
      for (const [key, entry] of observe(program, activity)) lists[key] = mergeEntries(lists[key] ?? none, [entry]);
    }
  }
  const { address, ...flat } = traits;
  const paths: Readonly<Record<string, Json | undefined>> = {
    ...flat,
    'address.country': (address as JsonObject).country,
  };
  return {
    id,
    trait: (path) => paths[path],
    entries: (key) => lists[key] ?? none,
    consent: () => Number.POSITIVE_INFINITY,
    subscribed: () => Number.POSITIVE_INFINITY,
  };
}
