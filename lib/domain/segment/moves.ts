import type { ReadLeaf } from './tree.ts';

/** The part of a compiled segment that says what moves it. */
interface Movable {
  readonly id: string;
  readonly leaves: readonly { readonly leaf: ReadLeaf }[];
}

/** What computed and learned traits are made of: see `MadeOf` of compile.ts. */
interface Made {
  readonly under: string;
  readonly feeds: readonly { readonly feed: { readonly activity: string } }[];
  readonly reads: readonly string[];
}

/** Kinds of things that a segment reads of a person. Topics are purposes and channels; segments are those of elsewhere. */
type Kind = 'traits' | 'activities' | 'topics' | 'segments';

/**
 * The index from a change to the segments that it can move, by their positions in `program.segments`: the answers of the
 * others stand until they flip.
 */
export type Moves = Readonly<Record<Kind, (name: string) => readonly number[]>>;

/**
 * Builds the index; a segment is moved by whatever moves a segment that it refers to, and one that reads a computed or learned
 * trait by whatever those are made of.
 */
export function buildMoves(compiled: readonly Movable[], made: readonly Made[] = []): Moves {
  const byId = new Map(compiled.map((one) => [one.id, one]));
  const found: Record<Kind, Map<string, Set<number>>> = {
    traits: new Map(),
    activities: new Map(),
    topics: new Map(),
    segments: new Map(),
  };

  function add(kind: Kind, name: string, position: number): void {
    const known = found[kind].get(name);
    if (known === undefined) found[kind].set(name, new Set([position]));
    else known.add(position);
  }

  function addTrait(path: string, position: number): void {
    add('traits', path, position);
    for (const { under, feeds, reads } of made) {
      if (!`${path}.`.startsWith(under)) continue;
      for (const { feed } of feeds) add('activities', feed.activity, position);
      for (const read of reads) add('traits', read, position);
    }
  }

  function addLeaf(leaf: ReadLeaf, position: number): void {
    if (leaf.kind === 'trait') addTrait(leaf.trait, position);
    else if (leaf.kind === 'has_been') addTrait(leaf.trait.trait, position);
    else if (leaf.kind === 'consent' || leaf.kind === 'subscribed') add('topics', leaf.name, position);
    else if (leaf.kind === 'did') {
      add('activities', leaf.activity, position);
      if (leaf.followedBy !== undefined) add('activities', leaf.followedBy.activity, position);
      if (leaf.notFollowedBy !== undefined) add('activities', leaf.notFollowedBy.activity, position);
    } else if (leaf.kind === 'segment') {
      const inside = byId.get(leaf.name);
      if (inside === undefined) add('segments', leaf.name, position);
      else for (const inner of inside.leaves) addLeaf(inner.leaf, position);
    }
  }

  for (const [position, { leaves }] of compiled.entries()) for (const { leaf } of leaves) addLeaf(leaf, position);
  const read = [...found.traits.keys()];
  return {
    // A trait moves its parts, and what it is a part of.
    traits: remembered((path) =>
      read
        .filter((one) => one === path || one.startsWith(`${path}.`) || path.startsWith(`${one}.`))
        .flatMap((one) => [...(found.traits.get(one) ?? [])]),
    ),
    activities: remembered((name) => [...(found.activities.get(name) ?? [])]),
    topics: remembered((name) => [...(found.topics.get(name) ?? [])]),
    segments: remembered((name) => [...(found.segments.get(name) ?? [])]),
  };
}

function remembered(find: (name: string) => readonly number[]): (name: string) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const found = [...new Set(find(name))].sort((a, b) => a - b);
    known.set(name, found);
    return found;
  };
}
