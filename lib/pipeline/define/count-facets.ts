import { traitsUnder } from '../../domain/decide.ts';
import { openCatalogue } from '../../domain/facet/catalogue.ts';
import { addCounts, addPerson, type FacetCounts, noFacets } from '../../domain/facet/count-facets.ts';
import { facetsOf } from '../../domain/facet/facets.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Profile } from '../../domain/profile.ts';
import type { StateStore } from '../ports.ts';
import type { Versions } from '../resolve/refill.ts';
import type { ScanPart } from './scan.ts';

/** The seven kinds of data over everybody, as the latest recount found them. */
export interface CountedFacets {
  /** When counting began, RFC 3339. */
  readonly at: string;
  readonly people: number;
  readonly facets: FacetCounts;
}

const KIND = 'counted-facets';

/** Counts some people's kinds of data on top of what was found before, each by the definitions that decided them last. */
export async function countFacets(
  versions: Versions,
  people: readonly Profile[],
  now: Milliseconds,
  found: Json | undefined,
): Promise<JsonObject> {
  let counts = (found as unknown as FacetCounts | undefined) ?? noFacets;
  for (const profile of people) {
    const compiled = await versions(profile.definitions);
    if (compiled === undefined) continue;
    const { definitions, read } = compiled;
    const traits = traitsUnder(compiled, profile, now);
    // Activities are not read for a count: what a profile remembers of them stands for them.
    const facets = facetsOf(profile, traits, { total: 0 }, { catalogue: openCatalogue(definitions.traits), read });
    counts = addPerson(counts, facets, profile.fragments);
  }
  return counts as unknown as JsonObject;
}

/** Keeps what all parts of a recount found. Twice is once. */
export async function keepFacets(
  state: StateStore,
  { at, people }: { readonly at: string; readonly people: number },
  parts: readonly ScanPart[],
  expiresAt: Milliseconds,
): Promise<void> {
  const facets = parts.reduce(
    (sum, { found }) => (found.facets === undefined ? sum : addCounts(sum, found.facets as unknown as FacetCounts)),
    noFacets,
  );
  await state.put(KIND, at, { at, people, facets } as unknown as JsonObject, 0, { expiresAt });
}

/** The latest counts; undefined before the first recount. */
export async function latestFacets(state: StateStore): Promise<CountedFacets | undefined> {
  const [latest] = await state.list(KIND, { most: 1 });
  return latest?.body as unknown as CountedFacets | undefined;
}
