import type { Compiled } from './decide.ts';
import type { Milliseconds } from './instant.ts';
import { type Estimate, estimate } from './preview.ts';
import type { Profile } from './profile.ts';
import type { CompiledSegment, Program } from './segment/compile.ts';
import { begin } from './segment/evaluate.ts';
import { openHolding, type Part, partsOf } from './segment/holding.ts';
import type { PersonView } from './segment/view.ts';

/** What becomes of somebody if an edited segment is published. */
export type Move = 'enters' | 'leaves' | 'stays';

/** Counts over the people that a preview of one segment looked at. */
export interface SegmentCounts {
  people: number;
  /** By path of a part of the condition: for how many it holds. */
  readonly parts: Record<string, number>;
  readonly moves: Record<Move, number>;
  /** Other segment → how many of those who would be in this one are in that. */
  readonly overlap: Record<string, number>;
}

/** An edited segment, compiled with what it refers to, and its parts. */
export interface Edited {
  readonly segment: string;
  readonly program: Program;
  readonly compiled: CompiledSegment;
  readonly parts: readonly Part[];
}

/** Finds a segment among compiled definitions. Undefined when it is not among them. */
export function editedIn({ program }: Compiled, segment: string): Edited | undefined {
  const compiled = program.compiled[program.positions.get(segment) ?? -1];
  return compiled === undefined ? undefined : { segment, program, compiled, parts: partsOf(compiled.tree) };
}

export function noCounts(): SegmentCounts {
  return { people: 0, parts: {}, moves: { enters: 0, leaves: 0, stays: 0 }, overlap: {} };
}

/** One person: as the edited definition sees them at `now`, whether they are in, and were by the published one. */
export interface Seen {
  readonly view: PersonView;
  readonly now: Milliseconds;
  readonly was: boolean;
  readonly is: boolean;
  /** Segments that the person is in as stored. */
  readonly memberships: Profile['memberships'];
}

/** Counts one person. Returns what becomes of them; undefined = they are out before and after. */
export function countSeen(counts: SegmentCounts, edited: Edited, seen: Seen): Move | undefined {
  const { view, now, was, is, memberships } = seen;
  counts.people += 1;
  begin(edited.program, view, now);
  const holds = openHolding(edited.program, edited.compiled);
  for (const { path, tree } of edited.parts) {
    counts.parts[path] = (counts.parts[path] ?? 0) + (holds(tree) ? 1 : 0);
  }
  if (is) {
    for (const other of Object.keys(memberships)) {
      if (other !== edited.segment) counts.overlap[other] = (counts.overlap[other] ?? 0) + 1;
    }
  }
  if (!was && !is) return undefined;
  const move: Move = !is ? 'leaves' : was ? 'stays' : 'enters';
  counts.moves[move] += 1;
  return move;
}

/** Who was looked at: everybody, or a random sample of so many people as the latest recount found; null = never counted. */
export interface Looked {
  readonly how: 'everybody' | 'sample';
  readonly people: number;
  readonly of: number | null;
}

/**
 * What a count stands for: itself where everybody was looked at, an estimate with its 95 % interval of a sample. Where
 * nobody knows how many people there are, it says what was seen.
 */
export function standsFor(found: number, { how, people, of }: Looked): Estimate {
  if (how === 'everybody' || of === null) return { count: found, least: found, most: found };
  return estimate(found, people, of);
}
