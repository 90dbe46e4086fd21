import { type Catalogue, facetNames, openCatalogue, type TraitKinds } from '../../lib/domain/facet/catalogue.ts';
import type { Json, JsonObject } from '../../lib/domain/json.ts';
import type { RawPerson, RawTables, Recounted } from './raw-tables.ts';

/** Kinds of traits that connectors and the workspace name, and what is learned from which activities. */
export interface Named {
  readonly traits: TraitKinds;
  readonly learned: {
    readonly clusters: { readonly features: readonly Feature[] };
    readonly propensity: Readonly<Record<string, { readonly features: readonly Feature[] }>>;
  };
}

interface Feature {
  readonly did: string;
  readonly withinMs: number;
}

export type ToldFacets = Readonly<
  Record<string, { people: number; sources: Record<string, { people: number; newest: string }> }>
>;

/** Who has which kind of data from which source, and how new the newest is: docs/console.md, "Data". */
export function facetsIn(told: ToldFacets, raw: RawTables, named: Named): readonly Recounted[] {
  const { kindOf } = openCatalogue(named.traits);
  const knowledge = raw.people.map((one) => [...toldOf(one, kindOf), ...learnedOf(one, raw, named.learned)]);
  return facetNames.flatMap((facet): readonly Recounted[] => {
    const theirs = knowledge
      .map((one) => one.filter((known) => known.facet === facet))
      .filter(({ length }) => length > 0);
    const sources = [...new Set(theirs.flat().map(({ source }) => source))].sort();
    const counted = sources.map((source) => {
      const of = theirs.map((one) => one.filter((known) => known.source === source)).filter(({ length }) => length > 0);
      const newest = of.flat().reduce((latest, { at }) => Math.max(latest, at), 0);
      return [source, { people: of.length, newest: new Date(newest).toISOString() }] as const;
    });
    return [
      [`people with ${facet} data`, told[facet]?.people, theirs.length],
      [`sources of ${facet} data`, sorted(told[facet]?.sources), sorted(Object.fromEntries(counted))],
    ];
  });
}

interface Known {
  readonly facet: string;
  readonly source: string;
  readonly at: number;
}

function toldOf(one: RawPerson, kindOf: Catalogue['kindOf']): readonly Known[] {
  const told = one.told.map(({ path, connection, by, at }): Known => {
    // What nobody named is what its source notes about the person: no record here is a form that they filled in.
    const unnamed = by === 'account' ? 'firmographic' : 'implicit';
    return { facet: kindOf(path)?.facet ?? unnamed, source: connection, at };
  });
  const states = one.states.map(([source, at]): Known => ({ facet: 'identity', source, at }));
  const did = one.remembered.map(([record, at]): Known => {
    return { facet: 'behavioural', source: record.split(':')[0] ?? '', at };
  });
  return [...told, ...states, ...did];
}

/** Whoever did what a model looks at, in the time that it looks at, has a value of it, as of the training. */
function learnedOf(
  { fragments }: RawPerson,
  raw: RawTables,
  { clusters, propensity }: Named['learned'],
): readonly Known[] {
  const [card] = raw.state.get('model-card') ?? [];
  const asOf = Date.parse(String(card?.asOf));
  const features = [...clusters.features, ...Object.values(propensity).flatMap((one) => one.features)];
  const done = fragments.flatMap((fragment) => raw.activities.get(fragment) ?? []);
  const seen = features.some(({ did, withinMs }) =>
    done.some(({ name, at }) => name === did && at > asOf - withinMs && at <= asOf),
  );
  return seen ? [{ facet: 'implicit', source: 'learned', at: asOf }] : [];
}

function sorted(of: Readonly<Record<string, Json>> = {}): JsonObject {
  return Object.fromEntries(Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1)));
}
