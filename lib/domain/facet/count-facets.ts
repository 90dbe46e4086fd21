import { connectionOf } from '../change.ts';
import type { Fragment } from '../fragment.ts';
import { formatInstant } from '../instant.ts';
import { type FacetName, facetNames } from './catalogue.ts';
import type { Facets } from './facets.ts';

/** How many people have something of a kind from a source, and how new the newest of it is, RFC 3339. */
export interface SourceCount {
  readonly people: number;
  readonly newest: string;
}

export interface FacetCount {
  /** People who have anything of the kind, from whatever source. */
  readonly people: number;
  /** By connection; `computed` is what is worked out here. */
  readonly sources: Readonly<Record<string, SourceCount>>;
}

/** The seven kinds of data over everybody. */
export type FacetCounts = Readonly<Record<FacetName, FacetCount>>;

export const noFacets: FacetCounts = Object.fromEntries(
  facetNames.map((name) => [name, { people: 0, sources: {} }]),
) as unknown as FacetCounts;

/** Adds one person. Values that lose to another source's count for their own source: it is known from there too. */
export function addPerson(
  counts: FacetCounts,
  facets: Facets,
  records: Readonly<Record<string, Fragment>>,
): FacetCounts {
  const next = facetNames.map((name): [FacetName, FacetCount] => {
    const newest = new Map<string, string>();
    const see = (fragment: string, at: string): void => {
      // What is computed here has no record.
      const source = fragment.includes(':') ? connectionOf(fragment) : fragment;
      if (at > (newest.get(source) ?? '')) newest.set(source, at);
    };
    for (const { source, at, losers } of facets[name]) {
      see(source, at);
      for (const loser of losers) see(loser.source, loser.at);
    }
    if (name === 'behavioural') for (const [fragment, at] of activeRecords(records)) see(fragment, at);
    return [name, addSources(counts[name], newest)];
  });
  return Object.fromEntries(next) as unknown as FacetCounts;
}

/** Adds up what parts of a walk over everybody found. */
export function addCounts(a: FacetCounts, b: FacetCounts): FacetCounts {
  const sum = facetNames.map((name): [FacetName, FacetCount] => {
    const sources: Record<string, SourceCount> = { ...a[name].sources };
    for (const [source, { people, newest }] of Object.entries(b[name].sources)) {
      const before = sources[source];
      sources[source] = {
        people: people + (before?.people ?? 0),
        newest: newest > (before?.newest ?? '') ? newest : (before?.newest ?? newest),
      };
    }
    return [name, { people: a[name].people + b[name].people, sources }];
  });
  return Object.fromEntries(sum) as unknown as FacetCounts;
}

function addSources({ people, sources }: FacetCount, newest: ReadonlyMap<string, string>): FacetCount {
  if (newest.size === 0) return { people, sources };
  const next: Record<string, SourceCount> = { ...sources };
  for (const [source, at] of newest) {
    const before = next[source];
    next[source] = {
      people: (before?.people ?? 0) + 1,
      newest: before !== undefined && before.newest > at ? before.newest : at,
    };
  }
  return { people: people + 1, sources: next };
}

/** Records of which activities are remembered, with the latest instant of them. */
function* activeRecords(records: Readonly<Record<string, Fragment>>): Iterable<readonly [string, string]> {
  for (const [id, { did, visits }] of Object.entries(records)) {
    const [first, length] = visits?.slots[0] ?? [0, 0];
    const latest = Object.values(did).reduce((most, [newest]) => Math.max(most, newest?.[0] ?? 0), first + length);
    if (latest > 0) yield [id, formatInstant(latest)];
  }
}
