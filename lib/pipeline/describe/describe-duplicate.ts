import type { Compiled } from '../../domain/decide.ts';
import { compare } from '../../domain/duplicate/suggest.ts';
import type { Likeness, Reason } from '../../domain/duplicate/weights.ts';
import { TributaryError } from '../../domain/errors.ts';
import type { Facets } from '../../domain/facet/facets.ts';
import type { Profile } from '../../domain/profile.ts';
import type { ActivityStore, Clock, HistoryStore, StateStore } from '../ports.ts';
import { readComparable } from '../resolve/compared-people.ts';
import { type Decision, decidedKind, decidedRow, OPEN, type Pair, readPair } from '../resolve/duplicate-pairs.ts';
import { readWeights } from '../resolve/duplicate-weights.ts';
import { describePerson, type PersonPage } from './describe-person.ts';
import { type FindDeps, findPerson } from './find-person.ts';

export interface DuplicateDeps extends FindDeps {
  readonly state: StateStore;
  readonly activities: ActivityStore;
  readonly history: HistoryStore;
  readonly compiled: () => Promise<Compiled>;
  readonly clock: Pick<Clock, 'now'>;
}

/** A pair as the API lists it: the people who hold its records now. */
export interface ListedPair {
  readonly id: string;
  readonly state: Pair['state'];
  readonly people: readonly { readonly id: string; readonly fragment: string }[];
  readonly score: number;
  readonly bits: number;
  readonly reasons: readonly Reason[];
  readonly suggestedAt: string;
  readonly decidedAt?: string;
  readonly by?: string;
}

/** The kinds of data by which somebody tells whether two people are one. */
export const shownFacets = ['identity', 'demographic', 'geographic', 'firmographic'] as const;

/** One side of a pair as it is looked at. */
export interface Side extends Pick<PersonPage, 'identifiers' | 'segments' | 'activities'> {
  readonly id: string;
  /** The record that the pair is about. */
  readonly fragment: string;
  readonly fragments: readonly string[];
  readonly facets: Pick<Facets, (typeof shownFacets)[number]>;
}

/** Both sides of a pair beside each other. Of records that are one person by now, each shows what it told itself. */
export interface DescribedPair extends ListedPair {
  /** The records are one person now. */
  readonly one: boolean;
  /** By which weights it is weighed now: `defaults`, or the instant of the estimate. */
  readonly weights: string;
  readonly sides: readonly Side[];
}

/**
 * A page of suggestions that wait for somebody, the likeliest as they were found first, weighed as they are now. Pairs that
 * are one person by now, or not alike any more, are left out; a page may so be shorter than asked. `next` is there while
 * there may be more.
 */
export async function listSuggested(deps: DuplicateDeps, asked: Asked): Promise<PairPage> {
  const compiled = await deps.compiled();
  const { weights } = await readWeights(deps.state);
  const threshold = compiled.definitions.identity.duplicates?.threshold ?? 0;
  return listPairs(deps, OPEN, asked, async (id, pair) => {
    if (pair.state !== 'suggested') return undefined;
    const holders = await readHolders(deps, pair);
    const [a, b] = holders;
    if (a === undefined || b === undefined || a.id === b.id) return undefined;
    const now = compare(readComparable(a, compiled), readComparable(b, compiled), weights);
    return now === undefined || now.score < threshold ? undefined : tell(id, pair, holders, now);
  });
}

/** A page of decisions of one kind, newest first, with the likeness that was decided about. */
export async function listDecided(deps: DuplicateDeps, decision: Decision, asked: Asked): Promise<PairPage> {
  return listPairs(deps, decidedKind(decision), asked, async (id, pair, row) => {
    // A row that a death left behind leads to a pair that says otherwise, or says the same of another time.
    if (pair.state !== decision || row !== decidedRow(pair.at ?? '', id)) return undefined;
    return tell(id, pair, await readHolders(deps, pair), pair);
  });
}

/** Both sides of a pair. Throws `api/no-such-duplicate`, also when a record of it is nobody's any more. */
export async function describePair(deps: DuplicateDeps, id: string): Promise<DescribedPair> {
  const held = await readPair(deps.state, id);
  const holders = held === undefined ? [] : await readHolders(deps, held.pair);
  const [a, b] = holders;
  if (held === undefined || a === undefined || b === undefined) {
    throw new TributaryError('rejected', 'api/no-such-duplicate', 'no suggestion has that id');
  }
  const { pair } = held;
  const compiled = await deps.compiled();
  const { weights, version } = await readWeights(deps.state);
  const one = a.id === b.id;
  const shown = one ? pair.fragments.map((fragment) => recordOf(a, fragment)) : [a, b];
  const [first = a, second = b] = shown;
  const now = compare(readComparable(first, compiled), readComparable(second, compiled), weights);
  const sides = await Promise.all(shown.map((profile, at) => tellSide(deps, compiled, profile, pair.fragments[at])));
  return { ...tell(id, pair, holders, now ?? pair), one, weights: version, sides };
}

interface Asked {
  readonly most: number;
  readonly after?: string;
}

interface PairPage {
  readonly suggestions: readonly ListedPair[];
  readonly next?: string;
}

async function listPairs(
  deps: DuplicateDeps,
  kind: string,
  { most, after }: Asked,
  read: (id: string, pair: Pair, row: string) => Promise<ListedPair | undefined>,
): Promise<PairPage> {
  const rows = await deps.state.list(kind, { most, ...(after === undefined ? {} : { after }) });
  const suggestions: ListedPair[] = [];
  for (const { id: row, body } of rows) {
    const id = String(body.pair);
    const held = await readPair(deps.state, id);
    const listed = held === undefined ? undefined : await read(id, held.pair, row);
    if (listed !== undefined) suggestions.push(listed);
  }
  const last = rows.at(-1)?.id;
  return { suggestions, ...(rows.length < most || last === undefined ? {} : { next: last }) };
}

async function readHolders(deps: FindDeps, { fragments }: Pair): Promise<readonly (Profile | undefined)[]> {
  return Promise.all(fragments.map((fragment) => findPerson(deps, fragment)));
}

function tell(id: string, pair: Pair, holders: readonly (Profile | undefined)[], likely: Likeness): ListedPair {
  const { state, fragments, suggestedAt, at, by } = pair;
  const decided = state === 'suggested' || at === undefined ? {} : { decidedAt: at };
  return {
    id,
    state,
    people: fragments.map((fragment, side) => ({ id: holders[side]?.id ?? '', fragment })),
    score: likely.score,
    bits: likely.bits,
    reasons: likely.reasons,
    suggestedAt,
    ...decided,
    ...(by === undefined || state === 'suggested' ? {} : { by }),
  };
}

async function tellSide(
  deps: DuplicateDeps,
  compiled: Compiled,
  profile: Profile,
  fragment: string | undefined,
): Promise<Side> {
  const { id, identifiers, segments, activities, fragments, facets } = await describePerson(deps, profile, compiled);
  const { identity, demographic, geographic, firmographic } = facets;
  const shown = { identity, demographic, geographic, firmographic };
  return { id, fragment: fragment ?? '', fragments, identifiers, facets: shown, segments, activities };
}

/** Of a person only what one record told. */
function recordOf(profile: Profile, fragment: string): Profile {
  const own = profile.fragments[fragment];
  return { ...profile, fragments: own === undefined ? {} : { [fragment]: own } };
}
