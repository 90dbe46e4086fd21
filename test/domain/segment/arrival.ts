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
 * What profiles keep after activities came shuffled, some twice, each owner's spread over two records, with lists cut now
 * and then at clocks up to `now`. The answer gives the entries by leaf key of a profile that holds some owners' records.
 */
export function arrive(
  program: Program,
  done: Readonly<Record<string, readonly Activity[]>>,
  now: number,
  chance: Chance,
): (owners: readonly string[]) => Fragment {
  const needs = new Map(program.needs.map((need) => [need.key, need]));
  const fragments: Record<string, Fragment> = {};
  const all = Object.entries(done).flatMap(([owner, list]) => list.map((activity) => ({ owner, activity })));
  for (const { owner, activity } of shuffle([...all, ...all.filter(() => chance.happens(0.3))], chance)) {
    const id = `${owner} ${activity.id.length % 2}`;
    fragments[id] ??= {};
    const fragment = fragments[id];
    for (const [key, entry] of observe(program, observed(activity))) {
      fragment[key] = mergeEntries(fragment[key] ?? [], [entry]);
    }
    if (chance.happens(0.3)) cutAll(fragment, needs, now - chance.pick([0, 3_600_000, 86_400_000]));
  }
  for (const fragment of Object.values(fragments)) cutAll(fragment, needs, now);
  return function keep(owners) {
    const merged: Fragment = {};
    for (const [id, fragment] of Object.entries(fragments)) {
      if (!owners.includes(id.split(' ')[0] ?? '')) continue;
      for (const [key, entries] of Object.entries(fragment)) merged[key] = mergeEntries(merged[key] ?? [], entries);
    }
    return merged;
  };
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
    consent: (purpose) => (person.granted.includes(purpose) ? 0 : Number.POSITIVE_INFINITY),
    subscribed: (channel) => (person.granted.includes(channel) ? 0 : Number.POSITIVE_INFINITY),
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
