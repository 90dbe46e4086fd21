import { TributaryError } from '../errors.ts';
import type { Milliseconds } from '../instant.ts';
import type { CompiledSegment, Program } from './compile.ts';
import { DAY } from './duration.ts';
import type { NodeId } from './network.ts';
import { NEVER, type Signed } from './signed.ts';
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
  const { segments, positions } = program;
  begin(program, view, now);
  const horizon = now + HORIZON_MS;
  const signed = new Array<Signed>(segments.length);
  answerAll(program, horizon, signed);
  return {
    size: segments.length,
    has: (segment) => positions.has(segment),
    get(segment) {
      const position = positions.get(segment);
      return position === undefined ? undefined : toAnswer(signed[position] as Signed, horizon);
    },
    overflowed: program.machine.overflowed(),
    *[Symbol.iterator]() {
      for (const [position, segment] of segments.entries())
        yield [segment, toAnswer(signed[position] as Signed, horizon)] as const;
    },
  };
}

/**
 * Only who is a member: 1 or 0 by position in `program.segments`. It is the question that other engines answer, so it is
 * what they are compared by; whoever stores an answer needs `evaluate`, which also works out until when. Returns the leaf
 * keys that overflowed.
 */
export function evaluateMembers(
  program: Program,
  view: PersonView,
  now: Milliseconds,
  into: Uint8Array,
): readonly string[] {
  const { gates, solver, machine } = program;
  begin(program, view, now);
  const left = gates.open();
  into.fill(0);
  for (let word = 0; word < gates.words; word += 1) {
    for (let bits = left[word] as number; bits !== 0; bits &= bits - 1) {
      const position = 32 * word + 31 - Math.clz32(bits & -bits);
      if (solver.member(gates.rests[position] as NodeId)) into[position] = 1;
    }
  }
  return machine.overflowed();
}

/** Answers one compiled segment. */
export function evaluateOne(program: Program, segment: CompiledSegment, view: PersonView, now: Milliseconds): Answer {
  begin(program, view, now);
  const horizon = now + HORIZON_MS;
  return toAnswer(program.solver.flip(segment.root, horizon), horizon);
}

/** Starts an evaluation. Throws TributaryError `defect` `segment/bad-now` when the instant is none or before 1970. */
export function begin(program: Program, view: PersonView, now: Milliseconds): void {
  if (!(now >= 0 && now < 8e15)) {
    throw new TributaryError('defect', 'segment/bad-now', 'an evaluation needs an instant from 1970 on, in ms');
  }
  program.machine.load(view);
  program.solver.begin(now);
}

/** Answers everybody who is left by the gates; writes the others down as never. */
function answerAll({ gates, solver }: Program, horizon: Milliseconds, into: Signed[]): void {
  const left = gates.open();
  into.fill(NEVER);
  for (let word = 0; word < gates.words; word += 1) {
    for (let bits = left[word] as number; bits !== 0; bits &= bits - 1) {
      const position = 32 * word + 31 - Math.clz32(bits & -bits);
      into[position] = solver.flip(gates.rests[position] as NodeId, horizon);
    }
  }
}

function toAnswer(signed: Signed, horizon: Milliseconds): Answer {
  const flip = Math.abs(signed);
  return { member: signed > 0, flipsAt: flip < horizon ? flip : null };
}
