import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText } from '../../lib/domain/canonical.ts';
import type { PersonChange } from '../../lib/domain/change.ts';
import { emptyFragment, type Fragment, foldFragment } from '../../lib/domain/fragment.ts';
import { newProfile } from '../../lib/domain/profile.ts';
import { effectiveTraits, nestTraits } from '../../lib/domain/survivorship.ts';
import { unusableOf } from '../../lib/domain/unusable.ts';
import { rules } from '../pipeline/world.ts';

const fragment = 'crm:contact:1';
const on = (day: number): string => `2026-11-${String(day).padStart(2, '0')}T00:00:00.000Z`;

function told(day: number, identifiers: Readonly<Record<string, string>>, more: object = {}): PersonChange {
  const list = Object.entries(identifiers).map(([type, value]) => ({ type, value }));
  return { kind: 'profile', fragment, at: on(day), identifiers: list, ...more };
}

function foldAll(changes: readonly PersonChange[]): Fragment {
  return changes.reduce((held, change) => foldFragment(held, change, rules), emptyFragment);
}

function shown(changes: readonly PersonChange[]) {
  return unusableOf({ [fragment]: foldAll(changes) }).map(({ type, reason, at }) => [type, reason, at]);
}

function traitsAfter(changes: readonly PersonChange[]) {
  return nestTraits(effectiveTraits({ ...newProfile('p_1'), fragments: { [fragment]: foldAll(changes) } }, {}));
}

describe('what is told as an identifier and is none', () => {
  it('is remembered with the reason', () => {
    const bad = { email: 'not an email', phone: '12', user_id: 'null', 'crm.id': 'x'.repeat(501) };

    expect(shown([told(1, bad)])).toEqual([
      ['crm.id', 'too-long', on(1)],
      ['email', 'not-an-email', on(1)],
      ['phone', 'not-a-phone', on(1)],
      ['user_id', 'blocked', on(1)],
    ]);
  });

  it('leaves no trace in a record that told none, nor where a value is empty or a link to a company', () => {
    const fine = foldAll([told(1, { email: 'ann@example.com', phone: ' ', group_id: 'g1' })]);

    expect(fine).not.toHaveProperty('unusable');
  });

  it('is a trait where it did not normalise, and no trait where it stands for nobody', () => {
    expect(traitsAfter([told(1, { email: 'not an email', phone: '12', user_id: 'null' })])).toEqual({
      email: 'not an email',
      phone: '12',
    });
  });

  it('never takes the place of what the record tells of the trait itself', () => {
    const own = told(1, { email: 'not an email' }, { traits: { email: 'ann at example' } });

    expect(traitsAfter([own])).toEqual({ email: 'ann at example' });
    expect(traitsAfter([told(1, { email: 'not an email' }, { traits: { email: null } })])).toEqual({});
    expect(traitsAfter([told(1, { email: 'x y' }), told(2, {}, { traits: { email: null } })])).toEqual({});
  });

  it('goes once the record tells an identifier in its place, and when the record is gone', () => {
    const bad = told(1, { email: 'not an email' });
    const good = told(2, { email: 'ann@example.com' });

    expect(shown([good, bad])).toEqual([]);
    expect(traitsAfter([bad, good])).toEqual({});
    expect(shown([bad, { kind: 'gone', fragment, at: on(2) }])).toEqual([]);
    expect(shown([good, told(3, { email: 'not an email' })])).toEqual([['email', 'not-an-email', on(3)]]);
  });

  it('goes with all that a whole reading of the record does not tell again', () => {
    const bad = told(1, { email: 'not an email' });
    const whole = told(2, { phone: '12' }, { whole: true });

    expect(shown([bad, whole])).toEqual([['phone', 'not-a-phone', on(2)]]);
    expect(shown([whole, bad])).toEqual([['phone', 'not-a-phone', on(2)]]);
  });

  it('stays with an activity that told it: only the reason is the record’s', () => {
    const visit: PersonChange = {
      ...{ kind: 'activity', fragment, at: on(1), id: 'a1', name: 'Form Submitted' },
      identifiers: [{ type: 'email', value: 'oops' }],
    };

    expect(shown([visit])).toEqual([['email', 'not-an-email', on(1)]]);
    expect(traitsAfter([visit])).toEqual({});
  });

  it('is the same in any order, however often it comes, and never grows beyond twenty types', () => {
    const change = fc
      .tuple(
        fc.integer({ min: 1, max: 28 }),
        fc.dictionary(
          fc.integer({ min: 1, max: 30 }).map((one) => `tool${one}.id`),
          fc.constantFrom('null', '0', 'x'.repeat(501), 'fine'),
          { maxKeys: 12 },
        ),
        fc.constantFrom({}, {}, { mapping: 2 }, { whole: true as const }),
      )
      .map(([day, identifiers, more]) => told(day, identifiers, more));
    const orders = fc
      .array(change, { maxLength: 8 })
      .chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 })),
      );

    fc.assert(
      fc.property(orders, ([list, shuffled]) => {
        const folded = foldAll(list);
        expect(Object.keys(folded.unusable ?? {}).length).toBeLessThanOrEqual(20);
        expect(canonicalText(foldAll(shuffled).unusable ?? {})).toBe(canonicalText(folded.unusable ?? {}));
        for (const one of list) expect(foldFragment(folded, one, rules)).toBe(folded);
      }),
      { numRuns: 500 },
    );
  });
});
