import type { ReadLeaf } from './tree.ts';

/** The part of a compiled segment that says what moves it. */
export interface Movable {
  readonly id: string;
  readonly leaves: readonly { readonly leaf: ReadLeaf }[];
}

/** Which segments a change can move, by what changed. Positions are those of `program.segments`. */
export interface Moves {
  readonly traits: ReadonlyMap<string, readonly number[]>;
  readonly activities: ReadonlyMap<string, readonly number[]>;
  /** Purposes and channels. */
  readonly topics: ReadonlyMap<string, readonly number[]>;
  /** Segments outside the program. */
  readonly segments: ReadonlyMap<string, readonly number[]>;
}

/** What changed about a person. */
export interface Moved {
  readonly traits?: Iterable<string>;
  readonly activities?: Iterable<string>;
  readonly topics?: Iterable<string>;
  readonly segments?: Iterable<string>;
}

type Index = Map<string, Set<number>>;

/** Builds the index; a segment is moved by whatever moves a segment that it refers to. */
export function buildMoves(compiled: readonly Movable[]): Moves {
  const positions = new Map(compiled.map(({ id }, position) => [id, position]));
  const traits: Index = new Map();
  const activities: Index = new Map();
  const topics: Index = new Map();
  const segments: Index = new Map();

  function add(index: Index, key: string, position: number): void {
    const known = index.get(key);
    if (known === undefined) index.set(key, new Set([position]));
    else known.add(position);
  }

  function addLeaf(leaf: ReadLeaf, position: number): void {
    if (leaf.kind === 'trait') add(traits, leaf.trait, position);
    else if (leaf.kind === 'has_been') add(traits, leaf.trait.trait, position);
    else if (leaf.kind === 'consent' || leaf.kind === 'subscribed') add(topics, leaf.name, position);
    else if (leaf.kind === 'did') {
      add(activities, leaf.activity, position);
      if (leaf.followedBy !== undefined) add(activities, leaf.followedBy.activity, position);
      if (leaf.notFollowedBy !== undefined) add(activities, leaf.notFollowedBy.activity, position);
    } else if (leaf.kind === 'segment') {
      const inside = positions.get(leaf.name);
      if (inside === undefined) add(segments, leaf.name, position);
      else for (const { leaf: inner } of compiled[inside]?.leaves ?? []) addLeaf(inner, position);
    }
  }

  for (const [position, { leaves }] of compiled.entries()) for (const { leaf } of leaves) addLeaf(leaf, position);
  return { traits: freeze(traits), activities: freeze(activities), topics: freeze(topics), segments: freeze(segments) };
}

/**
 * Positions of the segments that a change can move, ascending. A trait moves what reads it, what reads a part of it and
 * what reads a map that it is part of.
 */
export function movedSegments(moves: Moves, moved: Moved): number[] {
  const found = new Set<number>();
  const take = (positions: readonly number[] | undefined): void => {
    for (const position of positions ?? []) found.add(position);
  };
  for (const path of moved.traits ?? []) {
    take(moves.traits.get(path));
    for (const [read, positions] of moves.traits) {
      if (read.startsWith(`${path}.`) || path.startsWith(`${read}.`)) take(positions);
    }
  }
  for (const name of moved.activities ?? []) take(moves.activities.get(name));
  for (const topic of moved.topics ?? []) take(moves.topics.get(topic));
  for (const id of moved.segments ?? []) take(moves.segments.get(id));
  return [...found].sort((a, b) => a - b);
}

function freeze(index: Index): ReadonlyMap<string, readonly number[]> {
  return new Map([...index].map(([key, positions]) => [key, [...positions].sort((a, b) => a - b)]));
}
