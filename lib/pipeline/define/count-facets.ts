import { type Compiled, traitsUnder } from '../../domain/decide.ts';
import { openCatalogue } from '../../domain/facet/catalogue.ts';
import { addCounts, addPerson, type FacetCounts, noFacets } from '../../domain/facet/count-facets.ts';
import { facetsOf } from '../../domain/facet/facets.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Profile } from '../../domain/profile.ts';

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

/** What all parts of a recount found. */
export function addUpFacets(found: readonly JsonObject[]): FacetCounts {
  return found.reduce(
    (sum, { facets }) => (facets === undefined ? sum : addCounts(sum, facets as unknown as FacetCounts)),
    noFacets,
  );
}
