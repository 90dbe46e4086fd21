import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText } from '../../lib/domain/canonical.ts';
import type { Change } from '../../lib/domain/change.ts';
import type { IdentityRules } from '../../lib/domain/definitions.ts';
import { emptyFragment, type Fragment, foldFragment } from '../../lib/domain/fragment.ts';
import { groupFragments } from '../../lib/domain/group.ts';
import { openOfflineResolver, type ResolvedPerson } from '../../lib/domain/resolve-offline.ts';

const identity: IdentityRules = {
  priorities: {},
  blocked: [],
  limits: { '*': { most: 2, per: 'ever' }, user_id: { most: 1, per: 'ever' } },
  sharedAt: 3,
  countries: {},
};

/** Few people, few addresses, few days: so that limits are reached, identifiers shared and times equal. */
const changes = fc.array(
  fc.record({
    kind: fc.constant('profile' as const),
    fragment: fc.integer({ min: 1, max: 9 }).map((id) => `crm:contact:${id}`),
    at: fc.integer({ min: 1, max: 4 }).map((day) => `2026-01-0${day}T00:00:00.000Z`),
    identifiers: fc.array(
      fc.record({
        type: fc.constantFrom('email', 'user_id', 'anonymous_id'),
        value: fc.constantFrom(
          'a@example.com',
          'b@example.com',
          'c@example.com',
          'd@example.com',
          'no address',
          'null',
        ),
      }),
      { maxLength: 3 },
    ),
    traits: fc.record({ name: fc.constantFrom('Ann', 'Bob') }),
  }),
  { maxLength: 14 },
);

describe('openOfflineResolver', () => {
  it('gives the same bytes for the same changes in any order, however often they come', () => {
    const orders = changes.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 })),
    );

    fc.assert(
      fc.property(orders, ([list, shuffled]) => canonicalText(resolve(shuffled)) === canonicalText(resolve(list))),
    );
  });

  it('groups as all fragments together are grouped', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const together = groupFragments(foldAll(list), identity).map(({ fragments, edges }) => [
          fragments,
          edges.map(({ state }) => (state === 'refused' ? 'suppressed' : state)),
        ]);
        const apart = resolve(list).map(({ fragments, edges }) => [fragments, edges.map(({ state }) => state)]);

        expect(sorted(apart)).toEqual(sorted(together));
      }),
    );
  });

  it('gives everybody an id of their own, and every fragment to one person', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const people = resolve(list);

        const fragments = people.flatMap((person) => person.fragments);
        expect(new Set(people.map(({ id }) => id)).size).toBe(people.length);
        expect([...fragments].sort()).toEqual([...new Set(list.map(({ fragment }) => fragment))].sort());
      }),
    );
  });

  it('keeps the first evidence’s id when later evidence joins two people', () => {
    const told = (fragment: string, day: number, ...values: string[]): Change => ({
      kind: 'profile',
      fragment,
      at: `2026-01-0${day}T00:00:00Z`,
      identifiers: values.map((value) => ({ type: 'email', value })),
    });
    const apart = [told('crm:contact:1', 1, 'ann@example.com'), told('crm:contact:2', 2, 'ann@example.org')];

    const before = resolve(apart);
    const after = resolve([...apart, told('crm:contact:3', 3, 'ann@example.org', 'ann@example.com')]);

    expect(before).toHaveLength(2);
    expect(after).toHaveLength(1);
    expect(after[0]?.id).toBe(before.find(({ fragments }) => fragments.includes('crm:contact:1'))?.id);
  });
});

function resolve(list: readonly Change[]): ResolvedPerson[] {
  const resolver = openOfflineResolver(identity);
  for (const change of list) resolver.add(change);
  return [...resolver.people()];
}

function foldAll(list: readonly Exclude<Change, { kind: 'account' }>[]): Map<string, Fragment> {
  const fragments = new Map<string, Fragment>();
  const rules = { blocked: new Set<string>(), country: () => undefined, observe: () => [] };
  for (const change of list) {
    fragments.set(change.fragment, foldFragment(fragments.get(change.fragment) ?? emptyFragment, change, rules));
  }
  return fragments;
}

function sorted(list: readonly unknown[]): string[] {
  return list.map((one) => JSON.stringify(one)).sort();
}
