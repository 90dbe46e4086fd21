import { TributaryError } from '../errors.ts';
import type { Milliseconds } from '../instant.ts';
import type { Json } from '../json.ts';
import type { CompiledLeaf, Program } from './compile.ts';
import { begin } from './evaluate.ts';
import type { SeenEvent, Sight } from './probe.ts';
import type { PersonView } from './view.ts';

/** Why a person is, or is not, in a segment: every leaf of its definition, with what it saw. */
export interface Receipt {
  readonly segment: string;
  /** Version of the definition that answered. */
  readonly version: string;
  readonly leaves: readonly ReceiptLeaf[];
}

export interface ReceiptLeaf {
  /** Where the leaf stands: `when.all[0].not`. */
  readonly path: string;
  readonly held: boolean;
  /** The value, count or instant that was compared; null = nothing. */
  readonly saw: Json;
  /** The leaf as written. */
  readonly wanted: Json;
  readonly because: Because;
  /** The newest activities that counted. */
  readonly events: readonly SeenEvent[];
  /** Answered from stored activities, because more were done than a profile keeps. */
  readonly from?: 'history';
}

/**
 * `missing`: there was no value; `mismatch`: it was of a type that the operator does not read; otherwise whether the
 * comparison held: `match` or `no-match`. A complement holds where its positive does not, also when `missing`.
 */
export type Because = 'match' | 'no-match' | 'missing' | 'mismatch';

/**
 * Explains one segment for one person at `now`. Throws TributaryError `config` `segment/unknown` for a segment that is
 * not in the program.
 */
export function explain(program: Program, segment: string, view: PersonView, now: Milliseconds): Receipt {
  const compiled = program.compiled[program.positions.get(segment) ?? -1];
  if (compiled === undefined) throw unknownSegment(segment, program);
  begin(program, view, now);
  const leaves = compiled.leaves.map((leaf) => explainLeaf(leaf, program.solver.holds(leaf.node), now));
  return { segment, version: compiled.version, leaves };
}

/** The failure of naming a segment that is not there. */
export function unknownSegment(segment: string, program: Program): TributaryError {
  const message = `no segment ${segment} among ${program.segments.length}; name one of the workspace`;
  return new TributaryError('config', 'segment/unknown', message);
}

function explainLeaf(leaf: CompiledLeaf, held: boolean, now: Milliseconds): ReceiptLeaf {
  const sight: Sight = leaf.probe?.sight(now) ?? { saw: held };
  return {
    path: leaf.path,
    held,
    saw: sight.saw,
    wanted: leaf.written,
    because: sight.because ?? (held ? 'match' : 'no-match'),
    events: sight.events ?? [],
    ...(sight.history === true ? { from: 'history' as const } : {}),
  };
}
