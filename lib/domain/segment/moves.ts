import type { Gates } from './gates.ts';
import type { NodeId } from './network.ts';
import type { ReadLeaf } from './tree.ts';

/** The part of a compiled segment that says what moves it. */
export interface Movable {
  readonly id: string;
  readonly leaves: readonly { readonly leaf: ReadLeaf; readonly node: NodeId }[];
}

/** Which segments a change can move, by what changed. Positions are those of `program.segments`. */
export interface Moves {
  readonly traits: ReadonlyMap<string, readonly number[]>;
  readonly activities: ReadonlyMap<string, readonly number[]>;
  /** Purposes and channels. */
  readonly topics: ReadonlyMap<string, readonly number[]>;
  /** Segments outside the program. */
  readonly segments: ReadonlyMap<string, readonly number[]>;
  /** As `traits`, of segments that ask for the trait beyond what gates look at. */
  readonly asked: ReadonlyMap<string, readonly number[]>;
  /** Traits that are a part of a trait that is read, or that it is a part of: itself among them. */
  readonly related: ReadonlyMap<string, readonly string[]>;
}

/** What changed about a person. */
export interface Moved {
  readonly traits?: Iterable<string>;
  readonly activities?: Iterable<string>;
  readonly topics?: Iterable<string>;
  readonly segments?: Iterable<string>;
}

type Index = Map<string, Set<number>>;

/**
 * Builds the index; a segment is moved by whatever moves a segment that it refers to. `asks` tells whether a
 * leaf is still asked of a segment that no gate has ruled out.
 */
export function buildMoves(compiled: readonly Movable[], asks: Gates['asks']): Moves {
  const positions = new Map(compiled.map(({ id }, position) => [id, position]));
  const traits: Index = new Map();
  const activities: Index = new Map();
  const topics: Index = new Map();
  const segments: Index = new Map();
  const asked: Index = new Map();

  function add(index: Index, key: string, position: number): void {
    const known = index.get(key);
    if (known === undefined) index.set(key, new Set([position]));
    else known.add(position);
  }

  function addTrait(path: string, node: NodeId, position: number): void {
    add(traits, path, position);
    if (asks(position, node)) add(asked, path, position);
  }

  function addLeaf(leaf: ReadLeaf, node: NodeId, position: number): void {
    if (leaf.kind === 'trait') addTrait(leaf.trait, node, position);
    else if (leaf.kind === 'has_been') addTrait(leaf.trait.trait, node, position);
    else if (leaf.kind === 'consent' || leaf.kind === 'subscribed') add(topics, leaf.name, position);
    else if (leaf.kind === 'did') {
      add(activities, leaf.activity, position);
      if (leaf.followedBy !== undefined) add(activities, leaf.followedBy.activity, position);
      if (leaf.notFollowedBy !== undefined) add(activities, leaf.notFollowedBy.activity, position);
    } else if (leaf.kind === 'segment') {
      const inside = positions.get(leaf.name);
      if (inside === undefined) add(segments, leaf.name, position);
      else for (const inner of compiled[inside]?.leaves ?? []) addLeaf(inner.leaf, inner.node, position);
    }
  }

  for (const [position, { leaves }] of compiled.entries()) {
    for (const { leaf, node } of leaves) addLeaf(leaf, node, position);
  }
  const related = new Map([...traits.keys()].map((path) => [path, relatedTo(path, traits.keys())]));
  return {
    traits: freeze(traits),
    activities: freeze(activities),
    topics: freeze(topics),
    segments: freeze(segments),
    asked: freeze(asked),
    related,
  };
}

/** Traits that are read and that a changed one moves. */
export function movedTraits({ traits, related }: Moves, path: string): readonly string[] {
  return related.get(path) ?? relatedTo(path, traits.keys());
}

function relatedTo(path: string, read: Iterable<string>): readonly string[] {
  return [...read].filter((other) => other === path || other.startsWith(`${path}.`) || path.startsWith(`${other}.`));
}

function freeze(index: Index): ReadonlyMap<string, readonly number[]> {
  return new Map([...index].map(([key, positions]) => [key, [...positions].sort((a, b) => a - b)]));
}
