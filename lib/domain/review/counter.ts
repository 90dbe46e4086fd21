import type { Compiled } from '../decide.ts';
import type { Milliseconds } from '../instant.ts';
import type { Profile } from '../profile.ts';
import type { CompiledSegment } from '../segment/compile.ts';
import { begin } from '../segment/evaluate.ts';
import type { Tree } from '../segment/tree.ts';
import type { PersonView } from '../segment/view.ts';
import { type Counts, noneOfSegment, noneOfSide, type SegmentCounts } from './counts.ts';
import { holdsBy, withoutEachLeaf } from './drop-one.ts';
import { followsBack, type Measured, measure } from './measuring.ts';

/** What is asked of everybody, prepared: by which definitions, and which segments are under review. */
export interface Counter {
  readonly compiled: Compiled;
  readonly reviewed: readonly Reviewed[];
  /** Nothing is asked but who is in what: a person need not be looked into. */
  readonly idle: boolean;
  /** Segment → experiments of its audiences that hold somebody out. */
  readonly experiments: ReadonlyMap<string, readonly string[]>;
  readonly personas: readonly PersonaParts[];
}

interface Reviewed {
  readonly segment: CompiledSegment;
  readonly without: readonly (Tree | undefined)[];
  readonly traits: readonly string[];
}

interface PersonaParts {
  readonly persona: string;
  readonly segments: readonly string[];
  readonly audiences: readonly string[];
}

/** Prepares counting under some definitions, with more of the segments under review. */
export function openCounter(compiled: Compiled, review: readonly string[]): Counter {
  const { program, definitions, measuring } = compiled;
  const reviewed = program.compiled
    .filter(({ id }) => review.includes(id))
    .map((segment) => ({ segment, without: withoutEachLeaf(segment.tree), traits: traitsOf(segment) }));
  return {
    compiled,
    reviewed,
    idle: reviewed.length === 0 && measuring.idle,
    experiments: experimentsOf(compiled),
    personas: definitions.personas.map(({ persona }) => {
      const segments = definitions.segments.filter((one) => one.persona === persona).map(({ segment }) => segment);
      const audiences = definitions.audiences.filter(({ segment }) => segments.includes(segment));
      return { persona: String(persona), segments, audiences: audiences.map(({ audience }) => audience) };
    }),
  };
}

/** The traits that leaves of a segment read, without those of segments that it refers to. */
export function traitsOf({ leaves }: Pick<CompiledSegment, 'leaves'>): readonly string[] {
  const read = leaves.flatMap(({ leaf }) => {
    if (leaf.kind === 'trait') return [leaf.trait];
    return leaf.kind === 'has_been' ? [leaf.trait.trait] : [];
  });
  return [...new Set(read)];
}

/** Segment → the experiments in which its audiences hold people out, an audience by itself under its own name. */
export function experimentsOf({ definitions }: Pick<Compiled, 'definitions'>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const { audience, segment, experiment, holdout } of definitions.audiences) {
    if (holdout === 0) continue;
    found.set(segment, (found.get(segment) ?? new Set()).add(experiment ?? audience));
  }
  return new Map([...found].map(([segment, experiments]) => [segment, [...experiments].sort()]));
}

/** One person as the counter sees them, read whole before anybody else is looked at. */
export interface Sighting {
  /** Leaf keys of which the person's memory was not enough: look again with a view that has `history`. */
  readonly overflowed: readonly string[];
  /** Where their segments stand in the definitions, ascending: what pairs are counted by. */
  readonly positions: readonly number[];
  /** Counts everything but pairs. */
  readonly add: (counts: Counts) => void;
}

/**
 * Looks at one living person: their stored memberships, which rows follow, and what the measures find at `now`. `view`
 * undefined = nothing but memberships is asked.
 */
export function sight(counter: Counter, profile: Profile, view: PersonView | undefined, now: Milliseconds): Sighting {
  const { compiled, reviewed, personas } = counter;
  const { program, measuring } = compiled;
  const measured = view === undefined ? undefined : measure(measuring, view, now);
  const segments = Object.keys(profile.memberships).filter((segment) => program.positions.has(segment));
  const positions = segments.map((segment) => program.positions.get(segment) ?? -1).sort((a, b) => a - b);
  const adds: ((counts: Counts) => void)[] = [];
  for (const segment of segments) {
    const since = profile.memberships[segment] ?? now;
    const stayed = since <= now - (measuring.objectives.get(segment)?.withinMs ?? 0);
    adds.push(addMember(segment, stayed, measured));
  }
  if (measured !== undefined) {
    for (const segment of measuring.labels) if (measured.label(segment) === true) adds.push(addRightful(segment));
  }
  adds.push(...addSides(counter, profile, measured, now));
  if (view !== undefined && reviewed.length > 0) {
    begin(program, view, now);
    for (const one of reviewed) adds.push(addReviewed(one, compiled, profile, view));
    const read = [...new Set(reviewed.flatMap(({ traits }) => traits))].filter((trait) => hasValue(view, trait));
    adds.push((counts) => {
      for (const trait of read) counts.traits[trait] = (counts.traits[trait] ?? 0) + 1;
    });
  }
  for (const { persona, segments: theirs, audiences } of personas) {
    if (!theirs.some((segment) => profile.memberships[segment] !== undefined)) continue;
    const reached = audiences.some((audience) => profile.wanted[audience]?.in === true);
    adds.push(({ personas: held }) => {
      const { people, reached: before } = held[persona] ?? { people: 0, reached: 0 };
      held[persona] = { people: people + 1, reached: before + (reached ? 1 : 0) };
    });
  }
  const overflowed = [...(measured?.overflowed() ?? []), ...(view === undefined ? [] : program.machine.overflowed())];
  return {
    overflowed: view === undefined ? [] : overflowed,
    positions,
    add(counts) {
      counts.people += 1;
      for (const add of adds) add(counts);
    },
  };
}

function countsOf({ segments }: Counts, segment: string): SegmentCounts {
  const held = segments[segment] ?? noneOfSegment();
  segments[segment] = held;
  return held;
}

function addMember(segment: string, stayed: boolean, measured: Measured | undefined): (counts: Counts) => void {
  const reached = measured?.goal(segment);
  const asked = reached !== undefined && measured?.per(segment) === true;
  const labelled = measured?.label(segment) === true;
  return (counts) => {
    const held = countsOf(counts, segment);
    held.size += 1;
    if (stayed) held.stayed += 1;
    if (asked) held.asked += 1;
    if (asked && reached) held.reached += 1;
    if (labelled) held.labelled += 1;
    if (measured === undefined) return;
    const { engaged, revenue = 0, nps, sentiment } = measured;
    if (engaged === true) held.engaged += 1;
    held.revenue += revenue;
    if (revenue > 0) held.payers += 1;
    // Each person's average counts once, as an answer would.
    if (nps !== undefined) held[nps >= 9 ? 'promoters' : nps > 6 ? 'passives' : 'detractors'] += 1;
    if (sentiment === undefined) return;
    held.felt += 1;
    held.feeling += Math.round(sentiment * 1_000);
  };
}

function addRightful(segment: string): (counts: Counts) => void {
  return (counts) => {
    countsOf(counts, segment).rightful += 1;
  };
}

/** Whoever was ever exposed stays on their side, also when they left the segment since. */
function addSides(
  { experiments, compiled }: Counter,
  { exposed = {}, memberships }: Profile,
  measured: Measured | undefined,
  now: Milliseconds,
): ((counts: Counts) => void)[] {
  const { objectives } = compiled.measuring;
  return [...experiments].flatMap(([segment, names]) =>
    names.flatMap((experiment) => {
      const side = exposed[experiment];
      if (side === undefined) return [];
      const objective = objectives.get(segment);
      const stays = objective?.metric === 'retention';
      const asked = !stays || side.at <= now - objective.withinMs;
      const member = memberships[segment];
      const reached = stays
        ? member !== undefined && member <= side.at
        : reachedBy(compiled, measured, segment, side.at);
      const revenue = measured?.revenueSince(side.at) ?? 0;
      return (counts: Counts) => {
        const held = counts.holdouts[segment] ?? {};
        counts.holdouts[segment] = held;
        const sides = held[experiment] ?? { exposed: noneOfSide(), heldOut: noneOfSide() };
        held[experiment] = sides;
        const mine = side.heldOut ? sides.heldOut : sides.exposed;
        mine.people += 1;
        if (asked) mine.asked += 1;
        if (asked && reached) mine.converted += 1;
        mine.revenue += revenue;
        mine.squares += (revenue / 100) ** 2;
      };
    }),
  );
}

/** Whether the goal is reached since an exposure; where it cannot be followed back, whether it is as it stands. */
function reachedBy(
  { measuring }: Compiled,
  measured: Measured | undefined,
  segment: string,
  at: Milliseconds,
): boolean {
  if (!followsBack(measuring, segment)) return measured?.goal(segment) === true;
  return measured?.reachedSince(segment, at) === true;
}

/** Who is in, or out, by one leaf alone. The program has begun with the person. */
function addReviewed(
  { segment, without, traits }: Reviewed,
  { program }: Compiled,
  profile: Profile,
  view: PersonView,
): (counts: Counts) => void {
  const { id, tree, leaves } = segment;
  const held = new Map(leaves.map(({ path, node }) => [path, program.solver.holds(node)]));
  const answer = (path: string): boolean => held.get(path) === true;
  const member = holdsBy(tree, answer);
  const turns = without.map((rest) => (rest === undefined ? true : holdsBy(rest, answer)) !== member);
  const known = profile.memberships[id] === undefined ? [] : traits.filter((trait) => hasValue(view, trait));
  return ({ leaves: counted, coverage }) => {
    const none = without.map(() => 0);
    const mine = counted[id] ?? { letsIn: [...none], keepsOut: [...none] };
    counted[id] = mine;
    const side = member ? mine.letsIn : mine.keepsOut;
    for (const [at, turned] of turns.entries()) if (turned) side[at] = (side[at] ?? 0) + 1;
    const covered = coverage[id] ?? {};
    coverage[id] = covered;
    for (const trait of known) covered[trait] = (covered[trait] ?? 0) + 1;
  };
}

function hasValue(view: PersonView, trait: string): boolean {
  const value = view.trait(trait);
  return value !== undefined && value !== null;
}
