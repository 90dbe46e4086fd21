import { describe, expect, it } from 'vitest';
import type { Json } from '../../../lib/domain/json.ts';
import { ask, did, holdsFor } from './ask.ts';

describe('the other leaves', () => {
  it('has_been holds once the value has stood long enough', () => {
    const leaf = { has_been: { trait: 'stage', is: 'trial', for: '30 days' } };
    const profile = { traits: { stage: 'Trial' }, since: { stage: '2026-11-01T00:00:00Z' } };

    expect(ask(leaf, profile)).toEqual({ member: false, flips_at: '2026-12-01T00:00:00.000Z' });
    expect(ask(leaf, profile, '2026-12-01T00:00:00Z')).toEqual({ member: true, flips_at: null });
    expect(ask({ has_been: { trait: 'stage', is: 'trial' }, for: '30 days' }, profile)).toEqual(ask(leaf, profile));
    expect(ask(leaf, { traits: { stage: 'trial' } })).toEqual({ member: false, flips_at: null });
  });

  it('segment asks the document', () => {
    expect(holdsFor({ segment: 'readers' }, { segments: ['readers'] })).toBe(true);
    expect(holdsFor({ segment: 'readers' }, {})).toBe(false);
  });

  it('consent and subscribed follow the person’s own word', () => {
    const said = (state: string, at: string, by = 'person'): Json => ({
      address: 'ann@example.com',
      topic: 'email',
      state,
      at,
      source: 'form',
      by,
    });

    expect(holdsFor({ subscribed: 'email' }, {})).toBe(false);
    expect(holdsFor({ subscribed: 'email' }, { consent: [said('granted', '2026-01-01T00:00:00Z')] })).toBe(true);
    expect(
      holdsFor(
        { consent: 'email' },
        { consent: [said('denied', '2026-01-01T00:00:00Z'), said('granted', '2026-02-01T00:00:00Z', 'company')] },
      ),
    ).toBe(false);
  });

  it('bucket takes its share of people, always the same ones', () => {
    const leaf = (from: string, to: string): Json => ({ bucket: { salt: 'spring', from, to } });
    const people = Array.from({ length: 2000 }, (_, index) => ({ id: `person-${index}` }));
    const inside = people.filter((person) => holdsFor(leaf('0%', '10%'), person)).length;

    expect(inside).toBeGreaterThan(150);
    expect(inside).toBeLessThan(250);
    for (const person of people.slice(0, 50)) {
      expect([leaf('0%', '30%'), leaf('30%', '100%')].filter((half) => holdsFor(half, person))).toHaveLength(1);
    }
  });
});

describe('flips_at', () => {
  it('walks over breaks at which the whole does not change', () => {
    const when = {
      any: [
        { did: 'Bought', within: '2 days' },
        { did: 'Bought', within: '9 days' },
      ],
    };

    expect(ask(when, did(['2026-11-20T12:00:00Z']))).toEqual({ member: true, flips_at: '2026-11-29T12:00:00.000Z' });
  });

  it('is null when two breaks cancel out', () => {
    const when = {
      any: [
        { trait: 'a', within_last: '1 day' },
        { trait: 'a', more_than_ago: '1 day' },
      ],
    };

    expect(ask(when, { traits: { a: '2026-11-21T00:00:00Z' } })).toEqual({ member: true, flips_at: null });
  });

  it('is null beyond ten years', () => {
    const at = (year: number): Json => ({ traits: { a: `${year}-01-01T00:00:00Z` } });

    expect(ask({ trait: 'a', within_next: '1 day' }, at(2036)).flips_at).toBe('2035-12-31T00:00:00.000Z');
    expect(ask({ trait: 'a', within_next: '1 day' }, at(2037)).flips_at).toBeNull();
  });
});
