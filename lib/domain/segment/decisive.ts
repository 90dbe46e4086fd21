import type { Milliseconds } from '../instant.ts';
import type { CompiledLeaf, Program } from './compile.ts';
import { begin } from './evaluate.ts';
import { openHolding } from './holding.ts';
import type { Tree } from './tree.ts';
import type { PersonView } from './view.ts';
import { tellWanted } from './words.ts';

/** One state of a person beside the program that judges it. */
export interface Judged {
  readonly program: Program;
  readonly view: PersonView;
  readonly now: Milliseconds;
}

/**
 * The leaf that alone makes a segment hold or not hold for a person: the first false part of an `all`, the first true
 * part of an `any`. Undefined when it takes several together, or the segment is not in the program.
 */
export function decisiveLeaf({ program, view, now }: Judged, segment: string): CompiledLeaf | undefined {
  const compiled = program.compiled[program.positions.get(segment) ?? -1];
  if (compiled === undefined) return undefined;
  begin(program, view, now);
  const byPath = new Map(compiled.leaves.map((leaf) => [leaf.path, leaf]));

  const holds = openHolding(program, compiled);

  function find(tree: Tree): CompiledLeaf | undefined {
    if (tree.kind === 'leaf') return byPath.get(tree.path);
    if (tree.kind === 'not') return find(tree.of);
    const [only] = tree.of;
    if (tree.of.length === 1 && only !== undefined) return find(only);
    const held = holds(tree);
    // All parts of an `all` make it hold, and all parts of an `any` make it fail: no single one does.
    if (held === (tree.kind === 'all')) return undefined;
    const part = tree.of.find((one) => holds(one) === held);
    return part === undefined ? undefined : find(part);
  }

  return find(compiled.tree);
}

/** A leaf in words: `did Order Completed at least 2 times within 365 days`. */
export function tellLeaf(leaf: CompiledLeaf): string {
  return tellWanted(leaf.written);
}
