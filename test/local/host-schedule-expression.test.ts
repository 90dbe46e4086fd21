import { describe, expect, it } from 'vitest';
import { parseScheduleExpression } from '../../lib/local/host/schedule-expression.ts';

/** The first `count` firings after an instant, as UTC to the second. */
function firings(expression: string, zone: string, from: string, count = 3): string[] {
  const schedule = parseScheduleExpression(expression, zone, Date.parse(from));
  const found: string[] = [];
  let next = schedule.after(Date.parse(from) - 1);
  while (next !== undefined && found.length < count) {
    found.push(new Date(next).toISOString().replace('.000Z', 'Z'));
    next = schedule.after(next);
  }
  return found;
}

describe('parseScheduleExpression', () => {
  it.each([
    ['rate(15 minutes)', ['2026-11-21T00:00:07Z', '2026-11-21T00:15:07Z', '2026-11-21T00:30:07Z']],
    ['rate(1 hour)', ['2026-11-21T00:00:07Z', '2026-11-21T01:00:07Z', '2026-11-21T02:00:07Z']],
    ['rate(2 days)', ['2026-11-21T00:00:07Z', '2026-11-23T00:00:07Z', '2026-11-25T00:00:07Z']],
  ])('fires %s at once and then at that rate', (expression, expected) => {
    expect(firings(expression, 'Europe/Berlin', '2026-11-21T00:00:07Z')).toEqual(expected);
  });

  it.each([
    ['cron(0 2 * * ? *)', ['2026-11-21T01:00:00Z', '2026-11-22T01:00:00Z', '2026-11-23T01:00:00Z']],
    ['cron(0/20 8-9 ? * MON-FRI *)', ['2026-11-23T07:00:00Z', '2026-11-23T07:20:00Z', '2026-11-23T07:40:00Z']],
    ['cron(30 6 L * ? *)', ['2026-11-30T05:30:00Z', '2026-12-31T05:30:00Z', '2027-01-31T05:30:00Z']],
    ['cron(0 9 15W * ? *)', ['2026-12-15T08:00:00Z', '2027-01-15T08:00:00Z', '2027-02-15T08:00:00Z']],
    ['cron(0 9 1W 8 ? *)', ['2027-08-02T07:00:00Z', '2028-08-01T07:00:00Z', '2029-08-01T07:00:00Z']],
    ['cron(0 9 ? * 6L *)', ['2026-11-27T08:00:00Z', '2026-12-25T08:00:00Z', '2027-01-29T08:00:00Z']],
    ['cron(0 9 ? * 3#2 *)', ['2026-12-08T08:00:00Z', '2027-01-12T08:00:00Z', '2027-02-09T08:00:00Z']],
    ['cron(0 9 ? * L *)', ['2026-11-21T08:00:00Z', '2026-11-28T08:00:00Z', '2026-12-05T08:00:00Z']],
    ['cron(15,45 0 1 JAN,JUL ? 2027-2028)', ['2026-12-31T23:15:00Z', '2026-12-31T23:45:00Z', '2027-06-30T22:15:00Z']],
    ['cron(0 0 29 2 ? *)', ['2028-02-28T23:00:00Z', '2032-02-28T23:00:00Z', '2036-02-28T23:00:00Z']],
    ['cron(0 12 1 1 ? 2020)', []],
    ['cron(0 12 31 2 ? *)', []],
    ['at(2026-12-24T18:00:00)', ['2026-12-24T17:00:00Z']],
    ['at(2026-11-20T18:00:00)', []],
  ])('fires %s in Europe/Berlin as the wall clock says', (expression, expected) => {
    expect(firings(expression, 'Europe/Berlin', '2026-11-21T00:00:00Z')).toEqual(expected);
  });

  it('skips a firing whose time of day spring leaves out', () => {
    expect(firings('cron(30 2 * * ? *)', 'Europe/Berlin', '2026-03-28T00:00:00Z')).toEqual([
      '2026-03-28T01:30:00Z',
      '2026-03-30T00:30:00Z',
      '2026-03-31T00:30:00Z',
    ]);
  });

  it('fires once when autumn repeats the time of day', () => {
    expect(firings('cron(30 2 * * ? *)', 'Europe/Berlin', '2026-10-24T12:00:00Z')).toEqual([
      '2026-10-25T00:30:00Z',
      '2026-10-26T01:30:00Z',
      '2026-10-27T01:30:00Z',
    ]);
  });

  it('fires at other times of those days as ever', () => {
    expect(firings('cron(0 2 * * ? *)', 'America/New_York', '2026-10-31T12:00:00Z', 2)).toEqual([
      '2026-11-01T07:00:00Z',
      '2026-11-02T07:00:00Z',
    ]);
    expect(firings('cron(30 3 * * ? *)', 'Europe/Berlin', '2026-03-28T12:00:00Z', 1)).toEqual(['2026-03-29T01:30:00Z']);
  });

  it('keeps the days of a rate at 24 hours when the clocks change', () => {
    expect(firings('rate(1 day)', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-28T12:00:00Z',
      '2026-03-29T12:00:00Z',
    ]);
  });

  it.each([
    ['cron(0 2 * * *)', 'UTC', 'six fields'],
    ['cron(0 2 * * * *)', 'UTC', 'must be ?'],
    ['cron(0 25 * * ? *)', 'UTC', 'hours'],
    ['cron(0/0 2 * * ? *)', 'UTC', 'minutes'],
    ['cron(0 2 ? * 8 *)', 'UTC', 'day of week'],
    ['cron(0 2 ? * MON#6 *)', 'UTC', 'day of week'],
    ['rate(0 minutes)', 'UTC', 'positive'],
    ['rate(5 weeks)', 'UTC', 'minutes, hours or days'],
    ['at(2026-03-29T02:30:00)', 'Europe/Berlin', 'no such time'],
    ['at(2026-02-30T02:30:00)', 'UTC', 'no such time'],
    ['every day', 'UTC', 'expected rate'],
    ['rate(1 day)', 'Europe/Atlantis', 'Europe/Atlantis'],
  ])('refuses %s in %s', (expression, zone, part) => {
    expect(() => parseScheduleExpression(expression, zone, 0)).toThrow(
      expect.objectContaining({ code: 'stage/bad-schedule', message: expect.stringContaining(part) }),
    );
  });
});
