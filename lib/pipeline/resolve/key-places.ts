import { connectionOf, type FragmentId, type Identifier, isTold, type PersonChange } from '../../domain/change.ts';
import { afterErasure, isErased, isOwnWord, type Tombstones } from '../../domain/erasure.ts';
import type { FoldRules } from '../../domain/fragment.ts';
import {
  formerIndexKeys,
  type IdentityKey,
  identifierKey,
  indexKey,
  normaliseIdentifier,
} from '../../domain/identifier.ts';
import type { Milliseconds } from '../../domain/instant.ts';
import type { Claim, LookedUp, StoredProfile } from '../ports.ts';

type Told = ReadonlyMap<FragmentId, readonly PersonChange[]>;

/** Where a key led whose person was erased, and when that was. No `over`: only a former generation's key led there. */
export interface Grave {
  readonly over?: string;
  /** The erased profile; its id is nobody's any more. */
  readonly profile?: string;
  readonly erased: Milliseconds;
}

/** A key of the newest generation, with those under which former ones may hold the same. */
export interface KeySet {
  readonly key: string;
  readonly former: readonly string[];
  /** Absent on the key of the record itself. */
  readonly identifier?: Identifier;
}

/** Index keys of a fragment: its own first, then of every identifier that the changes state. */
export function keysOf(
  fragment: FragmentId,
  changes: readonly PersonChange[],
  rules: FoldRules,
  key: IdentityKey,
): readonly KeySet[] {
  const own = { type: 'fragment', value: fragment };
  const sets: KeySet[] = [{ key: indexKey(own, key), former: formerIndexKeys(own, key) }];
  const seen = new Set<string>();
  for (const change of changes) {
    if (!isTold(change)) continue;
    for (const raw of change.identifiers ?? []) {
      const identifier = normalised(raw, fragment, rules);
      if (identifier === undefined || seen.has(identifierKey(identifier))) continue;
      seen.add(identifierKey(identifier));
      sets.push({ key: indexKey(identifier, key), former: formerIndexKeys(identifier, key), identifier });
    }
  }
  return sets;
}

function normalised(raw: Identifier, fragment: FragmentId, rules: FoldRules): Identifier | undefined {
  const country = rules.country(connectionOf(fragment));
  const read = normaliseIdentifier(raw, { blocked: rules.blocked, ...(country === undefined ? {} : { country }) });
  return read.ok ? read.identifier : undefined;
}

export function everyGeneration(sets: readonly KeySet[]): string[] {
  return sets.flatMap(({ key, former }) => [key, ...former]);
}

/** What the index and the profiles say of a key. */
export interface Place {
  /** Whom the index names under the newest generation, if that person lives. */
  readonly owner?: string;
  /** The living profile that the key leads to, under whatever generation. */
  readonly lead?: string;
  readonly grave?: Grave;
}

/** The newest generation that the index knows a key under speaks for it: what former ones lead to may be outdated. */
export function placesIn(
  keys: ReadonlyMap<FragmentId, readonly KeySet[]>,
  found: LookedUp,
  stored: ReadonlyMap<string, StoredProfile>,
  leads: ReadonlyMap<string, string>,
): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const { key, former } of [...keys.values()].flat()) {
    const known = [key, ...former].find((one) => found.owners.has(one));
    if (known === undefined) continue;
    const owner = found.owners.get(known) ?? '';
    const lead = leads.get(owner) ?? owner;
    const holder = stored.get(lead);
    const before = found.erased.get(known);
    if (isErased(holder)) {
      places.set(key, { grave: { erased: holder.erased, profile: lead, ...(known === key ? { over: owner } : {}) } });
    } else {
      const grave = before === undefined ? {} : { grave: { erased: before } };
      places.set(key, { lead, ...(known === key ? { owner } : {}), ...grave });
    }
  }
  return places;
}

export function gravesAt(key: string, places: ReadonlyMap<string, Place>): readonly (readonly [string, Grave])[] {
  const place = places.get(key);
  return place?.grave === undefined || place.owner !== undefined ? [] : [[key, place.grave]];
}

/** The changes without what tells of erased people. */
export interface Sifted {
  readonly changes: Told;
  /** How many were dropped. */
  readonly erased: number;
  /** Records that turned out to be an erased person's: their keys lead to the tombstone from now on. */
  readonly buried: readonly Claim[];
}

/** Takes out what tells of erased people. A record that states an identifier of theirs is theirs, unless it lives. */
export function withoutErased(
  changes: Told,
  keys: ReadonlyMap<FragmentId, readonly KeySet[]>,
  places: ReadonlyMap<string, Place>,
  stored: ReadonlyMap<string, StoredProfile>,
  { rules, now }: { readonly rules: FoldRules; readonly now: Milliseconds },
): Sifted {
  if (![...places.values()].some(({ grave }) => grave !== undefined)) return { changes, erased: 0, buried: [] };
  let erased = 0;
  const left = new Map<FragmentId, readonly PersonChange[]>();
  const buried: Claim[] = [];
  for (const [fragment, list] of changes) {
    const [own, ...others] = keys.get(fragment) ?? [];
    const record = places.get(own?.key ?? '');
    const holder = stored.get(record?.lead ?? '');
    const held = holder !== undefined && 'fragments' in holder ? holder.fragments[fragment]?.identifiers : undefined;
    const graves = new Map(
      others.flatMap(({ key, identifier }) => {
        const grave = places.get(key)?.grave;
        return identifier === undefined || grave === undefined ? [] : [[identifierKey(identifier), grave] as const];
      }),
    );
    const graveOf = (raw: Identifier): Grave | undefined => {
      const identifier = normalised(raw, fragment, rules);
      return identifier === undefined ? undefined : graves.get(identifierKey(identifier));
    };
    const tombstones: Tombstones = {
      now,
      ...(record?.grave === undefined ? {} : { record: record.grave.erased }),
      identifier: (raw) => graveOf(raw)?.erased,
      stated(raw) {
        const identifier = normalised(raw, fragment, rules);
        return identifier !== undefined && held?.[identifier.type]?.[identifier.value] !== undefined;
      },
    };
    let kept = list.flatMap((change) => afterErasure(change, tombstones) ?? []);
    const unknown = record?.lead === undefined && record?.grave === undefined;
    if (kept.length < list.length && unknown && own !== undefined) {
      const all = [...graves.values()];
      const grave = all.find(({ profile }) => profile !== undefined);
      if (grave?.profile !== undefined) buried.push({ key: own.key, profile: grave.profile });
      const at = Math.max(...all.map((one) => one.erased));
      kept = kept.filter((change) => isOwnWord(change, at, now));
    }
    erased += list.length - kept.length;
    if (kept.length > 0) left.set(fragment, kept);
  }
  return { changes: left, erased, buried };
}

/** The keys that count for a fragment: its own, and of what its remaining changes state. */
export function statedBy(
  fragment: FragmentId,
  changes: Told,
  keys: ReadonlyMap<FragmentId, readonly KeySet[]>,
  rules: FoldRules,
): readonly KeySet[] {
  const sets = keys.get(fragment) ?? [];
  if (sets.length === 1) return sets;
  const stated = new Set(
    (changes.get(fragment) ?? []).flatMap((change) =>
      (isTold(change) ? (change.identifiers ?? []) : []).flatMap((raw) => {
        const identifier = normalised(raw, fragment, rules);
        return identifier === undefined ? [] : [identifierKey(identifier)];
      }),
    ),
  );
  return sets.filter(({ identifier }) => identifier === undefined || stated.has(identifierKey(identifier)));
}
