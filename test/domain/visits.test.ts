import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addVisit, mergeVisits, sessionsOf, type Visits } from '../../lib/domain/visits.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-11-01T08:00:00.000Z');

const instants = (days: number) =>
  fc.array(
    fc.integer({ min: 0, max: days * 24 * 60 }).map((minute) => START + minute * MINUTE),
    { minLength: 1, maxLength: 120 },
  );

function visitsOf(all: readonly number[]): Visits {
  return all.reduce<Visits | undefined>((visits, at) => addVisit(visits, at), undefined) as Visits;
}

/** Sessions by the plainest way: sort, and begin anew after a pause. */
function countPlainly(all: readonly number[]): number {
  const sorted = [...all].sort((a, b) => a - b);
  return sorted.filter((at, place) => at - (sorted[place - 1] ?? Number.NEGATIVE_INFINITY) > 30 * MINUTE).length;
}

describe('visits', () => {
  it('are the same in any order, any number of times, however they are grouped', () => {
    const given = instants(60).chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 }),
        fc.nat(all.length),
      ),
    );
    fc.assert(
      fc.property(given, ([all, again, cut]) => {
        const whole = visitsOf(all);

        expect(visitsOf(again)).toEqual(whole);
        expect(mergeVisits(visitsOf([...all.slice(cut), START]), visitsOf([...all.slice(0, cut), START]))).toEqual(
          visitsOf([...all, START]),
        );
        expect(mergeVisits(whole, whole)).toBe(whole);
        expect(addVisit(whole, all[0] ?? 0)).toBe(whole);
      }),
    );
  });

  it('give as many sessions as pauses of over thirty minutes make of all instants', () => {
    fc.assert(
      fc.property(instants(1), (all) => {
        expect(sessionsOf(visitsOf(all)).count).toBe(countPlainly(all));
      }),
    );
  });

  it('know the sessions of the latest half-hours exactly, and say from when they count', () => {
    const daily = Array.from({ length: 90 }, (_, day) => START + day * 24 * 60 * MINUTE);

    expect(sessionsOf(visitsOf(daily))).toEqual({
      count: 64,
      first_at: '2026-11-01T08:00:00.000Z',
      last_at: '2027-01-29T08:00:00.000Z',
      last_seen_at: '2027-01-29T08:00:00.000Z',
      counted_from: '2026-11-27T08:00:00.000Z',
    });
    expect(JSON.stringify(visitsOf(daily)).length).toBeLessThan(1_500);
  });

  it('end a session after a pause of more than thirty minutes, not of thirty', () => {
    const exact = visitsOf([START, START + 30 * MINUTE]);
    const longer = visitsOf([START, START + 30 * MINUTE + 1]);

    expect([sessionsOf(exact).count, sessionsOf(longer).count]).toEqual([1, 2]);
  });
});
