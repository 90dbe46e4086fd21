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
  /** Whom every gate leaves of the person at hand: bit n % 32 of word n / 32. Good until it is asked again. */
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
  const scratch = new Int32Array(words);
  const left = new Int32Array(words);
  // No bits past the last segment: whoever counts bits need not look where they end.
  const everybody = Int32Array.from({ length: words }, (_, word) => bitsOf(Math.min(32, roots.length - 32 * word)));

  function test({ bars: tests }: Gate, into: Int32Array): Int32Array {
    into.set(everybody);
    for (const { slot, test: holds, wanted, segments } of tests) {
      if (holds(machine.value(slot)) === wanted) continue;
      for (let word = 0; word < words; word += 1) into[word] = (into[word] as number) & ~(segments[word] as number);
    }
    return into;
  }

  /** Who is left by one gate's trait. */
  function look(gate: Gate): Int32Array {
    const value = machine.value(gate.raw);
    if (typeof value !== 'string') return test(gate, scratch);
    const known = gate.known.get(value);
    if (known !== undefined) return known;
    const found = test(gate, scratch);
    if (gate.known.size < MOST_KNOWN) gate.known.set(value, found.slice());
    return found;
  }

  function open(): Int32Array {
    left.set(everybody);
    for (const gate of list) {
      const found = look(gate);
      for (let word = 0; word < words; word += 1) left[word] = (left[word] as number) & (found[word] as number);
    }
    return left;
  }

  return { words, rests, open };
}

function bitsOf(count: number): number {
  return count === 32 ? -1 : (1 << count) - 1;
}

/** The parts that must all hold. */
function partsOf(root: NodeId, network: Network): readonly NodeId[] {
  const node = network.nodeAt(root);
  if (node.kind === 'all') return node.of;
  const inner = node.kind === 'not' ? network.nodeAt(node.of) : node;
  return inner.kind === 'any' && node.kind === 'not' ? inner.of.map(network.not) : [root];
}
