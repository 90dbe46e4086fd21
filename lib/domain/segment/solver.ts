import type { Milliseconds } from '../instant.ts';
import type { Machine } from './machine.ts';
import type { Node, NodeId } from './network.ts';
import { ALWAYS, NEVER, type Signed } from './signed.ts';

/** Answers nodes of a network for the person at hand, each at most once per instant. */
export interface Solver {
  /** Begins with another person, or at another instant. */
  begin(now: Milliseconds): void;
  holds(node: NodeId): boolean;
  /**
   * The instant at which a node's answer turns, positive where it holds now; ±Infinity where it never does. What lies at
   * or after `horizon` is only an instant until which it does not turn.
   */
  flip(node: NodeId, horizon: Milliseconds): Signed;
  /** Whether a node holds now, and no more. */
  member(node: NodeId): boolean;
}

type Ask = (at: Milliseconds) => Signed;
type Test = (value: unknown) => boolean;

const PLAIN = 5;
const LEAF = 0;
const NOT = 1;
const ALL = 2;
const ANY = 3;
const CONSTANT = 4;

/**
 * Makes a solver over flat arrays: answers are written, not returned, so that no number is ever boxed; that is half of
 * the time of the same thing written as closures.
 */
export function makeSolver(nodes: readonly Node[], machine: Machine): Solver {
  const { kinds, starts, parts, asks, slots, tests } = flatten(nodes);
  const { value } = machine;
  const quick = new Int8Array(nodes.length);
  const marks = new Float64Array(nodes.length);
  const later = new Float64Array(nodes.length);
  const laterFrom = new Float64Array(nodes.length);
  let clock = 0;
  let untouched = true;
  let found = 0;
  const constants = nodes.flatMap((node, id) =>
    node.kind === 'constant' ? [{ id, mark: node.value ? ALWAYS : NEVER }] : [],
  );

  /** Fills `marks[id]`, the answer now. */
  function solve(id: NodeId): void {
    const kind = kinds[id] as number;
    if (kind === PLAIN) {
      marks[id] = (tests[id] as Test)(value(slots[id] as number)) ? ALWAYS : NEVER;
      return;
    }
    if (kind === LEAF) {
      marks[id] = (asks[id] as Ask)(clock);
      return;
    }
    const end = starts[id + 1] as number;
    let weak = ALWAYS;
    let strong = 0;
    // A part that decides (false in `all`, true in `any`) keeps the whole as long as it lasts; the others until one turns.
    const sign = kind === ALL ? 1 : -1;
    for (let at = starts[id] as number; at < end; at += 1) {
      const part = parts[at] as number;
      if (marks[part] === 0) solve(part);
      const mark = sign * (marks[part] as number);
      if (mark > 0) {
        if (mark < weak) weak = mark;
      } else if (mark === NEVER) {
        strong = ALWAYS;
        break;
      } else if (-mark > strong) strong = -mark;
    }
    const answer = strong > 0 ? -strong : weak;
    marks[id] = kind === NOT ? answer : sign * answer;
  }

  /** Fills `later[id]`, the answer at a later clock. What has not run out is taken over. */
  function solveLater(id: NodeId): void {
    const now = marks[id] as number;
    if (now > clock || -now > clock) {
      later[id] = now;
      laterFrom[id] = clock;
      return;
    }
    const kind = kinds[id] as number;
    laterFrom[id] = clock;
    if (kind === LEAF) {
      later[id] = (asks[id] as Ask)(clock);
      return;
    }
    if (kind === PLAIN) {
      later[id] = (tests[id] as Test)(value(slots[id] as number)) ? ALWAYS : NEVER;
      return;
    }
    const end = starts[id + 1] as number;
    let weak = ALWAYS;
    let strong = 0;
    const sign = kind === ALL ? 1 : -1;
    for (let at = starts[id] as number; at < end; at += 1) {
      const part = parts[at] as number;
      const held = later[part] as number;
      if ((laterFrom[part] as number) > clock || (held <= clock && -held <= clock)) solveLater(part);
      const mark = sign * (later[part] as number);
      if (mark > 0) {
        if (mark < weak) weak = mark;
      } else if (mark === NEVER) {
        strong = ALWAYS;
        break;
      } else if (-mark > strong) strong = -mark;
    }
    const answer = strong > 0 ? -strong : weak;
    later[id] = kind === NOT ? answer : sign * answer;
  }

  /** Fills `quick[id]` with 1 or -1: who holds now, no matter how long; stops at the first part that decides. */
  function decide(id: NodeId): void {
    const kind = kinds[id] as number;
    if (kind === PLAIN) {
      quick[id] = (tests[id] as Test)(value(slots[id] as number)) ? 1 : -1;
      return;
    }
    if (kind === LEAF) {
      quick[id] = (asks[id] as Ask)(clock) > 0 ? 1 : -1;
      return;
    }
    const end = starts[id + 1] as number;
    const decisive = kind === ALL ? -1 : 1;
    let answer = -decisive;
    for (let at = starts[id] as number; at < end; at += 1) {
      const part = parts[at] as number;
      if (quick[part] === 0) decide(part);
      if (quick[part] === decisive) {
        answer = decisive;
        break;
      }
    }
    quick[id] = kind === NOT ? -answer : answer;
  }

  /** Goes from one break to the next until the answer differs; leaves the instant in `found`. */
  function findFlip(root: NodeId, now: Milliseconds, horizon: Milliseconds): void {
    if (untouched) {
      later.fill(0);
      untouched = false;
    }
    const holds = (marks[root] as number) > 0;
    let until = Math.abs(marks[root] as number);
    while (until < horizon) {
      clock = until;
      solveLater(root);
      const next = later[root] as number;
      if (next > 0 !== holds) break;
      until = Math.abs(next);
    }
    clock = now;
    found = until;
  }

  function reset(now: Milliseconds): void {
    clock = now;
    untouched = true;
    marks.fill(0);
    quick.fill(0);
    for (const { id, mark } of constants) {
      marks[id] = mark;
      quick[id] = mark > 0 ? 1 : -1;
    }
  }

  return {
    begin: reset,
    holds(node) {
      if (marks[node] === 0) solve(node);
      return (marks[node] as number) > 0;
    },
    flip(node, horizon) {
      if (marks[node] === 0) solve(node);
      const mark = marks[node] as number;
      if (mark === ALWAYS || mark === NEVER) return mark;
      findFlip(node, clock, horizon);
      return mark > 0 ? found : -found;
    },
    member(node) {
      if (quick[node] === 0) decide(node);
      return quick[node] === 1;
    },
  };
}

interface Flat {
  readonly kinds: Uint8Array;
  /** Parts of node n stand from starts[n] to before starts[n + 1]. */
  readonly starts: Int32Array;
  readonly parts: Int32Array;
  readonly asks: readonly (Ask | undefined)[];
  readonly slots: Int32Array;
  readonly tests: readonly (Test | undefined)[];
}

function flatten(nodes: readonly Node[]): Flat {
  const kinds = new Uint8Array(nodes.length);
  const starts = new Int32Array(nodes.length + 1);
  const parts: number[] = [];
  const asks: (Ask | undefined)[] = [];
  const tests: (Test | undefined)[] = [];
  const slots = new Int32Array(nodes.length);
  for (const [id, node] of nodes.entries()) {
    starts[id] = parts.length;
    asks.push(node.kind === 'leaf' ? node.probe.ask : undefined);
    if (node.kind === 'not') parts.push(node.of);
    else if (node.kind === 'all' || node.kind === 'any') parts.push(...node.of);
    const plain = node.kind === 'leaf' ? node.probe.plain : undefined;
    tests.push(plain?.test);
    slots[id] = plain?.slot ?? 0;
    kinds[id] = { leaf: plain === undefined ? LEAF : PLAIN, not: NOT, all: ALL, any: ANY, constant: CONSTANT }[
      node.kind
    ];
  }
  starts[nodes.length] = parts.length;
  return { kinds, starts, parts: Int32Array.from(parts), asks, slots, tests };
}
