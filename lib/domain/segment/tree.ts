import type { Leaf } from '../segment.ts';
import type { BucketLeaf } from './leaves/bucket.ts';
import type { DidLeaf } from './leaves/did.ts';
import type { HasBeenLeaf } from './leaves/has-been.ts';
import type { ConsentLeaf, SegmentLeaf, SubscribedLeaf } from './leaves/named.ts';
import type { TraitLeaf } from './leaves/trait.ts';

/** A condition after reading: everything in it is known to be well formed. */
export type Tree =
  | { readonly kind: 'all'; readonly of: readonly Tree[] }
  | { readonly kind: 'any'; readonly of: readonly Tree[] }
  | { readonly kind: 'not'; readonly of: Tree }
  | { readonly kind: 'leaf'; readonly path: string; readonly written: Leaf; readonly leaf: ReadLeaf };

export type ReadLeaf = TraitLeaf | DidLeaf | HasBeenLeaf | SegmentLeaf | ConsentLeaf | SubscribedLeaf | BucketLeaf;

/** The leaves of a tree, in the order of writing. */
export function leavesOf(tree: Tree): Extract<Tree, { kind: 'leaf' }>[] {
  if (tree.kind === 'leaf') return [tree];
  return tree.kind === 'not' ? leavesOf(tree.of) : tree.of.flatMap(leavesOf);
}
