import type { Tree } from '../segment/tree.ts';

/**
 * A condition as it would be without one of its leaves, each in the order of writing. A group that loses its last part goes
 * with it, and so does a `not` whose inside does; undefined where nothing is left, so that everybody would be in.
 */
export function withoutEachLeaf(tree: Tree): readonly (Tree | undefined)[] {
  const without: (Tree | undefined)[] = [];
  let leaves = 0;
  const count = (one: Tree): void => {
    if (one.kind === 'leaf') leaves += 1;
    else if (one.kind === 'not') count(one.of);
    else for (const part of one.of) count(part);
  };
  count(tree);
  for (let drop = 0; drop < leaves; drop += 1) {
    let at = 0;
    const keep = (one: Tree): Tree | undefined => {
      if (one.kind === 'leaf') return at++ === drop ? undefined : one;
      if (one.kind === 'not') {
        const of = keep(one.of);
        return of === undefined ? undefined : { kind: 'not', of };
      }
      const of = one.of.map(keep).filter((part) => part !== undefined);
      return of.length === 0 ? undefined : { kind: one.kind, of };
    };
    without.push(keep(tree));
  }
  return without;
}

/** Whether a condition holds, by the answers of its leaves (path → holds). */
export function holdsBy(tree: Tree, answer: (path: string) => boolean): boolean {
  if (tree.kind === 'leaf') return answer(tree.path);
  if (tree.kind === 'not') return !holdsBy(tree.of, answer);
  const holds = (part: Tree): boolean => holdsBy(part, answer);
  return tree.kind === 'all' ? tree.of.every(holds) : tree.of.some(holds);
}
