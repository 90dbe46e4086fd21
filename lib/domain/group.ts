import { createHash } from 'node:crypto';
import type { FragmentId, Identifier } from './change.ts';
import { compareText } from './compare-text.ts';
import type { IdentityRules } from './definitions.ts';
import { apartFrom, evidenceOf } from './evidence.ts';
import type { Fragment } from './fragment.ts';
import { compareTypes, identifierKey } from './identifier.ts';
import type { Milliseconds } from './instant.ts';

/**
 * `joined`: the evidence holds. `refused`: it would break a limit or an unmerge and carries nothing.
 * `void`: the identifier is shared by too many known people and joins nobody.
 */
export type EdgeState = 'joined' | 'refused' | 'void';

/** Why an edge carries nothing: an identifier type whose limit it would break, an unmerge, or a guard of one person. */
export type Hindrance = `limit ${string}` | 'unmerged' | 'joins' | 'identifiers' | 'fragments' | 'shared';

/** One piece of evidence: this fragment stated this identifier, first at this source time. */
export interface Edge {
  readonly fragment: FragmentId;
  readonly identifier: Identifier;
  readonly at: Milliseconds;
  readonly state: EdgeState;
  /** On the edge that made two parts one: the record that had stated the identifier first. */
  readonly joins?: FragmentId;
  /** On an edge that carries nothing. */
  readonly because?: Hindrance;
}

/** One person: the fragments that belong together and the evidence that says so, in evidence order. */
export interface Group {
  readonly fragments: readonly FragmentId[];
  readonly edges: readonly Edge[];
}

/** Guards of one person, counted in evidence order. */
const mostJoins = 100;
const mostIdentifiers = 1_000;
const mostFragments = 1_000;

const WEEK = 7 * 24 * 3_600_000;

/**
 * Who is one person: a function of the evidence alone, whatever order it arrived in. Edges (fragment, identifier) are
 * taken by (source time, type, fragment, value); each joins unless that would break a limit.
 *
 * @param shared identifiers (as `identifierKey`) known to be shared although not all who state them are among the fragments
 */
export function groupFragments(
  fragments: ReadonlyMap<FragmentId, Fragment>,
  rules: Pick<IdentityRules, 'limits' | 'sharedAt'>,
  shared: ReadonlySet<string> = new Set(),
): readonly Group[] {
  const evidence = collectEdges(fragments);
  const voided = sharedIdentifiers(evidence, rules.sharedAt, shared);
  const parts = openParts(fragments, rules.limits);
  const edges = evidence.map((edge): Edge => {
    const key = identifierKey(edge.identifier);
    if (voided.has(key)) return { ...edge, state: 'void', because: 'shared' };
    return { ...edge, ...parts.join(edge.fragment, edge.identifier, key, edge.at) };
  });
  return parts.groups(edges);
}

/** The name of one piece of evidence: the same wherever and whenever it is computed. */
export function edgeId(fragment: FragmentId, identifier: Identifier): string {
  const text = `${fragment}\n${identifier.type}\n${identifier.value}`;
  return `e_${createHash('sha256').update(text).digest('base64url').slice(0, 16)}`;
}

type Evidence = Pick<Edge, 'fragment' | 'identifier' | 'at'>;

function collectEdges(fragments: ReadonlyMap<FragmentId, Fragment>): Evidence[] {
  const edges: Evidence[] = [];
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

function sharedIdentifiers(
  edges: readonly Evidence[],
  sharedAt: number,
  known: ReadonlySet<string>,
): ReadonlySet<string> {
  const users = new Map<FragmentId, string[]>();
  for (const { fragment, identifier } of edges) {
    if (identifier.type === 'user_id') users.set(fragment, [...(users.get(fragment) ?? []), identifier.value]);
  }
  const linked = new Map<string, Set<string>>();
  for (const { fragment, identifier } of edges) {
    const stated = users.get(fragment);
    if (stated === undefined || identifier.type === 'user_id') continue;
    const key = identifierKey(identifier);
    const set = linked.get(key) ?? new Set();
    for (const user of stated) set.add(user);
    linked.set(key, set);
  }
  return new Set([...known, ...[...linked].filter(([, people]) => people.size >= sharedAt).map(([key]) => key)]);
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

type JoinResult = Pick<Edge, 'state' | 'joins' | 'because'>;

const refuse = (because: Hindrance): JoinResult => ({ state: 'refused', because });

/** Union-find over fragments and identifier values that refuses a union which would break a limit. */
function openParts(fragments: ReadonlyMap<FragmentId, Fragment>, limits: IdentityRules['limits']) {
  const parent = new Map<string, string>();
  const parts = new Map<string, Part>();
  /** Identifier node → the fragment that stated it first. */
  const firsts = new Map<string, FragmentId>();
  for (const fragment of fragments.keys()) {
    const root = `f\n${fragment}`;
    parent.set(root, root);
    parts.set(root, { fragments: [fragment], values: new Map(), identifiers: 0, joins: 0, barred: new Set() });
  }
  for (const [fragment, folded] of fragments) {
    for (const other of apartFrom(folded)) {
      parts.get(`f\n${fragment}`)?.barred.add(other);
      parts.get(`f\n${other}`)?.barred.add(fragment);
    }
  }

  /** Lets the fragment hold the identifier and joins it with whoever holds it already, unless something forbids it. */
  function join(fragment: FragmentId, identifier: Identifier, key: string, at: Milliseconds): JoinResult {
    const mine = rootOf(parent, `f\n${fragment}`);
    const part = partOf(parts, mine);
    const node = `i\n${key}`;
    const bucket =
      limits[identifier.type]?.per === 'week' ? `${identifier.type}@${Math.floor(at / WEEK)}` : identifier.type;
    let joins: FragmentId | undefined;
    if (!parent.has(node)) {
      if ((part.values.get(bucket)?.size ?? 0) >= mostOf(limits, bucket)) return refuse(`limit ${identifier.type}`);
      if (part.identifiers >= mostIdentifiers) return refuse('identifiers');
      parent.set(node, mine);
      firsts.set(node, fragment);
      part.identifiers += 1;
    } else {
      const theirs = rootOf(parent, node);
      if (theirs !== mine) {
        const other = partOf(parts, theirs);
        const hindrance = hindranceOf(part, other, limits, { bucket, value: identifier.value });
        if (hindrance !== undefined) return refuse(hindrance);
        parent.set(theirs, mine);
        parts.delete(theirs);
        unite(part, other);
        joins = firsts.get(node);
      }
    }
    addTo(part.values, bucket, identifier.value);
    return joins === undefined ? { state: 'joined' } : { state: 'joined', joins };
  }

  function groups(edges: readonly Edge[]): Group[] {
    const found = new Map<string, { fragments: FragmentId[]; edges: Edge[] }>();
    for (const [root, part] of parts) found.set(root, { fragments: part.fragments.sort(compareText), edges: [] });
    for (const edge of edges) found.get(rootOf(parent, `f\n${edge.fragment}`))?.edges.push(edge);
    return [...found.values()].sort((a, b) => compareText(a.fragments[0] ?? '', b.fragments[0] ?? ''));
  }

  return { join, groups };
}

/** What keeps two parts from being one person by a value that both state; undefined when nothing does. */
function hindranceOf(
  a: Part,
  b: Part,
  limits: IdentityRules['limits'],
  by: { readonly bucket: string; readonly value: string },
): Hindrance | undefined {
  if (b.fragments.some((id) => a.barred.has(id)) || a.fragments.some((id) => b.barred.has(id))) return 'unmerged';
  for (const bucket of new Set([by.bucket, ...b.values.keys()])) {
    const union = new Set([...(a.values.get(bucket) ?? []), ...(b.values.get(bucket) ?? [])]);
    if (bucket === by.bucket) union.add(by.value);
    if (union.size > mostOf(limits, bucket)) return `limit ${bucket.replace(/@.*/, '')}`;
  }
  if (a.joins + b.joins + 1 > mostJoins) return 'joins';
  if (a.fragments.length + b.fragments.length > mostFragments) return 'fragments';
  return a.identifiers + b.identifiers > mostIdentifiers ? 'identifiers' : undefined;
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
