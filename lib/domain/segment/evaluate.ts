import { TributaryError } from '../errors.ts';
import type { Milliseconds } from '../instant.ts';
import type { CompiledSegment, Program } from './compile.ts';
import { DAY } from './duration.ts';
import type { Signed } from './signed.ts';
import type { PersonView } from './view.ts';

/** How far ahead a flip is looked for: 10 years. */
export const HORIZON_MS = 3652.5 * DAY;

/** One segment's answer about one person. */
export interface Answer {
  readonly member: boolean;
  /** The earliest instant at which `member` changes with no new data, in ms; null = not within ten years. */
  readonly flipsAt: Milliseconds | null;
}

/** The answers of a program about one person at one instant, by segment id. */
export interface Evaluation extends Iterable<readonly [segment: string, answer: Answer]> {
  readonly size: number;
  has(segment: string): boolean;
  get(segment: string): Answer | undefined;
  /** By position in `program.segments`: the flip in ms, Infinity = none; positive for members, negative for others. */
  readonly signed: readonly Signed[];
  /**
   * Leaf keys whose kept entries did not reach back far enough. Their segments' answers are not exact: evaluate again
   * with a view that has `history` for these keys.
   */
  readonly overflowed: readonly string[];
}

/**
 * Answers every segment for one person at `now` (ms, 1970 or later). Pure: the same view and instant give the same
 * answers, and at every instant before a flip the answer is the same.
 */
export function evaluate(program: Program, view: PersonView, now: Milliseconds): Evaluation {
  const { machine, solver, roots, segments, positions } = program;
  begin(program, view, now);
  const signed = new Array<Signed>(roots.length);
  solver.flips(roots, now + HORIZON_MS, signed);
  const answerAt = (position: number): Answer => toAnswer(signed[position] as Signed);
  return {
    size: segments.length,
    has: (segment) => positions.has(segment),
    get(segment) {
      const position = positions.get(segment);
      return position === undefined ? undefined : answerAt(position);
    },
    signed,
    overflowed: machine.overflowed(),
    *[Symbol.iterator]() {
      for (const [position, segment] of segments.entries()) yield [segment, answerAt(position)] as const;
    },
  };
}

/**
 * Answers only the segments at some positions, e.g. those that `movedSegments` names: as `Evaluation.signed`, in their
 * order. Returns the leaf keys that overflowed.
 */
export function evaluateSome(
  program: Program,
  view: PersonView,
  now: Milliseconds,
  which: readonly number[],
  into: Signed[],
): readonly string[] {
  begin(program, view, now);
  const roots = which.map((position) => program.roots[position] ?? -1);
  program.solver.flips(roots, now + HORIZON_MS, into);
  return program.machine.overflowed();
}

/**
 * Only who is a member, for counts and previews: 1 or 0 by position in `program.segments`. Faster than `evaluate`, which
 * also works out until when. Returns the leaf keys that overflowed.
 */
export function evaluateMembers(
  program: Program,
  view: PersonView,
  now: Milliseconds,
  into: Uint8Array,
): readonly string[] {
  begin(program, view, now);
  program.solver.members(program.roots, into);
  return program.machine.overflowed();
}

/** Answers one compiled segment. */
export function evaluateOne(program: Program, segment: CompiledSegment, view: PersonView, now: Milliseconds): Answer {
  begin(program, view, now);
  const into: Signed[] = [];
  program.solver.flips([segment.root], now + HORIZON_MS, into);
  return toAnswer(into[0] as Signed);
}

/** Starts an evaluation. Throws TributaryError `defect` `segment/bad-now` when the instant is none or before 1970. */
export function begin(program: Program, view: PersonView, now: Milliseconds): void {
  if (!(now >= 0 && now < 8e15)) {
    throw new TributaryError('defect', 'segment/bad-now', 'an evaluation needs an instant from 1970 on, in ms');
  }
  program.machine.load(view);
  program.solver.begin(now);
}

function toAnswer(signed: Signed): Answer {
  const flip = Math.abs(signed);
  return { member: signed > 0, flipsAt: flip === Number.POSITIVE_INFINITY ? null : flip };
}
