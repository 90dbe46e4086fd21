import { describe, expect, it } from 'vitest';
import type { ActivityChange, Change } from '../../lib/domain/change.ts';
import { evidenceOf } from '../../lib/domain/evidence.ts';
import { emptyFragment, foldFragment } from '../../lib/domain/fragment.ts';
import { newProfile } from '../../lib/domain/profile.ts';
import { effectiveTraits, nestTraits } from '../../lib/domain/survivorship.ts';
import { flattenTraits } from '../../lib/domain/trait-value.ts';
import { rules } from '../pipeline/world.ts';

const opened: ActivityChange = {
  kind: 'activity',
  fragment: 'mail:member:a',
  at: '2026-11-01T00:00:00Z',
  id: 'e1',
  name: 'Opened',
};
const told = (
  at: string,
  more: Partial<Extract<Change, { kind: 'profile' }>>,
): Extract<Change, { kind: 'profile' }> => ({
  kind: 'profile',
  fragment: 'crm:contact:1',
  at,
  ...more,
});

describe('foldFragment', () => {
  it('stays the same object when an activity comes again', () => {
    const once = foldFragment(emptyFragment, opened, rules);

    expect(foldFragment(once, opened, rules)).toBe(once);
  });

  it('keeps what was stated about a phone number in national writing', () => {
    const consent = [
      {
        address: '030 123456',
        topic: 'sms',
        state: 'denied',
        at: '2026-11-01T00:00:00Z',
        source: 'form',
        by: 'person',
      },
    ] as const;
    const german = { ...rules, country: () => 'DE' };

    const fragment = foldFragment(emptyFragment, told('2026-11-01T00:00:00Z', { consent }), german);

    expect(fragment.consent.map(({ address }) => address)).toEqual(['+4930123456']);
  });

  it('takes a refusal for the number that it names, an extension or not, and no permission for a switchboard', () => {
    const about = (state: 'granted' | 'denied', topic: string) => ({
      ...{ address: '+49 30 123456 ext. 12', topic, state, at: '2026-11-01T00:00:00Z' },
      ...{ source: 'form', by: 'person' as const },
    });
    const consent = [about('denied', 'sms'), about('granted', 'calls')];

    const fragment = foldFragment(emptyFragment, told('2026-11-01T00:00:00Z', { consent }), rules);

    expect(fragment.consent.map(({ address, topic }) => [address, topic])).toEqual([['+4930123456', 'sms']]);
  });

  it('lets a phone number of former rules be taken away, and goes without it once its record says it again', () => {
    const held = { ...emptyFragment, identifiers: { phone: { '+10000000000': [1, 1] as const } } };
    const identifier = { type: 'phone', value: '+10000000000' };
    const parting = { kind: 'unmerge', fragment: 'crm:contact:1', from: 'crm:contact:2', identifier } as const;
    const again = told('2026-11-02T00:00:00Z', { identifiers: [identifier] });

    expect(evidenceOf(held).map((one) => one.identifier)).toEqual([identifier]);
    expect(evidenceOf(foldFragment(held, { ...parting, at: '2026-11-01T00:00:00Z' }, rules))).toEqual([]);
    expect(evidenceOf(foldFragment(held, again, rules))).toEqual([]);
  });

  it('removes what was nested in a trait that its source removed', () => {
    const first = told('2026-11-01T00:00:00Z', { traits: { address: { country: 'DE', city: 'Berlin' } } });
    const removal = told('2026-11-02T00:00:00Z', { traits: { address: null } });
    const later = told('2026-11-03T00:00:00Z', { traits: { address: { city: 'Kiel' } } });
    const traitsOf = (changes: readonly Change[]) => {
      const folded = changes.reduce((held, change) => foldFragment(held, change as typeof first, rules), emptyFragment);
      return nestTraits(effectiveTraits({ ...newProfile('p_1'), fragments: { 'crm:contact:1': folded } }, {}));
    };

    expect(traitsOf([first, removal])).toEqual({});
    expect(traitsOf([first, removal, later])).toEqual({ address: { city: 'Kiel' } });
    expect(traitsOf([later, removal, first])).toEqual({ address: { city: 'Kiel' } });
  });

  it('takes no trait that would reach a prototype, however it is written', () => {
    const hostile = JSON.parse(
      '{"__proto__": {"a": 1}, "__proto__.b": 2, "c.__proto__": [3], "d": {"__proto__.e": 4}, "f": 5}',
    );

    expect([...flattenTraits(hostile).keys()]).toEqual(['f']);
    expect(nestTraits(new Map([['constructor.name', { value: 'x' }]]))).toEqual({ constructor: { name: 'x' } });
    expect(({} as Record<string, unknown>).b).toBeUndefined();
  });
});
