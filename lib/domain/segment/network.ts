import type { Milliseconds } from '../instant.ts';
import type { Machine } from './machine.ts';
import type { Probe } from './probe.ts';
import { ALWAYS, NEVER, type Signed } from './signed.ts';

/** The conditions of all segments as one graph: equal parts are one node, constants are folded away. */
export interface Network {
  constant(value: boolean): NodeId;
  leaf(probe: Probe): NodeId;
  not(of: NodeId): NodeId;
  all(of: readonly NodeId[]): NodeId;
  any(of: readonly NodeId[]): NodeId;
  /** True or false when the node can never answer otherwise. */
  constantOf(node: NodeId): boolean | undefined;
  /** Turns a node into a function that answers at the machine's instant. Call after all nodes are made. */
  emit(node: NodeId): () => Signed;
}

export type NodeId = number;

type Node =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'leaf'; readonly probe: Probe }
  | { readonly kind: 'not'; readonly of: NodeId }
  | { readonly kind: 'all' | 'any'; readonly of: readonly NodeId[] };

export function makeNetwork(machine: Machine): Network {
  const nodes: Node[] = [];
  const costs: number[] = [];
  const uses: number[] = [];
  const byKey = new Map<string, NodeId>();
  const emitted = new Map<NodeId, () => Signed>();
  const no = intern('false', { kind: 'constant', value: false }, 0);
  const yes = intern('true', { kind: 'constant', value: true }, 0);

  function intern(key: string, node: Node, cost: number): NodeId {
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const id = nodes.length;
    nodes.push(node);
    costs.push(cost);
    uses.push(0);
    byKey.set(key, id);
    return id;
  }

  function nodeAt(id: NodeId): Node {
    return nodes[id] as Node;
  }

  function not(of: NodeId): NodeId {
    if (of === yes) return no;
    if (of === no) return yes;
    const node = nodeAt(of);
    return node.kind === 'not' ? node.of : intern(`not ${of}`, { kind: 'not', of }, costs[of] ?? 0);
  }

  function branch(kind: 'all' | 'any', of: readonly NodeId[]): NodeId {
    const [neutral, decisive] = kind === 'all' ? [yes, no] : [no, yes];
    const parts = new Set<NodeId>();
    for (const id of of) {
      const node = nodeAt(id);
      for (const part of node.kind === kind ? node.of : [id]) if (part !== neutral) parts.add(part);
    }
    const contradicts = [...parts].some((id) => parts.has(not(id)));
    if (contradicts || parts.has(decisive)) return decisive;
    const sorted = [...parts].sort((a, b) => a - b);
    const [only] = sorted;
    if (only === undefined) return neutral;
    if (sorted.length === 1) return only;
    const cheapFirst = [...sorted].sort((a, b) => (costs[a] ?? 0) - (costs[b] ?? 0) || a - b);
    const cost = sorted.reduce((sum, id) => sum + (costs[id] ?? 0), 0);
    return intern(`${kind} ${sorted.join(' ')}`, { kind, of: cheapFirst }, cost);
  }

  function emit(id: NodeId): () => Signed {
    uses[id] = (uses[id] ?? 0) + 1;
    const known = emitted.get(id);
    if (known !== undefined) return known;
    const ask = machine.remember(asker(nodeAt(id)));
    emitted.set(id, ask);
    return ask;
  }

  function asker(node: Node): (at: Milliseconds) => Signed {
    if (node.kind === 'constant') return node.value ? () => ALWAYS : () => NEVER;
    if (node.kind === 'leaf') return node.probe.ask;
    if (node.kind === 'not') {
      const ask = emit(node.of);
      return () => -ask();
    }
    const parts = node.of.map(emit);
    return node.kind === 'all' ? askAll(parts) : askAny(parts);
  }

  return {
    constant: (value) => (value ? yes : no),
    leaf: (probe) => intern(probe.key, { kind: 'leaf', probe }, probe.cost),
    not,
    all: (of) => branch('all', of),
    any: (of) => branch('any', of),
    constantOf(id) {
      const node = nodeAt(id);
      return node.kind === 'constant' ? node.value : undefined;
    },
    emit,
  };
}

/** True until the first part turns; false as long as any one part stays false. */
function askAll(parts: readonly (() => Signed)[]): () => Signed {
  return function all() {
    let trueUntil = Number.POSITIVE_INFINITY;
    let falseUntil = 0;
    for (let index = 0; index < parts.length; index += 1) {
      const answer = (parts[index] as () => Signed)();
      if (answer > 0) {
        if (answer < trueUntil) trueUntil = answer;
      } else if (answer === NEVER) return NEVER;
      else if (-answer > falseUntil) falseUntil = -answer;
    }
    return falseUntil > 0 ? -falseUntil : trueUntil;
  };
}

/** True as long as any one part stays true; false until the first part turns. */
function askAny(parts: readonly (() => Signed)[]): () => Signed {
  return function any() {
    let falseUntil = Number.POSITIVE_INFINITY;
    let trueUntil = 0;
    for (let index = 0; index < parts.length; index += 1) {
      const answer = (parts[index] as () => Signed)();
      if (answer < 0) {
        if (-answer < falseUntil) falseUntil = -answer;
      } else if (answer === ALWAYS) return ALWAYS;
      else if (answer > trueUntil) trueUntil = answer;
    }
    return trueUntil > 0 ? trueUntil : -falseUntil;
  };
}
