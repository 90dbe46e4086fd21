import type { ActivityChange, ConsentStatement, Identifier } from '../../domain/change.ts';
import { type Compiled, traitReader, traitsUnder } from '../../domain/decide.ts';
import { openCatalogue } from '../../domain/facet/catalogue.ts';
import { type Facets, facetsOf } from '../../domain/facet/facets.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { consentOf, identifiersOf, type Profile, type Wanted } from '../../domain/profile.ts';
import { nestTraits } from '../../domain/survivorship.ts';
import { type UnusableLine, unusableOf } from '../../domain/unusable.ts';
import { loadRegions } from '../define/regions.ts';
import { wholeEntriesOf } from '../learn/sample-people.ts';
import type { ActivityStore, Clock, HistoryStore } from '../ports.ts';
import { type HistoryEntry, tellLine } from './segment-history.ts';

/** A person as `tributary profile` and the console show them. Instants are RFC 3339. */
export interface PersonPage {
  readonly id: string;
  readonly identifiers: readonly Identifier[];
  readonly traits: JsonObject;
  /** Trait path → where the value comes from and what other sources say. */
  readonly sources: Readonly<
    Record<string, { readonly source: string; readonly at: string; readonly losers: readonly Json[] }>
  >;
  /** Every value by its kind of data, with source and time, those that lost beside it. */
  readonly facets: Facets;
  readonly segments: readonly string[];
  readonly activities: { readonly total: number; readonly latest: readonly ActivityChange[] };
  readonly fragments: readonly string[];
  /** What records told as identifiers and is none, with the reason. */
  readonly unusable: readonly UnusableLine[];
  readonly consent: readonly ConsentStatement[];
  readonly audiences: Readonly<Record<string, Wanted>>;
  /** Newest first, with what moved the person. */
  readonly history: readonly HistoryEntry[];
}

const LATEST = 20;

/** Everything known about a person, with where it comes from. */
export async function describePerson(
  deps: {
    readonly activities: ActivityStore;
    readonly history: HistoryStore;
    readonly clock: Pick<Clock, 'now'>;
  },
  profile: Profile,
  compiled: Compiled,
): Promise<PersonPage> {
  const { definitions } = compiled;
  const read = traitReader(definitions, await loadRegions());
  const whole = await wholeEntriesOf(deps.activities, compiled, profile);
  const traits = traitsUnder({ ...compiled, read }, profile, deps.clock.now().getTime(), whole);
  const fragments = Object.keys(profile.fragments).sort();
  const [counts, latest, history] = await Promise.all([
    Promise.all(fragments.map((fragment) => deps.activities.count(fragment))),
    Promise.all(fragments.map((fragment) => deps.activities.latest(fragment, LATEST))),
    deps.history.ofProfile(profile.id, LATEST),
  ]);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const done = latest.flat().sort((a, b) => (a.at < b.at ? 1 : -1));
  const [last] = done;
  const behaviour = { total, ...(last === undefined ? {} : { last }) };
  return {
    id: profile.id,
    identifiers: identifiersOf(profile),
    traits: nestTraits(traits),
    sources: Object.fromEntries(
      [...traits].map(([path, { source, at, losers }]) => [
        path,
        { source, at: formatInstant(at), losers: losers.map((loser) => ({ ...loser, at: formatInstant(loser.at) })) },
      ]),
    ),
    facets: facetsOf(profile, traits, behaviour, { catalogue: openCatalogue(definitions.traits), read }),
    segments: Object.keys(profile.memberships).sort(),
    activities: { total, latest: done.slice(0, LATEST) },
    fragments,
    unusable: unusableOf(profile.fragments),
    consent: consentOf(profile),
    audiences: profile.wanted,
    history: history.map(tellLine),
  };
}
