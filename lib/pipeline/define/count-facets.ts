import { type Compiled, traitsUnder } from '../../domain/decide.ts';
import { openCatalogue } from '../../domain/facet/catalogue.ts';
import { addCounts, addPerson, type FacetCounts, noFacets } from '../../domain/facet/count-facets.ts';
import { facetsOf } from '../../domain/facet/facets.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Profile } from '../../domain/profile.ts';
import type { Clock, StateStore } from '../ports.ts';

/** The seven kinds of data over everybody, and how many people each segment has, as one recount found them. */
export interface CountedData {
  /** When counting began, RFC 3339. */
  readonly at: string;
  readonly people: number;
  readonly facets: FacetCounts;
  readonly sizes: Readonly<Record<string, number>>;
}

const KIND = 'counted-data';
/** As long as the history of segments. */
const KEPT_MS = 400 * 24 * 3_600_000;

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

/** Keeps what a recount came to. Twice is once. */
export async function keepData(
  deps: { readonly state: StateStore; readonly clock: Pick<Clock, 'now'> },
  counted: CountedData,
): Promise<void> {
  const expiresAt = deps.clock.now().getTime() + KEPT_MS;
  await deps.state.put(KIND, counted.at, counted as unknown as JsonObject, 0, { expiresAt });
}

/** The latest counts, newest first. */
export async function latestData(state: StateStore, most: number): Promise<readonly CountedData[]> {
  return (await state.list(KIND, { most })).map(({ body }) => body as unknown as CountedData);
}
