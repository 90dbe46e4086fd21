import type { Machine } from './machine.ts';
import type { Network, NodeId } from './network.ts';

/**
 * What rules out many segments at once: a segment that wants all of its parts, one of them a fixed test of one trait, is
 * nobody's for whom that test fails, now and until new data comes. One look at a trait decides for every segment that
 * wants something of it.
 */
export interface Gates {
  /** How many words of 32 segments each a set of positions takes. */
  readonly words: number;
  /** What is left to ask of a segment that is not ruled out, by position. */
  readonly rests: readonly NodeId[];
  /** Whether that may depend on a leaf. */
  asks(position: number, leaf: NodeId): boolean;
  /** Trait path → number of its gate. */
  readonly places: ReadonlyMap<string, number>;
  readonly count: number;
  /** Who is left by one gate's trait of the person at hand, into that gate's words of `looks` (`count` times `words`). */
  look(gate: number, looks: Int32Array): void;
  /** Who is left by every gate: bit n % 32 of word n / 32. Without `into` the answer is good until it is asked again. */
  meet(looks: Int32Array, into?: Int32Array): Int32Array;
  /** Looks through every gate at the person at hand; as `meet`. */
  open(): Int32Array;
}

/** A fixed test of one trait that segments want to hold, or to fail. */
interface Bar {
  readonly slot: number;
  readonly test: (value: unknown) => boolean;
  readonly wanted: boolean;
  /** The segments that are ruled out otherwise. */
  readonly segments: Int32Array;
}

interface Gate {
  readonly raw: number;
  readonly bars: Bar[];
  /** Who is left, by the text that the trait holds: people share few values of what segments ask for. */
  readonly known: Map<string, Int32Array>;
}

/** Texts remembered for one trait; one with more different values (an address) is tested each time. */
const MOST_KNOWN = 256;

/** Finds the gates of segments in their network; adds what is left of each to it. */
export function makeGates(roots: readonly NodeId[], network: Network, machine: Machine): Gates {
  const words = Math.ceil(roots.length / 32);
  const gates = new Map<string, Gate>();
  const bars = new Map<NodeId, Bar>();

  /** The segments that a part rules out when it fails; undefined when the part is no fixed test of one trait. */
  function barOf(part: NodeId): Bar | undefined {
    const known = bars.get(part);
    if (known !== undefined) return known;
    const node = network.nodeAt(part);
    const leaf = node.kind === 'not' ? network.nodeAt(node.of) : node;
    const plain = leaf.kind === 'leaf' ? leaf.probe.plain : undefined;
    if (plain === undefined) return undefined;
    const { trait, raw, slot, test } = plain;
    const bar = { slot, test, wanted: node.kind !== 'not', segments: new Int32Array(words) };
    bars.set(part, bar);
    const gate: Gate = gates.get(trait) ?? { raw, bars: [], known: new Map() };
    gate.bars.push(bar);
    gates.set(trait, gate);
    return bar;
  }

  const rests = roots.map((root, position) => {
    const left: NodeId[] = [];
    for (const part of partsOf(root, network)) {
      const bar = barOf(part);
      if (bar === undefined) left.push(part);
      else bar.segments[position >> 5] = (bar.segments[position >> 5] as number) | (1 << (position & 31));
    }
    return network.all(left);
  });
  const list = [...gates.values()];
  const scratch = new Int32Array(list.length * words);
  const left = new Int32Array(words);
  // No bits past the last segment: whoever counts bits need not look where they end.
  const everybody = Int32Array.from({ length: words }, (_, word) => bitsOf(Math.min(32, roots.length - 32 * word)));

  function test({ bars: tests }: Gate, into: Int32Array, from: number): void {
    into.set(everybody, from);
    for (const { slot, test: holds, wanted, segments } of tests) {
      if (holds(machine.value(slot)) === wanted) continue;
      for (let word = 0; word < words; word += 1) {
        into[from + word] = (into[from + word] as number) & ~(segments[word] as number);
      }
    }
  }

  function look(number: number, looks: Int32Array): void {
    const gate = list[number] as Gate;
    const from = number * words;
    const value = machine.value(gate.raw);
    const known = typeof value === 'string' ? gate.known.get(value) : undefined;
    if (known === undefined) {
      test(gate, looks, from);
      if (typeof value === 'string' && gate.known.size < MOST_KNOWN)
        gate.known.set(value, looks.slice(from, from + words));
      return;
    }
    for (let word = 0; word < words; word += 1) looks[from + word] = known[word] as number;
  }

  function meet(looks: Int32Array, into = left): Int32Array {
    into.set(everybody);
    for (let at = 0; at < looks.length; ) {
      for (let word = 0; word < words; word += 1, at += 1) into[word] = (into[word] as number) & (looks[at] as number);
    }
    return into;
  }

  function open(): Int32Array {
    for (let gate = 0; gate < list.length; gate += 1) look(gate, scratch);
    return meet(scratch);
  }

  const places = new Map([...gates.keys()].map((trait, number) => [trait, number]));
  const asked = rests.map((rest) => reachable(rest, network));

  function asks(position: number, leaf: NodeId): boolean {
    const node = network.nodeAt(leaf);
    return asked[position]?.has(node.kind === 'not' ? node.of : leaf) ?? true;
  }

  return { words, rests, asks, places, count: list.length, look, meet, open };
}

function bitsOf(count: number): number {
  return count === 32 ? -1 : (1 << count) - 1;
}

/** Every node that an answer may depend on. */
function reachable(root: NodeId, network: Network): ReadonlySet<NodeId> {
  const found = new Set([root]);
  for (const id of found) {
    const node = network.nodeAt(id);
    if (node.kind === 'not') found.add(node.of);
    else if (node.kind === 'all' || node.kind === 'any') for (const part of node.of) found.add(part);
  }
  return found;
}

/** The parts that must all hold. */
function partsOf(root: NodeId, network: Network): readonly NodeId[] {
  const node = network.nodeAt(root);
  if (node.kind === 'all') return node.of;
  const inner = node.kind === 'not' ? network.nodeAt(node.of) : node;
  return inner.kind === 'any' && node.kind === 'not' ? inner.of.map(network.not) : [root];
}
