import { TributaryError } from '../errors.ts';
import type { Milliseconds } from '../instant.ts';
import type { CompiledSegment, Program } from './compile.ts';
import { DAY } from './duration.ts';
import type { Machine } from './machine.ts';
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
  /** The earliest flip of all; null = none. */
  readonly nextFlip: Milliseconds | null;
  /** By position in `program.segments`: 1 = member. */
  readonly members: Uint8Array;
  /** By position: the flip in ms, Infinity = none. */
  readonly flips: Float64Array;
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
  const { machine, compiled, segments, positions } = program;
  begin(machine, view, now);
  const members = new Uint8Array(compiled.length);
  const flips = new Float64Array(compiled.length);
  let nextFlip = Number.POSITIVE_INFINITY;
  for (let position = 0; position < compiled.length; position += 1) {
    const flip = answer(compiled[position] as CompiledSegment, machine, now);
    members[position] = flip > 0 ? 1 : 0;
    const at = flip < 0 ? -flip : flip;
    flips[position] = at;
    if (at < nextFlip) nextFlip = at;
  }
  return makeEvaluation(segments, positions, members, flips, nextFlip, machine.overflowed());
}

/** Answers only the segments at `which`, e.g. those that a change can move. Fills the arrays at these positions. */
export function evaluateSome(
  program: Program,
  view: PersonView,
  now: Milliseconds,
  which: readonly number[],
  into: { readonly members: Uint8Array; readonly flips: Float64Array },
): readonly string[] {
  const { machine, compiled } = program;
  begin(machine, view, now);
  for (const position of which) {
    const segment = compiled[position];
    if (segment === undefined) continue;
    const flip = answer(segment, machine, now);
    into.members[position] = flip > 0 ? 1 : 0;
    into.flips[position] = flip < 0 ? -flip : flip;
  }
  return machine.overflowed();
}

/** Starts an evaluation. Throws TributaryError `defect` `segment/bad-now` when the instant is none or before 1970. */
export function begin(machine: Machine, view: PersonView, now: Milliseconds): void {
  if (!(now >= 0 && now < 8e15)) {
    throw new TributaryError('defect', 'segment/bad-now', 'an evaluation needs an instant from 1970 on, in ms');
  }
  machine.load(view, now);
}

/** The answer as its flip, signed: positive = member. Goes from break to break until the answer differs. */
export function answer(segment: CompiledSegment, machine: Machine, now: Milliseconds): number {
  const first = segment.ask();
  const member = first > 0;
  let until = member ? first : -first;
  if (until === Number.POSITIVE_INFINITY) return first;
  const horizon = now + HORIZON_MS;
  while (until < horizon) {
    machine.moveTo(until);
    const next = segment.ask();
    if (next > 0 !== member) {
      machine.moveTo(now);
      return member ? until : -until;
    }
    until = member ? next : -next;
  }
  machine.moveTo(now);
  return member ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

function makeEvaluation(
  segments: readonly string[],
  positions: ReadonlyMap<string, number>,
  members: Uint8Array,
  flips: Float64Array,
  nextFlip: number,
  overflowed: readonly string[],
): Evaluation {
  const answerAt = (position: number): Answer => {
    const flip = flips[position] as number;
    return { member: members[position] === 1, flipsAt: flip === Number.POSITIVE_INFINITY ? null : flip };
  };
  return {
    size: segments.length,
    has: (segment) => positions.has(segment),
    get(segment) {
      const position = positions.get(segment);
      return position === undefined ? undefined : answerAt(position);
    },
    nextFlip: nextFlip === Number.POSITIVE_INFINITY ? null : nextFlip,
    members,
    flips,
    overflowed,
    *[Symbol.iterator]() {
      for (const [position, segment] of segments.entries()) yield [segment, answerAt(position)] as const;
    },
  };
}
