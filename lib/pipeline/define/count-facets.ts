import { type Compiled, traitsUnder } from '../../domain/decide.ts';
import { openCatalogue } from '../../domain/facet/catalogue.ts';
import { addCounts, addPerson, type FacetCounts, noFacets } from '../../domain/facet/count-facets.ts';
import { facetsOf } from '../../domain/facet/facets.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Profile } from '../../domain/profile.ts';
import { visitsOf } from '../../domain/survivorship.ts';
import { sessionsByDay } from '../../domain/visits.ts';

/** Counts some people's kinds of data on top of what was found before. */
export function countFacets(
  compiled: Compiled,
  people: readonly Profile[],
  now: Milliseconds,
  found: Json | undefined,
): FacetCounts {
  const { definitions, read } = compiled;
  const catalogue = openCatalogue(definitions.traits);
  return people.reduce(
    (counts, profile) => {
      const traits = traitsUnder(compiled, profile, now);
      // Activities are not read for a count: what a profile remembers of them stands for them.
      return addPerson(counts, facetsOf(profile, traits, { total: 0 }, { catalogue, read }), profile.fragments);
    },
    (found as unknown as FacetCounts | undefined) ?? noFacets,
  );
}

/** Days before the one of a count of which visits are counted: as many as somebody looks back. */
const VISIT_DAYS = 7;
const DAY_MS = 86_400_000;

/** UTC day → sessions that began on it, of everybody who is counted. */
export type VisitCounts = Readonly<Record<string, number>>;

/** Counts some people's sessions of the last days that are over, on top of what was found before. */
export function countVisits(
  people: readonly Pick<Profile, 'fragments'>[],
  now: Milliseconds,
  found: Json | undefined,
): VisitCounts {
  const until = Math.floor(now / DAY_MS) * DAY_MS;
  const from = until - VISIT_DAYS * DAY_MS;
  return people.reduce(
    (counts, profile) => {
      const visits = visitsOf(profile);
      return visits === undefined ? counts : addDays(counts, sessionsByDay(visits, from, until));
    },
    (found as VisitCounts | undefined) ?? {},
  );
}

/** What all parts of a recount found of visits. */
export function addUpVisits(found: readonly JsonObject[]): VisitCounts {
  return found.reduce<VisitCounts>((sum, { visits }) => addDays(sum, (visits ?? {}) as VisitCounts), {});
}

function addDays(a: VisitCounts, b: VisitCounts): VisitCounts {
  const sum = Object.entries(b).map(([day, count]) => [day, (a[day] ?? 0) + count]);
  return { ...a, ...Object.fromEntries(sum) };
}

/** What all parts of a recount found. */
export function addUpFacets(found: readonly JsonObject[]): FacetCounts {
  return found.reduce(
    (sum, { facets }) => (facets === undefined ? sum : addCounts(sum, facets as unknown as FacetCounts)),
    noFacets,
  );
}
