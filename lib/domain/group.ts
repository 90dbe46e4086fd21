import type { FragmentId, Identifier } from './change.ts';
import type { IdentityRules } from './definitions.ts';
import { evidenceOf, type Fragment } from './fragment.ts';
import { compareTypes, identifierKey } from './identifier.ts';
import type { Milliseconds } from './instant.ts';

/**
 * `joined`: the evidence holds. `suppressed`: it would break a limit or a never-join and carries nothing.
 * `void`: the identifier is shared by too many known people and joins nobody.
 */
export type EdgeState = 'joined' | 'suppressed' | 'void';

/** One piece of evidence: this fragment stated this identifier, first at this source time. */
export interface Edge {
  readonly fragment: FragmentId;
  readonly identifier: Identifier;
  readonly at: Milliseconds;
  readonly state: EdgeState;
}

/** One person: the fragments that belong together and the evidence that says so, in evidence order. */
export interface Group {
  readonly fragments: readonly FragmentId[];
  readonly edges: readonly Edge[];
}

/** Pairs of fragments that an unmerge keeps apart for ever, the way round through others included. */
export type NeverJoin = readonly (readonly [FragmentId, FragmentId])[];

/** Guards of one person, counted in evidence order. */
export const mostJoins = 100;
export const mostIdentifiers = 1_000;
export const mostFragments = 1_000;

const WEEK = 7 * 24 * 3_600_000;

/**
 * Who is one person: a function of the evidence alone, whatever order it arrived in. Edges (fragment, identifier) are
 * taken by (source time, type, fragment, value); each joins unless that would break a limit.
 */
export function groupFragments(
  fragments: ReadonlyMap<FragmentId, Fragment>,
  rules: Pick<IdentityRules, 'limits' | 'sharedAt'>,
  never: NeverJoin = [],
): readonly Group[] {
  const evidence = collectEdges(fragments);
  const shared = sharedIdentifiers(evidence, rules.sharedAt);
  const parts = openParts(fragments.keys(), rules.limits, never);
  const edges = evidence.map((edge): Edge => {
    const key = identifierKey(edge.identifier);
    if (shared.has(key)) return { ...edge, state: 'void' };
    return { ...edge, state: parts.join(edge.fragment, edge.identifier, key, edge.at) ? 'joined' : 'suppressed' };
  });
  return parts.groups(edges);
}

function collectEdges(fragments: ReadonlyMap<FragmentId, Fragment>): Omit<Edge, 'state'>[] {
  const edges: Omit<Edge, 'state'>[] = [];
  for (const [fragment, folded] of fragments) {
    for (const { identifier, first } of evidenceOf(folded)) edges.push({ fragment, identifier, at: first });
  }
  return edges.sort(
    (a, b) =>
      a.at - b.at ||
      compareTypes(a.identifier.type, b.identifier.type) ||
      compareText(a.fragment, b.fragment) ||
      compareText(a.identifier.value, b.identifier.value),
  );
}

function sharedIdentifiers(edges: readonly Omit<Edge, 'state'>[], sharedAt: number): ReadonlySet<string> {
  const users = new Map<FragmentId, string[]>();
  for (const { fragment, identifier } of edges) {
    if (identifier.type === 'user_id') users.set(fragment, [...(users.get(fragment) ?? []), identifier.value]);
  }
  const linked = new Map<string, Set<string>>();
  for (const { fragment, identifier } of edges) {
    const known = users.get(fragment);
    if (known === undefined || identifier.type === 'user_id') continue;
    const key = identifierKey(identifier);
    const set = linked.get(key) ?? new Set();
    for (const user of known) set.add(user);
    linked.set(key, set);
  }
  return new Set([...linked].filter(([, people]) => people.size >= sharedAt).map(([key]) => key));
}

interface Part {
  fragments: FragmentId[];
  /** Limit bucket (`type` or `type@week`) → identifier values. */
  values: Map<string, Set<string>>;
  identifiers: number;
  joins: number;
  /** Fragments that may not come in, by an unmerge. */
  barred: Set<FragmentId>;
}

/** Union-find over fragments and identifier values that refuses a union which would break a limit. */
function openParts(fragments: Iterable<FragmentId>, limits: IdentityRules['limits'], never: NeverJoin) {
  const parent = new Map<string, string>();
  const parts = new Map<string, Part>();
  for (const fragment of fragments) {
    const root = `f\n${fragment}`;
    parent.set(root, root);
    parts.set(root, { fragments: [fragment], values: new Map(), identifiers: 0, joins: 0, barred: new Set() });
  }
  for (const [a, b] of never) {
    parts.get(`f\n${a}`)?.barred.add(b);
    parts.get(`f\n${b}`)?.barred.add(a);
  }

  /** Lets the fragment hold the identifier; joins it with whoever holds it already. False when a limit forbids it. */
  function join(fragment: FragmentId, identifier: Identifier, key: string, at: Milliseconds): boolean {
    const mine = rootOf(parent, `f\n${fragment}`);
    const part = partOf(parts, mine);
    const node = `i\n${key}`;
    const bucket =
      limits[identifier.type]?.per === 'week' ? `${identifier.type}@${Math.floor(at / WEEK)}` : identifier.type;
    if (!parent.has(node)) {
      const held = part.values.get(bucket);
      const fits = held === undefined ? mostOf(limits, bucket) > 0 : held.size < mostOf(limits, bucket);
      if (!fits || part.identifiers >= mostIdentifiers) return false;
      parent.set(node, mine);
      part.identifiers += 1;
    } else {
      const theirs = rootOf(parent, node);
      if (theirs !== mine) {
        const other = partOf(parts, theirs);
        if (!mayUnite(part, other, limits)) return false;
        parent.set(theirs, mine);
        parts.delete(theirs);
        unite(part, other);
      }
    }
    addTo(part.values, bucket, identifier.value);
    return true;
  }

  function groups(edges: readonly Edge[]): Group[] {
    const found = new Map<string, { fragments: FragmentId[]; edges: Edge[] }>();
    for (const [root, part] of parts) found.set(root, { fragments: part.fragments.sort(compareText), edges: [] });
    for (const edge of edges) found.get(rootOf(parent, `f\n${edge.fragment}`))?.edges.push(edge);
    return [...found.values()].sort((a, b) => compareText(a.fragments[0] ?? '', b.fragments[0] ?? ''));
  }

  return { join, groups };
}

function mayUnite(a: Part, b: Part, limits: IdentityRules['limits']): boolean {
  if (a.joins + b.joins + 1 > mostJoins) return false;
  if (a.fragments.length + b.fragments.length > mostFragments) return false;
  if (a.identifiers + b.identifiers > mostIdentifiers) return false;
  if (b.fragments.some((id) => a.barred.has(id)) || a.fragments.some((id) => b.barred.has(id))) return false;
  for (const [bucket, values] of b.values) {
    const held = a.values.get(bucket);
    if (held === undefined) continue;
    let union = held.size;
    for (const value of values) if (!held.has(value)) union += 1;
    if (union > mostOf(limits, bucket)) return false;
  }
  return true;
}

function unite(part: Part, other: Part): void {
  part.fragments.push(...other.fragments);
  part.joins += other.joins + 1;
  part.identifiers += other.identifiers;
  for (const id of other.barred) part.barred.add(id);
  for (const [bucket, values] of other.values) for (const value of values) addTo(part.values, bucket, value);
}

function mostOf(limits: IdentityRules['limits'], bucket: string): number {
  const cut = bucket.indexOf('@');
  return limits[cut < 0 ? bucket : bucket.slice(0, cut)]?.most ?? limits['*']?.most ?? 5;
}

function rootOf(parent: Map<string, string>, node: string): string {
  let root = node;
  for (let up = parent.get(root); up !== undefined && up !== root; up = parent.get(root)) root = up;
  for (let at = node; at !== root; ) {
    const up = parent.get(at) ?? root;
    parent.set(at, root);
    at = up;
  }
  return root;
}

function partOf(parts: ReadonlyMap<string, Part>, root: string): Part {
  const part = parts.get(root);
  if (part === undefined) throw new RangeError('a node without a part: every root is a fragment');
  return part;
}

function addTo(values: Map<string, Set<string>>, bucket: string, value: string): void {
  const set = values.get(bucket);
  if (set === undefined) values.set(bucket, new Set([value]));
  else set.add(value);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
