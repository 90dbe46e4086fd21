import type { CompiledSegment, Program } from './compile.ts';
import type { Tree } from './tree.ts';

/** One part of a condition, leaf or branch, and where it stands: `when.all[0].not`. */
export interface Part {
  readonly path: string;
  readonly tree: Tree;
}

/**
 * Answers whether a part of a compiled segment holds for the person with whom the program's evaluation was begun. Leaves
 * are asked of the program, so that what is equal in several parts is asked once.
 */
export function openHolding({ solver }: Program, { leaves }: CompiledSegment): (tree: Tree) => boolean {
  const byPath = new Map(leaves.map((leaf) => [leaf.path, leaf]));

  return function holds(tree: Tree): boolean {
    if (tree.kind === 'leaf') return solver.holds(byPath.get(tree.path)?.node ?? -1);
    if (tree.kind === 'not') return !holds(tree.of);
    return tree.kind === 'all' ? tree.of.every(holds) : tree.of.some(holds);
  };
}

/** Every part of a condition, the whole first, at the paths at which sentences and receipts name them. */
export function partsOf(tree: Tree, path = 'when'): Part[] {
  if (tree.kind === 'leaf') return [{ path, tree }];
  if (tree.kind === 'not') return [{ path, tree }, ...partsOf(tree.of, `${path}.not`)];
  return [{ path, tree }, ...tree.of.flatMap((part, at) => partsOf(part, `${path}.${tree.kind}[${at}]`))];
}
