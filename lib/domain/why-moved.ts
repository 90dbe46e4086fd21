import { affectedSegments } from './compare-definitions.ts';
import { type Compiled, traitsUnder, type WholeHistory } from './decide.ts';
import type { Milliseconds } from './instant.ts';
import { viewOf } from './person-view.ts';
import type { Profile, Why } from './profile.ts';
import { decisiveLeaf, type Judged, tellLeaf } from './segment/decisive.ts';
import { evaluateOne } from './segment/evaluate.ts';
import type { PersonView } from './segment/view.ts';

/** A person before and after, and the definitions that decided each time; `former` undefined = not known any more. */
export interface Movement {
  readonly before: Profile | undefined;
  readonly after: Profile;
  readonly former: Compiled | undefined;
  readonly current: Compiled;
  readonly now: Milliseconds;
}

/** Both states of a movement, each read once for all segments that moved. */
interface Readings {
  /** Before, under the former definitions; undefined where either is not known. */
  readonly former: () => Judged | undefined;
  readonly current: () => Judged;
  readonly isChanged: (segment: string) => boolean;
}

function readingsOf(movement: Movement): Readings {
  const { before, after, former, current, now } = movement;
  let [then, state, affected]: [Judged?, Judged?, ReadonlySet<string>?] = [];
  return {
    former() {
      if (before !== undefined && former !== undefined) then ??= judged(former, before, now);
      return then;
    },
    current() {
      state ??= judged(current, after, now);
      return state;
    },
    isChanged(segment) {
      if (before === undefined || before.definitions === '') return false;
      if (before.definitions === current.definitions.version) return false;
      if (former === undefined) return true;
      affected ??= affectedSegments(former.definitions, current.definitions);
      return affected.has(segment);
    },
  };
}

/**
 * Tells why somebody entered or left a segment, by asking what would have been otherwise: with the former data and the
 * former definitions, does time alone give the new answer? Else did the definition change? Else it was the data. What neither
 * needs new data nor had come to its time was moved by the models.
 */
function whyMoved(
  { before, after, now, current }: Movement,
  readings: Readings,
  segment: string,
  member: boolean,
): Why {
  const then = readings.former();
  const answered = then === undefined ? undefined : memberAt(then, segment);
  if (then !== undefined && before !== undefined && answered === member) {
    const scored = current.learned?.models?.asOf;
    const isDue = before.flipsAt !== null && before.flipsAt <= now;
    if (!isDue && scored !== undefined && scored !== before.scoredAt) return withLeaf('model', then, segment);
    // The stored flip is the first of all: just before it everything was still as it was decided.
    const at = before.flipsAt !== null && before.flipsAt <= now ? before.flipsAt - 1 : now;
    return withLeaf('time', member ? { ...then, now: at } : then, segment);
  }
  const state = readings.current();
  const decided = member && then?.program.positions.has(segment) === true ? then : state;
  const moved = readings.isChanged(segment) ? 'definition' : gathered(before, after) ? 'merge' : 'data';
  return withLeaf(moved, decided, segment, state);
}

/** The leaf that kept somebody out tells most about an entry, the one that now fails about an exit. */
function withLeaf(moved: Why['moved'], state: Judged, segment: string, otherwise: Judged = state): Why {
  const leaf = decisiveLeaf(state, segment) ?? decisiveLeaf(otherwise, segment);
  return leaf === undefined ? { moved } : { moved, leaf: tellLeaf(leaf) };
}

/** Records came from or went to another person, as opposed to being new. */
function gathered(before: Profile | undefined, after: Profile): boolean {
  if (before === undefined) return false;
  const lost = Object.keys(before.fragments).some((id) => after.fragments[id] === undefined);
  const gained = Object.keys(after.fragments).filter((id) => before.fragments[id] === undefined).length;
  return lost || (gained > 0 && before.version > 0);
}

function memberAt({ program, view, now }: Judged, segment: string): boolean {
  const compiled = program.compiled[program.positions.get(segment) ?? -1];
  return compiled !== undefined && evaluateOne(program, compiled, view, now).member;
}

function judged(compiled: Compiled, profile: Profile, now: Milliseconds): Judged {
  return { program: compiled.program, view: viewUnder(compiled, profile, now), now };
}

/**
 * A profile as the evaluator sees it under definitions: their priorities say which value of a trait wins. `whole`: see
 * `traitsUnder`.
 */
export function viewUnder(compiled: Compiled, profile: Profile, now: Milliseconds, whole?: WholeHistory): PersonView {
  return viewOf(profile, traitsUnder(compiled, profile, now, whole));
}

/** Adds to what follows from a decision why each segment was entered or left. */
export function tellMovements(movement: Movement): Profile {
  const { before, after } = movement;
  const owed = before?.outbox.length ?? 0;
  const readings = readingsOf(movement);
  const outbox = after.outbox.map((follow, at) => {
    if (follow.row !== 'segment' || follow.why !== undefined || at < owed) return follow;
    return { ...follow, why: whyMoved(movement, readings, follow.segment, follow.member) };
  });
  return { ...after, outbox };
}
