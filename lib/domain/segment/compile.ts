import { createHash } from 'node:crypto';
import { canonicalText } from '../canonical.ts';
import { TributaryError } from '../errors.ts';
import type { Leaf, SegmentDefinition } from '../segment.ts';
import { readTree } from './condition.ts';
import { didProbe } from './did-probe.ts';
import type { Observer, Observing } from './entries.ts';
import type { Feed, Register } from './feed.ts';
import { type Gates, makeGates } from './gates.ts';
import { type Machine, makeMachine } from './machine.ts';
import { buildMoves, type Moves } from './moves.ts';
import { DEFAULT_CAP, type Keep, type LeafNeed, widerKeep } from './need.ts';
import { makeNetwork, type Network, type NodeId } from './network.ts';
import { orderSegments } from './order.ts';
import { bucketProbe, hasBeenProbe, outsideProbe, type Probe, permissionProbe, traitProbe } from './probe.ts';
import { makeSolver, type Solver } from './solver.ts';
import { leavesOf, type ReadLeaf, type Tree } from './tree.ts';

/** A workspace's segments compiled together: what is equal in several of them is asked once. */
export interface Program extends Observing {
  readonly definitions: readonly SegmentDefinition[];
  /** Ids in the order of the definitions; positions in an evaluation. */
  readonly segments: readonly string[];
  readonly positions: ReadonlyMap<string, number>;
  readonly options: CompileOptions;
  /** What must be kept of activities so that every leaf can be answered. */
  readonly needs: readonly LeafNeed[];
  /** The feeds behind the needs: what another program must keep for this one to be answered from its profiles. */
  readonly feeds: readonly KeptFeed[];
  /** Which segments a change can move. */
  readonly moves: Moves;
  readonly compiled: readonly CompiledSegment[];
  readonly machine: Machine;
  readonly solver: Solver;
  /** Root nodes by position. */
  readonly roots: readonly NodeId[];
  readonly gates: Gates;
}

export interface CompileOptions {
  /** The workspace's time zone, for `calendar: true`. */
  readonly timezone: string;
  /** Entries kept per fragment for leaves that need all of a window. */
  readonly cap?: number;
  /** Computed and learned traits of the workspace: their activities are kept and filled as those of segments. */
  readonly made?: readonly MadeOf[];
  /** Feeds that are kept for others, who ask profiles what no segment does: see lib/domain/review/measuring.ts. */
  readonly kept?: readonly KeptFeed[];
}

/** A feed, and what must be kept of it. */
export interface KeptFeed {
  readonly feed: Feed;
  readonly keep: Omit<Keep, 'cap'>;
}

/** What traits are made of that follow from activities. */
export interface MadeOf {
  /** The beginning of their paths, with the dot. */
  readonly under: string;
  /** Feeds, and what is kept of each. */
  readonly feeds: readonly KeptFeed[];
  /** Traits that they read. */
  readonly reads: readonly string[];
}

export interface CompiledSegment {
  readonly id: string;
  /** First 16 hex digits of the SHA-256 of id and condition. */
  readonly version: string;
  readonly tree: Tree;
  readonly root: NodeId;
  readonly leaves: readonly CompiledLeaf[];
  /** Always or never true, whoever it is about. */
  readonly constant: boolean | undefined;
}

export interface CompiledLeaf {
  readonly path: string;
  readonly written: Leaf;
  readonly leaf: ReadLeaf;
  readonly node: NodeId;
  /** Undefined for a segment of this program. */
  readonly probe: Probe | undefined;
  readonly constant: boolean | undefined;
}

/**
 * Compiles segments together. Throws TributaryError `config`: `segment/unreadable` for a condition that
 * `parseCondition` refuses, `segment/cycle` for segments that refer to each other in a circle. References to segments
 * that are not among the definitions are asked of the view.
 */
export function compile(definitions: readonly SegmentDefinition[], options: CompileOptions): Program {
  const ordered = orderSegments(definitions);
  if (!ordered.ok) {
    const message = `segments refer to each other in a circle: ${ordered.cycle.join(' → ')}; take one reference out`;
    throw new TributaryError('config', 'segment/cycle', message);
  }
  const machine = makeMachine();
  const network = makeNetwork();
  const feeds = collectFeeds(machine, options.cap ?? DEFAULT_CAP);
  const { made = [], kept = [] } = options;
  for (const { feed, keep } of [...made.flatMap((one) => one.feeds), ...kept]) feeds.register(feed, keep);
  const known = new Map<string, NodeId>();
  const drafts = new Map<string, Draft>();
  for (const definition of ordered.order) {
    const draft = draftSegment(definition, { machine, network, register: feeds.register, known, options });
    known.set(definition.segment, draft.root);
    drafts.set(definition.segment, draft);
  }
  const compiled = definitions.map(({ segment }) => emitSegment(drafts.get(segment) as Draft, network));
  const roots = compiled.map(({ root }) => root);
  const gates = makeGates(roots, network, machine);
  machine.seal();
  const segments = definitions.map(({ segment }) => segment);
  return {
    definitions,
    segments,
    positions: new Map(segments.map((id, position) => [id, position])),
    options,
    needs: feeds.needs(),
    feeds: feeds.all(),
    observers: feeds.observers(),
    moves: buildMoves(compiled, made),
    compiled,
    machine,
    solver: makeSolver(network.nodes(), machine),
    roots,
    gates,
  };
}

/** Version of a definition: changes with its id and its condition, not with its title or its tests. */
export function versionOf({ segment, when }: SegmentDefinition): string {
  return createHash('sha256').update(canonicalText({ segment, when })).digest('hex').slice(0, 16);
}

interface Draft {
  readonly id: string;
  readonly version: string;
  readonly tree: Tree;
  readonly root: NodeId;
  readonly leaves: ReadonlyMap<Tree, { readonly node: NodeId; readonly probe: Probe | undefined }>;
}

interface DraftContext {
  readonly machine: Machine;
  readonly network: Network;
  readonly register: Register;
  /** Roots of the segments drafted before. */
  readonly known: ReadonlyMap<string, NodeId>;
  readonly options: CompileOptions;
}

function draftSegment(definition: SegmentDefinition, context: DraftContext): Draft {
  const read = readTree(definition.when);
  if (!read.ok) {
    const [first] = read.problems;
    const place = ['when', ...(first?.path ?? [])].join('.');
    const message = `segment ${definition.segment}, ${place}: found ${first?.found}, expected ${first?.expected}`;
    throw new TributaryError('config', 'segment/unreadable', message);
  }
  const leaves = new Map<Tree, { node: NodeId; probe: Probe | undefined }>();
  const { network } = context;

  function draw(tree: Tree): NodeId {
    if (tree.kind === 'all') return network.all(tree.of.map(draw));
    if (tree.kind === 'any') return network.any(tree.of.map(draw));
    if (tree.kind === 'not') return network.not(draw(tree.of));
    const inside = tree.leaf.kind === 'segment' ? context.known.get(tree.leaf.name) : undefined;
    const probe = inside === undefined ? probeOf(tree.leaf, context) : undefined;
    const node = inside ?? leafNode(tree.leaf, probe as Probe, network);
    leaves.set(tree, { node, probe });
    return node;
  }

  const root = draw(read.tree);
  return { id: definition.segment, version: versionOf(definition), tree: read.tree, root, leaves };
}

function leafNode(leaf: ReadLeaf, probe: Probe, network: Network): NodeId {
  if (leaf.kind === 'did' && leaf.reduction.kind === 'count') {
    const { least, most } = leaf.reduction;
    if (least === 0 && most === Number.POSITIVE_INFINITY) return network.constant(true);
  }
  if (leaf.kind === 'bucket' && leaf.from === 0 && leaf.to === 1) return network.constant(true);
  const node = network.leaf(probe);
  return probe.negate ? network.not(node) : node;
}

function probeOf(leaf: ReadLeaf, { machine, register, options: { timezone } }: DraftContext): Probe {
  switch (leaf.kind) {
    case 'trait':
      return traitProbe(leaf, machine, timezone);
    case 'has_been':
      return hasBeenProbe(leaf, machine, timezone);
    case 'did':
      return didProbe(leaf, machine, register, timezone);
    case 'bucket':
      return bucketProbe(leaf, machine);
    case 'segment':
      return outsideProbe(leaf.name, machine);
    default:
      return permissionProbe(leaf.kind, leaf.name, machine);
  }
}

function emitSegment(draft: Draft, network: Network): CompiledSegment {
  const leaves = leavesOf(draft.tree).map((tree): CompiledLeaf => {
    const { node, probe } = draft.leaves.get(tree) as { node: NodeId; probe: Probe | undefined };
    const { path, written, leaf } = tree;
    return { path, written, leaf, node, probe, constant: network.constantOf(node) };
  });
  const { id, version, tree, root } = draft;
  return { id, version, tree, root, leaves, constant: network.constantOf(root) };
}

function collectFeeds(machine: Machine, cap: number) {
  const found = new Map<string, { readonly feed: Feed; keep: Keep }>();

  const register: Register = (feed, keep) => {
    const capped = { ...keep, cap: Math.max(cap, keep.latest) };
    const known = found.get(feed.key);
    if (known === undefined) found.set(feed.key, { feed, keep: capped });
    else known.keep = widerKeep(known.keep, capped);
    return machine.feed(feed.key);
  };

  function needs(): LeafNeed[] {
    return [...found.values()].map(({ feed, keep }) => ({ key: feed.key, activity: feed.activity, keep }));
  }

  function observers(): ReadonlyMap<string, readonly Observer[]> {
    const byActivity = new Map<string, Observer[]>();
    for (const { feed } of found.values()) {
      const list = byActivity.get(feed.activity);
      if (list === undefined) byActivity.set(feed.activity, [feed]);
      else list.push(feed);
    }
    return byActivity;
  }

  return { register, needs, observers, all: (): readonly KeptFeed[] => [...found.values()] };
}
