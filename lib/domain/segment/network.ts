import type { Probe } from './probe.ts';

/** The conditions of all segments as one graph: equal parts are one node, constants are folded away. */
export interface Network {
  constant(value: boolean): NodeId;
  leaf(probe: Probe): NodeId;
  not(of: NodeId): NodeId;
  all(of: readonly NodeId[]): NodeId;
  any(of: readonly NodeId[]): NodeId;
  /** True or false when the node can never answer otherwise. */
  constantOf(node: NodeId): boolean | undefined;
  nodeAt(id: NodeId): Node;
  /** All nodes by id; parts come before what they are part of. */
  nodes(): readonly Node[];
}

export type NodeId = number;

export type Node =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'leaf'; readonly probe: Probe }
  | { readonly kind: 'not'; readonly of: NodeId }
  | { readonly kind: 'all' | 'any'; readonly of: readonly NodeId[] };

export function makeNetwork(): Network {
  const nodes: Node[] = [];
  const costs: number[] = [];
  const byKey = new Map<string, NodeId>();
  const no = intern('false', { kind: 'constant', value: false }, 0);
  const yes = intern('true', { kind: 'constant', value: true }, 0);

  function intern(key: string, node: Node, cost: number): NodeId {
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const id = nodes.length;
    nodes.push(node);
    costs.push(cost);
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
    nodeAt,
    nodes: () => nodes,
  };
}
