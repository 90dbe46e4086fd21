import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConsentStatement, GoneChange, ProfileChange } from '../../lib/domain/change.ts';
import { effectiveConsent, grantedFrom, NEVER_GRANTED, reliedOn } from '../../lib/domain/consent.ts';
import { emptyFragment, type Fragment, foldFragment } from '../../lib/domain/fragment.ts';
import { consentOf } from '../../lib/domain/profile.ts';
import { standingConsent } from '../../lib/domain/told-consent.ts';
import { rules } from '../pipeline/world.ts';

const ann = 'ann@example.com';
const day = (number: number) => `2026-11-${String(number).padStart(2, '0')}T00:00:00.000Z`;

/** When everything in these tests was said. */
const END = Date.parse(day(30));

const statement = (
  by: 'person' | 'company',
  state: 'granted' | 'denied',
  at: number,
  more: Partial<ConsentStatement> = {},
): ConsentStatement => ({ address: ann, topic: 'email', state, at: day(at), source: 'a form', by, ...more });

const told = (at: number, ...consent: readonly ConsentStatement[]): ProfileChange => ({
  kind: 'profile',
  fragment: 'crm:contact:1',
  at: day(at),
  consent,
});
const gone = (at: number): GoneChange => ({ kind: 'gone', fragment: 'crm:contact:1', at: day(at) });
const foldOf = (...changes: readonly (ProfileChange | GoneChange)[]): Fragment =>
  changes.reduce((held, change) => foldFragment(held, change, rules), emptyFragment);

/** Rows of the truth table in docs/privacy.md: what was said, and whether consent holds. */
function truthTable(): { readonly said: string; readonly holds: string }[] {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'privacy.md'), 'utf8');
  const table = page.slice(page.indexOf('| said, in this order |'));
  const rows = table.slice(0, table.indexOf('\n\n')).split('\n').slice(2);
  return rows.map((row) => {
    const [, said = '', holds = ''] = row.split('|').map((cell) => cell.trim());
    return { said, holds };
  });
}

/** `person yes; company no & person yes, record gone, told again` as a world: each statement by a record of its own. */
function worldOf(said: string): Record<string, Fragment> {
  const fragments: Record<string, Fragment> = {};
  for (const [time, step] of said.split(';').entries()) {
    for (const words of step.split('&')) {
      const [what = '', ...then] = words.split(',').map((word) => word.trim());
      const found = /^the (person|company): (yes|no)$/.exec(what);
      if (found === null) continue;
      const one = statement(found[1] as 'person', found[2] === 'yes' ? 'granted' : 'denied', time + 1);
      const changes = then.map((word, later) => (word === 'record gone' ? gone(10 + later) : told(10 + later, one)));
      expect(then.every((word) => ['record gone', 'told again'].includes(word))).toBe(true);
      fragments[`crm:contact:${Object.keys(fragments).length}`] = foldOf(told(time + 1, one), ...changes);
    }
  }
  return fragments;
}

describe('the truth table of consent', () => {
  const rows = truthTable();

  it('is there', () => {
    expect(rows.length).toBeGreaterThan(15);
    expect(new Set(rows.map(({ holds }) => holds))).toEqual(new Set(['yes', 'no']));
  });

  it.each(rows)('$said → $holds', ({ said, holds }) => {
    const statements = consentOf({ fragments: worldOf(said) });

    expect(effectiveConsent(statements, ann, 'email', END)).toBe(holds === 'yes');
    expect(effectiveConsent([...statements].reverse(), ann, 'email', END)).toBe(holds === 'yes');
  });
});

const anyStatement = fc
  .record({
    by: fc.constantFrom('person' as const, 'company' as const),
    state: fc.constantFrom('granted' as const, 'denied' as const),
    at: fc.integer({ min: 1, max: 4 }),
    topic: fc.constantFrom('email', 'advertising'),
    address: fc.constantFrom(ann, 'ann@example.org'),
  })
  .map(({ by, state, at, ...more }) => statement(by, state, at, more));

describe('effectiveConsent', () => {
  it('holds when something was granted and every denial was taken back by somebody who may', () => {
    fc.assert(
      fc.property(fc.array(anyStatement, { maxLength: 6 }), (statements) => {
        const about = statements.filter(({ address, topic }) => address === ann && topic === 'email');
        const takenBack = (denial: ConsentStatement) =>
          about.some(
            ({ by, state, at }) =>
              state === 'granted' && at > denial.at && (by === 'person' || denial.by === 'company'),
          );
        const granted = about.some(({ state }) => state === 'granted');
        const denials = about.filter(({ state }) => state === 'denied');

        expect(effectiveConsent(statements, ann, 'email', END)).toBe(granted && denials.every(takenBack));
      }),
    );
  });
});

describe('grantedFrom', () => {
  it('is when the last denial was taken back, also when that is dated later than now', () => {
    const [early, late] = [statement('person', 'granted', 1), statement('person', 'granted', 20)];

    expect(grantedFrom([early], ann, 'email')).toBe(Date.parse(day(1)));
    expect(grantedFrom([late, early], ann, 'email')).toBe(Date.parse(day(1)));
    expect(grantedFrom([early, late, statement('person', 'denied', 10)], ann, 'email')).toBe(Date.parse(day(20)));
    expect(grantedFrom([], ann, 'email')).toBe(NEVER_GRANTED);
  });

  it('heeds a denial at once, whatever its date: a wrong clock makes no yes', () => {
    const said = [statement('person', 'granted', 1), statement('person', 'denied', 20)];

    expect(grantedFrom(said, ann, 'email')).toBe(NEVER_GRANTED);
    expect(effectiveConsent(said, ann, 'email', Date.parse(day(5)))).toBe(false);
  });

  it('is the first instant of which what was granted by then decides', () => {
    fc.assert(
      fc.property(fc.array(anyStatement, { maxLength: 6 }), fc.integer({ min: 0, max: 5 }), (statements, at) => {
        const now = Date.parse(day(1)) + (at - 1) * 86_400_000;
        const known = statements.filter(({ state, at }) => state === 'denied' || Date.parse(at) <= now);

        expect(effectiveConsent(statements, ann, 'email', now)).toBe(effectiveConsent(known, ann, 'email', END));
      }),
    );
  });
});

describe('reliedOn', () => {
  it("shows the person's own latest grant by now, else the company's", () => {
    const said = [1, 3, 20].flatMap((at) => [
      statement('company', 'granted', at + 1),
      statement('person', 'granted', at),
    ]);
    const now = Date.parse(day(5));

    expect(reliedOn(said, ann, 'email', now)).toEqual(statement('person', 'granted', 3));
    expect(
      reliedOn(
        said.filter(({ by }) => by === 'company'),
        ann,
        'email',
        now,
      ),
    ).toEqual(statement('company', 'granted', 4));
  });
});

describe('standingConsent', () => {
  it('drops a grant whose record is gone, keeps a denial, and counts the grant again when the record tells it again', () => {
    const granted = statement('person', 'granted', 1);
    const denied = statement('person', 'denied', 1);

    expect(standingConsent(foldOf(told(2, granted), gone(3)))).toEqual([]);
    expect(standingConsent(foldOf(told(2, denied), gone(3)))).toEqual([denied]);
    expect(standingConsent(foldOf(told(2, granted), gone(3), told(4, granted)))).toEqual([granted]);
    expect(standingConsent(foldOf(told(2, granted), gone(3), told(4)))).toEqual([]);
  });

  it('is the same in every order and however often changes come', () => {
    const changes = fc.array(
      fc.oneof(
        fc
          .tuple(fc.integer({ min: 1, max: 9 }), fc.array(anyStatement, { maxLength: 2 }))
          .map(([at, list]) => told(at, ...list)),
        fc.integer({ min: 1, max: 9 }).map(gone),
      ),
      { minLength: 1, maxLength: 7 },
    );
    fc.assert(
      fc.property(changes, (list) => {
        expect(foldOf(...[...list].reverse(), ...list)).toEqual(foldOf(...list));
      }),
    );
  });

  it('never loses a denial to a great many grants', () => {
    const grants = Array.from({ length: 25 }, (_, at) => told(at + 2, statement('person', 'granted', at + 2)));

    const fragment = foldOf(told(1, statement('person', 'denied', 1)), ...grants, gone(28));

    expect(standingConsent(fragment).map(({ state }) => state)).toEqual(['denied']);
  });

  it('is no news when an old grant comes again after newer ones', () => {
    const grants = Array.from({ length: 12 }, (_, at) => told(20, statement('person', 'granted', at + 2)));
    const full = foldOf(...grants);

    expect(foldFragment(full, told(20, statement('person', 'granted', 2)), rules)).toBe(full);
  });
});
