import { connectionOf, type FragmentId, type Identifier, type UnmergeChange } from '../../domain/change.ts';
import type { IdentityRules } from '../../domain/definitions.ts';
import { isErased } from '../../domain/erasure.ts';
import { TributaryError } from '../../domain/errors.ts';
import { type Edge, edgeId, groupFragments } from '../../domain/group.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { MergedProfile, Profile } from '../../domain/profile.ts';
import { mostTogether } from '../../domain/region.ts';
import { type UnusableLine, unusableOf } from '../../domain/unusable.ts';
import { changesMessage } from '../changes-message.ts';
import type { Clock, ProfileStore, Queue } from '../ports.ts';
import { isMerged } from './gather.ts';

/** A piece of evidence about a person, as `tributary merges` shows it. */
export interface EvidenceLine {
  readonly edge: string;
  readonly fragment: FragmentId;
  readonly identifier: Identifier;
  /** When the record stated it first, RFC 3339. */
  readonly at: string;
}

/** Why records are one person, and what else they share with whom. */
export interface Merges {
  readonly id: string;
  readonly fragments: readonly FragmentId[];
  /** The evidence that made records one person, in its order; each can be undone by its `edge`. */
  readonly merges: readonly (EvidenceLine & { readonly joins: FragmentId })[];
  /** Evidence that carries nothing, with the reason. */
  readonly refused: readonly (EvidenceLine & { readonly because: string })[];
  /** What records told as identifiers and is none, with the reason. */
  readonly unusable: readonly UnusableLine[];
  /** Pairs of records that an unmerge keeps apart. */
  readonly apart: readonly { readonly fragment: FragmentId; readonly from: FragmentId; readonly since: string }[];
  /** More people share the evidence than are grouped together: what is here may be incomplete. */
  readonly crowded: boolean;
}

interface MergeDeps {
  readonly profiles: ProfileStore;
}

/** Lists the evidence of a person, worked out from the records of everybody who shares any of it. */
export async function listMerges(deps: MergeDeps, profile: Profile, rules: IdentityRules): Promise<Merges> {
  const fragments = new Map(Object.entries(profile.fragments));
  for (const kin of await readKin(deps.profiles, profile)) {
    for (const [id, fragment] of Object.entries(kin.fragments)) fragments.set(id, fragment);
  }
  const own = Object.keys(profile.fragments).sort();
  const groups = groupFragments(fragments, rules, new Set(profile.crowd?.shared));
  const edges = groups.flatMap((group) => group.edges).filter(({ fragment }) => own.includes(fragment));
  return {
    id: profile.id,
    fragments: own,
    merges: edges.flatMap((edge) => (edge.joins === undefined ? [] : [{ ...lineOf(edge), joins: edge.joins }])),
    refused: edges.flatMap((edge) => (edge.because === undefined ? [] : [{ ...lineOf(edge), because: edge.because }])),
    unusable: unusableOf(profile.fragments),
    apart: own.flatMap((fragment) =>
      Object.entries(profile.fragments[fragment]?.apart ?? {})
        .filter(([, [, stands]]) => stands)
        .map(([from, [since]]) => ({ fragment, from, since: formatInstant(since) })),
    ),
    crowded: profile.crowd !== undefined,
  };
}

/**
 * What undoes a piece of evidence: the record is kept apart from the one that it was joined with, and the identifier counts
 * as never stated by it. It is a change like any other: folded, repeated and replayed as they are, in any order.
 */
export async function sendUnmerge(
  deps: { readonly changes: Queue; readonly clock: Clock },
  { merges, refused }: Merges,
  edge: string,
): Promise<UnmergeChange> {
  const line = merges.find((one) => one.edge === edge);
  if (line === undefined) {
    const known = merges.map((one) => one.edge).join(', ') || 'none';
    const carries = refused.some((one) => one.edge === edge) ? 'carries nothing already' : 'joins nobody here';
    const message = `the evidence ${edge} ${carries}; evidence that joins records of this person: ${known}`;
    throw new TributaryError('rejected', 'api/no-such-edge', message);
  }
  const { fragment, identifier, joins } = line;
  const at = formatInstant(deps.clock.now().getTime());
  const change: UnmergeChange = { kind: 'unmerge', fragment, from: joins, identifier, at };
  // As a delivery, so that the decision is archived and folded like all that is told about records.
  await deps.changes.send([
    changesMessage({ origin: 'delivery', connection: connectionOf(fragment), changes: [change] }),
  ]);
  return change;
}

/** Profiles that share evidence with one, and those that share it with them, up to as many as are grouped together. */
async function readKin(store: ProfileStore, profile: Profile): Promise<readonly Profile[]> {
  const found = new Map<string, Profile>([[profile.id, profile]]);
  const met = new Set([profile.id]);
  let unread = profile.kin.filter((id) => !met.has(id));
  while (unread.length > 0 && found.size + unread.length <= mostTogether) {
    for (const id of unread) met.add(id);
    const stored = [...(await store.read(unread)).values()].filter(
      (one): one is Profile | MergedProfile => !isErased(one),
    );
    for (const one of stored) if (!isMerged(one)) found.set(one.id, one);
    const next = stored.flatMap((one) => (isMerged(one) ? [one.mergedInto] : one.kin));
    unread = [...new Set(next)].filter((id) => !met.has(id));
  }
  found.delete(profile.id);
  return [...found.values()];
}

function lineOf({ fragment, identifier, at }: Edge): EvidenceLine {
  return { edge: edgeId(fragment, identifier), fragment, identifier, at: formatInstant(at) };
}
