import type { FragmentId, Identifier } from './change.ts';
import type { Fragment, Stated } from './fragment.ts';
import { addressIdentifier, identifierKey, replacesFormer } from './identifier.ts';
import type { Milliseconds } from './instant.ts';

/** Every identifier that records ever stated, as `identifierKey`, sorted: replaced ones too, and what an unmerge took away. */
export function statedEver(fragments: Readonly<Record<FragmentId, Fragment>>): readonly string[] {
  const stated = new Set<string>();
  for (const { identifiers } of Object.values(fragments)) {
    for (const [type, values] of Object.entries(identifiers)) {
      for (const value of Object.keys(values)) if (value !== '') stated.add(identifierKey({ type, value }));
    }
  }
  return [...stated].sort();
}

/** Whether a record stated an identifier, replaced since or not, and no unmerge took it away from the record. */
export function statesEver({ identifiers, ...fragment }: Fragment, identifier: Identifier): boolean {
  const { type, value } = identifier;
  return identifiers[type]?.[value] !== undefined && !isTaken({ identifiers, ...fragment }, identifier);
}

/**
 * The identifiers that are evidence now, with the time each was first stated: replaced values are left out, and what an
 * unmerge took away counts as never stated.
 */
export function evidenceOf(
  fragment: Fragment,
): readonly { readonly identifier: Identifier; readonly first: Milliseconds; readonly last: Milliseconds }[] {
  const found: { identifier: Identifier; first: Milliseconds; last: Milliseconds }[] = [];
  for (const [type, values] of Object.entries(fragment.identifiers)) {
    let latest = Number.NEGATIVE_INFINITY;
    const counting = Object.entries(values).flatMap(([value, held]) => {
      const identifier = { type, value };
      const stated = countingTimes(fragment, identifier, held);
      return stated === undefined || isTaken(fragment, identifier) ? [] : [[value, stated] as const];
    });
    for (const [, [, last]] of counting) latest = Math.max(latest, last);
    for (const [value, [first, last]] of counting) {
      if (value === '' || (last < latest && replacesFormer(type))) continue;
      found.push({ identifier: { type, value }, first, last });
    }
  }
  return found;
}

/**
 * Addresses that the record stated, of which it is no evidence (any more), and about which it states consent: another
 * value replaced them, or an unmerge took them away.
 */
export function formerAddresses(fragment: Fragment): readonly Identifier[] {
  const own = spokenAddresses(fragment);
  if (own.length === 0) return own;
  const evidence = new Set(evidenceOf(fragment).map(({ identifier }) => identifierKey(identifier)));
  return own.filter((identifier) => !evidence.has(identifierKey(identifier)));
}

/** Addresses that the record stated, now or before, and about which it states consent. */
export function spokenAddresses(fragment: Fragment): readonly Identifier[] {
  if (fragment.consent.length === 0) return [];
  const addresses = [...new Set(fragment.consent.map(({ address }) => address))];
  return addresses.map(addressIdentifier).filter(({ type, value }) => hasStated(fragment, type, value));
}

function hasStated({ identifiers }: Fragment, type: string, value: string): boolean {
  const values = identifiers[type];
  return values !== undefined && Object.hasOwn(values, value);
}

/** The records that this one may never be joined with, sorted. */
export function apartFrom({ apart }: Fragment): readonly FragmentId[] {
  if (apart === undefined) return [];
  return Object.keys(apart)
    .filter((other) => apart[other]?.[1] === true)
    .sort();
}

function isTaken({ taken }: Fragment, identifier: Identifier): boolean {
  return taken?.[identifierKey(identifier)]?.[1] === true;
}

/**
 * When an identifier was stated by the whole record, after it, or by an activity that stands; undefined = by none of them.
 * Until it is known which activities stand, what was stated before the whole record may be one's, and counts.
 */
function countingTimes({ whole, standing }: Fragment, identifier: Identifier, held: Stated): Stated | undefined {
  if (whole === undefined || standing === undefined) return held;
  const key = identifierKey(identifier);
  const own = standing.said[key];
  if (whole.said.includes(key) || (own === undefined && held[1] > whole.at)) return held;
  return own === undefined ? undefined : [own[0], held[1] > whole.at ? held[1] : own[1]];
}

/** Whether two states of a record say the same about who it is: stated again later is no news. */
export function sameEvidence(a: Fragment, b: Fragment): boolean {
  if (a.apart !== b.apart && apartFrom(a).join('\n') !== apartFrom(b).join('\n')) return false;
  if (a.identifiers === b.identifiers && a.taken === b.taken && a.whole === b.whole && a.standing === b.standing)
    return true;
  const [before, after] = [evidenceOf(a), evidenceOf(b)];
  return (
    before.length === after.length &&
    before.every(
      ({ identifier, first }, at) =>
        identifier.type === after[at]?.identifier.type &&
        identifier.value === after[at]?.identifier.value &&
        first === after[at]?.first,
    )
  );
}

/** Whether two states of a record with the same evidence speak of the same addresses that it stated before. */
export function sameFormerAddresses(a: Fragment, b: Fragment): boolean {
  if (a.consent === b.consent && a.identifiers === b.identifiers) return true;
  const [before, after] = [formerAddresses(a), formerAddresses(b)].map((list) => list.map(identifierKey).sort());
  return before?.join() === after?.join();
}
