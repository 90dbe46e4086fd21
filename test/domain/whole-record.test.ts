import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PersonChange, ProfileChange, VoidedChange } from '../../lib/domain/change.ts';
import { evidenceOf } from '../../lib/domain/evidence.ts';
import { emptyFragment, type FoldRules, type Fragment, foldFragment } from '../../lib/domain/fragment.ts';
import { standingConsent } from '../../lib/domain/told-consent.ts';

const rules: FoldRules = { blocked: new Set(), country: () => undefined, observe: () => [] };
const at = (hour: number): string => new Date(Date.parse('2026-11-01T00:00:00Z') + hour * 3_600_000).toISOString();
const fold = (...changes: readonly PersonChange[]): Fragment =>
  changes.reduce((fragment, change) => foldFragment(fragment, change, rules), emptyFragment);

const told = (hour: number, mapping: number, more: Partial<ProfileChange>): ProfileChange => ({
  kind: 'profile',
  fragment: 'crm:contact:1',
  at: at(hour),
  mapping,
  ...more,
});

/** What counts of a fragment: leaves with value and time, evidence, consent, accounts. */
const meaning = (fragment: Fragment) => ({
  traits: Object.fromEntries(
    Object.entries(fragment.traits)
      .map(([path, [value, when]]) => [path, [value, when]] as const)
      .sort(),
  ),
  evidence: evidenceOf(fragment).map(({ identifier }) => `${identifier.type}=${identifier.value}`),
  granted: standingConsent(fragment).filter(({ state }) => state === 'granted'),
  accounts: fragment.accounts?.[0] ?? null,
});

const anyRecord = fc.record({
  hour: fc.integer({ min: 0, max: 6 }),
  email: fc.constantFrom('ann@example.com', 'bob@example.com'),
  name: fc.constantFrom('Ann', 'Bob', null),
  city: fc.option(fc.constantFrom('Kiel', 'Bonn'), { nil: undefined }),
  agreed: fc.boolean(),
});
type AnyRecord = typeof anyRecord extends fc.Arbitrary<infer T> ? T : never;

/** The former mapping called the city `town`, read a phone number, and took every record for an agreement. */
const byFormer = ({ hour, email, name, city }: AnyRecord): ProfileChange =>
  told(hour, 1, {
    traits: { name, town: city ?? 'none', hour },
    identifiers: [
      { type: 'email', value: email },
      { type: 'phone', value: '+4930111111' },
    ],
    consent: [{ address: email, topic: 'email', state: 'granted', at: at(hour), by: 'company', source: 'any' }],
    accounts: ['crm:account:old'],
  });
const byNewer = ({ hour, email, name, city, agreed }: AnyRecord): ProfileChange =>
  told(hour, 2, {
    traits: { name, ...(city === undefined ? {} : { city }), hour },
    identifiers: [{ type: 'email', value: email }],
    ...(agreed
      ? { consent: [{ address: email, topic: 'email', state: 'granted', at: at(hour), by: 'person', source: 'box' }] }
      : {}),
  });
/** What a replay says at its end of a record that it read. */
const read = { stream: 'contacts', hour: at(8), at: at(8) };
const word: VoidedChange = {
  ...{ kind: 'voided', fragment: 'crm:contact:1', at: at(8), stream: 'contacts', since: at(8), until: at(8) },
  record: true,
};
/** One state of the record an hour, as a source has it. */
const anyHistory = fc.uniqueArray(anyRecord, { minLength: 1, maxLength: 5, selector: ({ hour }) => hour });

describe('a whole record', () => {
  it('read again means what a fresh load of its latest state means, whatever older mappings made of it', () => {
    fc.assert(
      fc.property(anyHistory, fc.infiniteStream(fc.nat()), (records, dice) => {
        const latest = records.reduce((a, b) => (a.hour > b.hour ? a : b));
        const replayed = records.map((record): ProfileChange => ({ ...byNewer(record), whole: true, read }));
        const all = [...records.map(byFormer), ...replayed, ...replayed];
        const order = all
          .map((change) => [dice.next().value, change] as const)
          .sort(([a], [b]) => a - b)
          .map(([, change]) => change);

        expect(meaning(fold(...order, word, ...order))).toEqual(meaning(fold(byNewer(latest))));
      }),
      { numRuns: 300 },
    );
  });

  it('is no reason to forget an identifier that an activity may have stated, until it is known which ones stand', () => {
    const opened: PersonChange = {
      ...{ kind: 'activity', fragment: 'crm:contact:1', at: at(1), id: 'a1', name: 'Opened' },
      identifiers: [{ type: 'member', value: 'm1' }],
    };
    const contact = told(3, 2, { identifiers: [{ type: 'email', value: 'ann@example.com' }], whole: true, read });
    const evidence = (...changes: readonly PersonChange[]) => meaning(fold(...changes)).evidence.sort();

    for (const changes of [
      [opened, contact],
      [contact, opened],
      // As they are folded with the word: those that stand come after it.
      [opened, contact, word, opened],
      [contact, opened, word, opened],
    ]) {
      expect(evidence(...changes)).toEqual(['email=ann@example.com', 'member=m1']);
    }
    expect(evidence(opened, contact, word)).toEqual(['email=ann@example.com']);
  });

  it('folds to the same bytes in any order and repetition, with changes before and after it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyRecord, fc.constantFrom('former', 'newer', 'whole')), { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        (list, dice) => {
          const changes = list.map(([record, how]): ProfileChange => {
            if (how === 'former') return byFormer(record);
            return how === 'newer' ? byNewer(record) : { ...byNewer(record), whole: true };
          });
          const again = [...changes, ...changes].map((change) => [dice.next().value, change] as const);
          const order = again.sort(([a], [b]) => a - b).map(([, change]) => change);
          const sorted = (fragment: Fragment) =>
            JSON.stringify(fragment, (_key, value: unknown) =>
              typeof value === 'object' && value !== null && !Array.isArray(value)
                ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
                : value,
            );

          expect(sorted(fold(...order))).toBe(sorted(fold(...changes)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps what was told after it, and every refusal', () => {
    const denied = {
      address: 'ann@example.com',
      topic: 'email',
      state: 'denied',
      by: 'person',
      source: 'link',
    } as const;
    const fragment = fold(
      told(1, 1, { consent: [{ ...denied, at: at(1) }], traits: { town: 'Kiel' } }),
      told(5, 1, { traits: { vip: true } }),
      told(3, 2, { whole: true, traits: { name: 'Ann' } }),
    );

    expect(Object.keys(fragment.traits).sort()).toEqual(['name', 'vip']);
    expect(standingConsent(fragment)).toEqual([{ ...denied, at: at(1) }]);
  });
});
