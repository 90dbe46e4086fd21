import type { Json, JsonObject } from '../../../lib/domain/json.ts';
import type { Program } from '../../../lib/domain/segment/compile.ts';
import { wholeEntries } from '../../../lib/domain/segment/document.ts';
import {
  cutEntries,
  type Entry,
  mergeEntries,
  type ObservedActivity,
  observe,
} from '../../../lib/domain/segment/entries.ts';
import { lookUp } from '../../../lib/domain/segment/path.ts';
import type { PersonView } from '../../../lib/domain/segment/view.ts';
import type { Activity, Person } from './brute-force.ts';
import type { Chance } from './random-cases.ts';

type Fragment = Record<string, readonly Entry[]>;

/**
 * What a profile keeps after its activities came shuffled, some twice, spread over fragments, with lists cut now and
 * then at clocks up to `now`: entries by leaf key, merged over the fragments.
 */
export function arrive(program: Program, person: Person, now: number, chance: Chance): Fragment {
  const needs = new Map(program.needs.map((need) => [need.key, need]));
  const fragments: Fragment[] = [{}, {}];
  const deliveries = shuffle([...person.activities, ...person.activities.filter(() => chance.happens(0.3))], chance);
  for (const activity of deliveries) {
    const fragment = fragments[activity.id.length % 2] as Fragment;
    for (const [key, entry] of observe(program, observed(activity))) {
      fragment[key] = mergeEntries(fragment[key] ?? [], [entry]);
    }
    if (chance.happens(0.3)) cutAll(fragment, needs, now - chance.pick([0, 3_600_000, 86_400_000]));
  }
  const merged: Fragment = {};
  for (const fragment of fragments) {
    cutAll(fragment, needs, now);
    for (const [key, entries] of Object.entries(fragment)) merged[key] = mergeEntries(merged[key] ?? [], entries);
  }
  return merged;
}

/** A view of a person; with `kept`, of what a profile keeps, otherwise of everything ever done. */
export function viewPerson(program: Program, person: Person, kept?: Fragment): PersonView {
  const whole = wholeEntries(program, person.activities.map(observed));
  return {
    id: person.id,
    trait: (path) => lookUp(person.traits as JsonObject, path),
    since: (path) => person.since[path],
    entries: (key) => (kept === undefined ? whole(key) : (kept[key] ?? [])),
    history: whole,
    consent: (purpose) => person.granted.includes(purpose),
    subscribed: (channel) => person.granted.includes(channel),
    memberOf: (segment) => person.segments.includes(segment),
  };
}

export function observed({ id, name, at, properties }: Activity): ObservedActivity {
  return { id, name, at: new Date(at).toISOString(), properties: properties as Record<string, Json> };
}

export function shuffle<T>(list: readonly T[], chance: Chance): T[] {
  const shuffled = [...list];
  for (let index = shuffled.length - 1; index > 0; index -= 1) {
    const other = chance.whole(index + 1);
    [shuffled[index], shuffled[other]] = [shuffled[other] as T, shuffled[index] as T];
  }
  return shuffled;
}

function cutAll(fragment: Fragment, needs: ReadonlyMap<string, Program['needs'][number]>, now: number): void {
  for (const [key, entries] of Object.entries(fragment)) {
    const need = needs.get(key);
    fragment[key] = need === undefined ? [] : cutEntries(need, entries, now);
  }
}
