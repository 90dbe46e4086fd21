import { describe, expect, it } from 'vitest';
import { isZone, openZone } from '../../../lib/domain/segment/calendar.ts';
import { parseDuration } from '../../../lib/domain/segment/duration.ts';
import { anniversaryWithin, withinLast } from '../../../lib/domain/segment/relative.ts';
import { holds, localDay } from './brute-force.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Zone and a day on which its clocks do something: gaps and overlaps, also at midnight, and a date that never was. */
const oddDays = [
  ['Europe/Berlin', '2026-03-29'],
  ['Europe/Berlin', '2026-10-25'],
  ['America/New_York', '2026-11-01'],
  ['Africa/Cairo', '2026-04-24'],
  ['Africa/Cairo', '2026-10-30'],
  ['America/Havana', '2026-03-08'],
  ['America/Sao_Paulo', '2018-11-04'],
  ['America/Sao_Paulo', '2018-02-18'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Asia/Kathmandu', '2026-01-01'],
  ['Pacific/Apia', '2011-12-31'],
  ['UTC', '2028-02-29'],
] as const;

describe('openZone', () => {
  it.each(oddDays)('tells the days of %s around %s as its clocks do', (name, date) => {
    const zone = openZone(name);
    const around = Date.parse(`${date}T00:00:00Z`);
    for (let at = around - 4 * DAY; at < around + 4 * DAY; at += HOUR / 4) {
      expect([at, zone.dayOf(at)]).toEqual([at, localDay(at, name)]);
    }
  });

  it.each(oddDays)('begins each day of %s around %s at its first instant', (name, date) => {
    const zone = openZone(name);
    const around = Date.parse(`${date}T00:00:00Z`) / DAY;
    for (let day = around - 4; day < around + 4; day += 1) {
      const start = zone.startOf(day);
      expect(localDay(start, name)).toBeGreaterThanOrEqual(day);
      expect(localDay(start - 1, name)).toBeLessThan(day);
    }
  });

  it('begins a day whose midnight the clocks skip at one o’clock', () => {
    expect(new Date(openZone('Africa/Cairo').startOf(Date.parse('2026-04-24T00:00:00Z') / DAY)).toISOString()).toBe(
      '2026-04-23T22:00:00.000Z',
    );
  });
});

describe('isZone', () => {
  it.each(['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires'])('knows %s', (name) => {
    expect(isZone(name)).toBe(true);
  });

  it.each(['Europe/Atlantis', '', '+01:00', 3, undefined])('does not know %s', (name) => {
    expect(isZone(name)).toBe(false);
  });
});

describe('a calendar window', () => {
  it.each(oddDays)('of %s around %s agrees with the definition at every quarter of an hour', (name, date) => {
    const around = Date.parse(`${date}T00:00:00Z`);
    const zone = openZone(name);
    const value = new Date(around - 5 * HOUR).toISOString();
    const birthday = `1988-${date.slice(5)}`;
    const last = withinLast(days(2), zone);
    const round = anniversaryWithin(days(2), zone);
    for (let now = around - 4 * DAY; now < around + 4 * DAY; now += HOUR / 4) {
      const person = { id: 'p', traits: { value, birthday }, since: {}, activities: [], segments: [], granted: [] };
      const ask = (trait: string, test: object): boolean => holds({ trait, ...test, calendar: name }, person, now, {});

      expect([now, last.answer(Date.parse(value), now) > 0]).toEqual([now, ask('value', { within_last: '2 days' })]);
      expect([now, round.answer(birthday, now) > 0]).toEqual([now, ask('birthday', { anniversary_within: '2 days' })]);
    }
  });
});

function days(amount: number): NonNullable<ReturnType<typeof parseDuration>> {
  const duration = parseDuration(`${amount} days`);
  if (duration === undefined) throw new Error('no duration');
  return duration;
}
