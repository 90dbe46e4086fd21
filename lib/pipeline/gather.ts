import type { FragmentId, PersonChange } from '../domain/change.ts';
import type { FoldRules } from '../domain/fragment.ts';
import { type IdentityKey, indexKey, normaliseIdentifier } from '../domain/identifier.ts';
import { type MergedProfile, newProfile, type Profile } from '../domain/profile.ts';
import type { IdentityIndex, ProfileStore, StoredProfile } from './ports.ts';

/** Changes and profiles that hang together by identifiers: decided and written as one. */
export interface Component {
  /** The living profiles as they were read; version 0 = an id claimed but never written. */
  readonly profiles: readonly Profile[];
  readonly byFragment: ReadonlyMap<FragmentId, readonly PersonChange[]>;
  readonly changes: readonly PersonChange[];
  /** Profiles that were asked for by id: due, or to be decided again. */
  readonly asked: readonly string[];
  /** Index key → profile id as the index holds it, before pointers are followed; undefined = looked up, nobody's. */
  readonly owners: ReadonlyMap<string, string | undefined>;
  /** Any id that was met → the id of the living profile it leads to. */
  readonly leads: ReadonlyMap<string, string>;
}

export interface Gathered {
  readonly components: readonly Component[];
  /** Merged profiles whose rows must still be taken back. */
  readonly leftovers: readonly MergedProfile[];
}

interface GatherDeps {
  readonly identities: IdentityIndex;
  readonly profiles: ProfileStore;
  readonly key: IdentityKey;
}

/** What a batch still has to do. */
export interface Pending {
  readonly changes: ReadonlyMap<FragmentId, readonly PersonChange[]>;
  readonly profiles: ReadonlySet<string>;
  /** Fragment → profiles that must be read with it, because an earlier round found that its evidence leads to them. */
  readonly reach: ReadonlyMap<FragmentId, ReadonlySet<string>>;
}

/** One round of look-ups and one of reads for a whole batch, then components by shared keys and profiles. */
export async function gather(deps: GatherDeps, pending: Pending, rules: FoldRules): Promise<Gathered> {
  const { changes, profiles: asked, reach } = pending;
  const keys = new Map([...changes].map(([fragment, list]) => [fragment, keysOf(fragment, list, rules, deps.key)]));
  const owners = await deps.identities.lookUp([...new Set([...keys.values()].flat())]);
  const named = new Set([...owners.values(), ...asked, ...[...reach.values()].flatMap((ids) => [...ids])]);
  const stored = await readFollowing(deps.profiles, named);
  const leads = followAll(stored, named);

  const links = openLinks();
  for (const [fragment, list] of keys) {
    for (const key of list) {
      links.link(`f${fragment}`, `k${key}`);
      const owner = owners.get(key);
      if (owner !== undefined) links.link(`k${key}`, `p${leads.get(owner) ?? owner}`);
    }
    for (const id of reach.get(fragment) ?? []) links.link(`f${fragment}`, `p${leads.get(id) ?? id}`);
  }
  const meant = new Set([...asked].map((id) => leads.get(id) ?? id));
  for (const id of meant) links.link(`p${id}`, `p${id}`);
  const leftovers = [...stored.values()].filter(isMerged).filter(({ outbox }) => outbox.length > 0);
  const components = links.sets().map((nodes): Component => {
    const fragments = nodes.filter((node) => node.startsWith('f')).map((node) => node.slice(1));
    const ids = nodes.filter((node) => node.startsWith('p')).map((node) => node.slice(1));
    const byFragment = new Map(fragments.map((fragment) => [fragment, changes.get(fragment) ?? []]));
    return {
      profiles: ids.map((id) => living(stored.get(id)) ?? newProfile(id)),
      byFragment,
      changes: [...byFragment.values()].flat(),
      asked: ids.filter((id) => meant.has(id)),
      owners: new Map(fragments.flatMap((fragment) => (keys.get(fragment) ?? []).map((key) => [key, owners.get(key)]))),
      leads,
    };
  });
  return { components: components.filter(isWork), leftovers };
}

/** Index keys of a fragment: its own, and of every identifier that the changes state. */
function keysOf(fragment: FragmentId, changes: readonly PersonChange[], rules: FoldRules, key: IdentityKey): string[] {
  const country = rules.country(fragment.slice(0, fragment.indexOf(':')));
  const options = { blocked: rules.blocked, ...(country === undefined ? {} : { country }) };
  const keys = new Set([fragmentKey(fragment, key)]);
  const seen = new Set<string>();
  for (const change of changes) {
    if (change.kind === 'unmerge') continue;
    for (const raw of change.identifiers ?? []) {
      if (seen.has(`${raw.type}\n${raw.value}`)) continue;
      seen.add(`${raw.type}\n${raw.value}`);
      const normalised = normaliseIdentifier(raw, options);
      if (normalised.ok) keys.add(indexKey(normalised.identifier, key));
    }
  }
  return [...keys];
}

/** The index key under which a fragment itself is found. */
export function fragmentKey(fragment: FragmentId, key: IdentityKey): string {
  return indexKey({ type: 'fragment', value: fragment }, key);
}

/** Where each id leads: itself, or the living profile that it was merged into. */
export async function followIds(
  profiles: ProfileStore,
  ids: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  return ids.size === 0 ? new Map() : followAll(await readFollowing(profiles, ids), ids);
}

/** Reads profiles and whatever they were merged into, until nothing leads further. */
async function readFollowing(profiles: ProfileStore, ids: ReadonlySet<string>): Promise<Map<string, StoredProfile>> {
  const stored = new Map<string, StoredProfile>();
  let unread = new Set(ids);
  while (unread.size > 0) {
    const found = await profiles.read([...unread]);
    unread = new Set();
    for (const [id, profile] of found) {
      stored.set(id, profile);
      if (isMerged(profile) && !stored.has(profile.mergedInto) && !found.has(profile.mergedInto))
        unread.add(profile.mergedInto);
    }
  }
  return stored;
}

function followAll(stored: ReadonlyMap<string, StoredProfile>, ids: ReadonlySet<string>): Map<string, string> {
  const leads = new Map<string, string>();
  for (const id of ids) {
    let at = id;
    for (let next = stored.get(at); next !== undefined && isMerged(next); next = stored.get(at)) at = next.mergedInto;
    leads.set(id, at);
  }
  return leads;
}

/** Somebody asked for an id that nobody has: no work. */
function isWork(component: Component): boolean {
  return component.byFragment.size > 0 || component.profiles.some(({ version }) => version > 0);
}

function living(stored: StoredProfile | undefined): Profile | undefined {
  return stored === undefined || isMerged(stored) ? undefined : stored;
}

export function isMerged(stored: StoredProfile): stored is MergedProfile {
  return 'mergedInto' in stored;
}

/** Union-find over names; `sets` lists what hangs together, in the order first met. */
function openLinks() {
  const parent = new Map<string, string>();
  const root = (node: string): string => {
    let at = node;
    for (let up = parent.get(at); up !== undefined && up !== at; up = parent.get(at)) at = up;
    if (!parent.has(node)) parent.set(node, node);
    return at;
  };
  return {
    link(a: string, b: string): void {
      const [first, second] = [root(a), root(b)];
      if (first !== second) parent.set(second, first);
    },
    sets(): string[][] {
      const sets = new Map<string, string[]>();
      for (const node of parent.keys()) {
        const top = root(node);
        const set = sets.get(top);
        if (set === undefined) sets.set(top, [node]);
        else set.push(node);
      }
      return [...sets.values()];
    },
  };
}
