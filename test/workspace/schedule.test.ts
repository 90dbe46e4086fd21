import { describe, expect, it } from 'vitest';
import { parseSchedule, suggestSchedule } from '../../lib/workspace/schedule.ts';

describe('parseSchedule', () => {
  it.each([
    ['every 15 minutes', 'rate(15 minutes)'],
    ['every 1 minute', 'rate(1 minute)'],
    ['every 6 hours', 'rate(6 hours)'],
    ['every 1 days', 'rate(1 day)'],
    ['hourly', 'rate(1 hour)'],
    ['nightly at 01:00', 'cron(0 1 * * ? *)'],
    ['nightly at 23:59', 'cron(59 23 * * ? *)'],
    ['nightly at 01:30 Europe/Berlin', 'cron(30 1 * * ? *)'],
    ['weekly on monday at 06:00', 'cron(0 6 ? * MON *)'],
    ['weekly on sunday at 18:05', 'cron(5 18 ? * SUN *)'],
  ])('reads %s as %s', (words, expression) => {
    expect(parseSchedule(words, 'Europe/Berlin')).toEqual({ expression, words });
  });

  it.each([
    'every 0 minutes',
    'every minutes',
    'every 15 seconds',
    'every 400 days',
    'nightly',
    'nightly at 24:00',
    'nightly at 01:60',
    'nightly at 1:00',
    'weekly on funday at 06:00',
    'weekly at 06:00',
    'realtime',
    'rate(5 minutes)',
    '',
  ])('does not read "%s"', (words) => {
    expect(parseSchedule(words, 'Europe/Berlin')).toBeUndefined();
  });

  it('does not read a time zone that is not the one of the workspace', () => {
    expect(parseSchedule('nightly at 01:00 Europe/London', 'Europe/Berlin')).toBeUndefined();
  });
});

describe('suggestSchedule', () => {
  it.each([
    ['evry 15 minuts', 'every 15 minutes'],
    ['every 1 hours ', 'every 1 hour'],
    ['Nightly at 1:00', 'nightly at 01:00'],
    ['weekly on munday at 06:00', 'weekly on monday at 06:00'],
    ['hourlie', 'hourly'],
  ])('takes %s for %s', (words, meant) => {
    expect(suggestSchedule(words)).toBe(meant);
  });

  it('has nothing to say about other words', () => {
    expect(suggestSchedule('when the moon is full')).toBeUndefined();
  });
});
