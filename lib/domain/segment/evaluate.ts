import { TributaryError } from '../errors.ts';
import type { Milliseconds } from '../instant.ts';
import type { CompiledSegment, Program } from './compile.ts';
import { DAY } from './duration.ts';
import { type Moved, movedTraits } from './moves.ts';
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

/** Answers about one person, kept so that a change costs what it moves. Made by `keepAnswers`. */
export interface Kept {
  /** By position in `program.segments`: the instant until which it stays so, positive for members. */
  readonly signed: Float64Array;
  /** Who is left by each gate's trait, and by all of them. */
  readonly looks: Int32Array;
  readonly left: Int32Array;
  /** Before this instant no answer has to be asked again. */
  next: Milliseconds;
  /** Up to where flips were looked for. */
  horizon: Milliseconds;
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
  answerAll(program, program.gates.open(), horizon, signed);
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

/** Answers every segment and keeps what `evaluateAgain` needs. */
export function keepAnswers(program: Program, view: PersonView, now: Milliseconds): Kept {
  const { gates, segments } = program;
  begin(program, view, now);
  const horizon = now + HORIZON_MS;
  const looks = new Int32Array(gates.count * gates.words);
  const signed = new Float64Array(segments.length);
  for (let gate = 0; gate < gates.count; gate += 1) gates.look(gate, looks);
  const left = new Int32Array(gates.words);
  gates.meet(looks, left);
  answerAll(program, left, horizon, signed);
  const next = signed.reduce((soonest, answer) => Math.min(soonest, dueOf(answer, horizon)), Number.POSITIVE_INFINITY);
  return { signed, looks, left, next, horizon };
}

/**
 * Brings kept answers up to a view and an instant, no earlier than theirs, between which only `moved` changed. Asks
 * again what that can move and what has run out, and nothing else; the answers are those of a whole evaluation. Returns
 * the leaf keys that overflowed: the kept answers are of no use then.
 */
export function evaluateAgain(
  program: Program,
  view: PersonView,
  now: Milliseconds,
  kept: Kept,
  moved: Moved,
): readonly string[] {
  const { moves, machine } = program;
  begin(program, view, now);
  const again: Again = { program, kept, horizon: now + HORIZON_MS };
  if (moved.traits !== undefined) passGates(again, moved.traits);
  for (const name of moved.activities ?? none) askAgain(again, moves.activities.get(name));
  for (const topic of moved.topics ?? none) askAgain(again, moves.topics.get(topic));
  for (const id of moved.segments ?? none) askAgain(again, moves.segments.get(id));
  if (kept.next <= now) renew(again, now);
  kept.horizon = again.horizon;
  return machine.overflowed();
}

interface Again {
  readonly program: Program;
  readonly kept: Kept;
  readonly horizon: Milliseconds;
}

const none: readonly never[] = [];

/** Lets people through the gates again whose traits moved: who is newly left is asked, who is left no longer is out. */
function passGates(again: Again, paths: Iterable<string>): void {
  const { program, kept } = again;
  const { gates, moves } = program;
  for (const path of paths) {
    for (const read of movedTraits(moves, path)) {
      const gate = gates.places.get(read);
      if (gate !== undefined) gates.look(gate, kept.looks);
    }
  }
  const { left } = kept;
  const now = gates.meet(kept.looks);
  for (let word = 0; word < gates.words; word += 1) {
    const other = (left[word] as number) ^ (now[word] as number);
    left[word] = now[word] as number;
    for (let bits = other; bits !== 0; bits &= bits - 1) store(again, 32 * word + 31 - Math.clz32(bits & -bits));
  }
  for (const path of paths) for (const read of movedTraits(moves, path)) askAgain(again, moves.asked.get(read));
}

/** Asks again what is left of these segments. */
function askAgain(again: Again, positions: readonly number[] = none): void {
  const { left } = again.kept;
  for (const position of positions) if (isLeft(left, position)) store(again, position);
}

/** Asks again whatever has run out, and what nobody had looked for so far ahead. */
function renew(again: Again, now: Milliseconds): void {
  const { kept, horizon } = again;
  const { signed } = kept;
  kept.next = Number.POSITIVE_INFINITY;
  for (let position = 0; position < signed.length; position += 1) {
    const until = Math.abs(signed[position] as Signed);
    if (until <= now || (until >= kept.horizon && until < horizon)) store(again, position);
    else kept.next = Math.min(kept.next, dueOf(signed[position] as Signed, horizon));
  }
}

function store({ program, kept, horizon }: Again, position: number): void {
  const { gates, solver } = program;
  const answer = isLeft(kept.left, position) ? solver.flip(gates.rests[position] as NodeId, horizon) : NEVER;
  kept.signed[position] = answer;
  kept.next = Math.min(kept.next, dueOf(answer, horizon));
}

/** What kept answers say about the segment at a position. */
export function answerKept({ signed, horizon }: Kept, position: number): Answer {
  return toAnswer(signed[position] as Signed, horizon);
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

/** Answers everybody who is left; writes the others down as never. */
function answerAll(program: Program, left: Int32Array, horizon: Milliseconds, into: Signed[] | Float64Array): void {
  const { gates, solver } = program;
  into.fill(NEVER);
  for (let word = 0; word < gates.words; word += 1) {
    for (let bits = left[word] as number; bits !== 0; bits &= bits - 1) {
      const position = 32 * word + 31 - Math.clz32(bits & -bits);
      into[position] = solver.flip(gates.rests[position] as NodeId, horizon);
    }
  }
}

function isLeft(left: Int32Array, position: number): boolean {
  return (((left[position >> 5] as number) >>> (position & 31)) & 1) === 1;
}

/** When an answer has to be asked again: when it turns, or when the horizon has come to where nobody has looked. */
function dueOf(answer: Signed, horizon: Milliseconds): Milliseconds {
  const until = Math.abs(answer);
  return until < horizon ? until : until - HORIZON_MS;
}

function toAnswer(signed: Signed, horizon: Milliseconds): Answer {
  const flip = Math.abs(signed);
  return { member: signed > 0, flipsAt: flip < horizon ? flip : null };
}
